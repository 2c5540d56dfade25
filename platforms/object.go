package platforms

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"
)

// ObjectState is how far the creation of an object is.
type ObjectState string

// The states of an object. Planned and Claimed come before the creating call,
// and after a call that certainly had no effect.
//
//	planned → claimed → created
//	                  → refused  → (a changed campaign, or a person) planned
//	                  → unknown  → created | planned | conflict
//	conflict → (a person) created | planned
const (
	Planned  ObjectState = "planned"
	Claimed  ObjectState = "claimed"  // the creating call is under way
	Created  ObjectState = "created"  // it exists and External names it
	Open     ObjectState = "unknown"  // the call was sent and no answer came
	Declined ObjectState = "refused"  // the platform will not have it; Problem says why
	Conflict ObjectState = "conflict" // the platform has more than one with our reference
)

// Object is one thing that a placement is made of at its platform.
type Object struct {
	Key       string      `json:"key"`               // within the placement: "campaign", "ad:Summit"
	Name      string      `json:"name,omitempty"`    // of the creative or the audience that it is
	Channel   string      `json:"channel,omitempty"` // of an ad: what its delivery is filed under, from its first day to its last
	Kind      string      `json:"kind"`              // budget, campaign, audience, video, ad_set, ad_group, ad
	Call      int         `json:"call"`              // objects of one number are created together
	Needs     string      `json:"needs,omitempty"`   // the key of what has to exist before
	Reference string      `json:"reference"`
	State     ObjectState `json:"state"`
	External  string      `json:"external_id,omitempty"`
	RequestID string      `json:"request_id,omitempty"` // of the call that created or refused it
	ClaimedAt *time.Time  `json:"claimed_at,omitempty"`
	// Looks counts in how many searches an unknown object was not found, the
	// last at LookedAt.
	Looks      int        `json:"looks,omitempty"`
	LookedAt   *time.Time `json:"looked_at,omitempty"`
	Candidates []string   `json:"candidates,omitempty"` // of a conflict: their ids there
	Problem    *Failure   `json:"problem,omitempty"`
	// Retired objects are no longer part of the campaign and are stopped.
	Retired bool `json:"retired,omitempty"`

	// Of an audience: the version of ours whose members it has, how many, and the
	// session (Filling.Session) that brought them.
	Filled  int64 `json:"filled_version,omitempty"`
	Members int64 `json:"members,omitempty"`
	Filling int64 `json:"filling,omitempty"`

	Delivery string   `json:"delivery_status,omitempty"` // the platform's own word
	Review   Review   `json:"review,omitempty"`
	Reasons  []string `json:"review_reasons,omitempty"`
}

// reference is what an object carries at the platform. It is always the same for
// the same object, so that a claim which is sent again cannot hide the first.
func reference(placement uuid.UUID, key string) string {
	sum := sha256.Sum256([]byte(placement.String() + "\x00" + key))
	return "cm-" + hex.EncodeToString(sum[:10])
}

// open reports whether nobody knows yet what exists.
func (o *Object) open() bool {
	return o.State == Claimed || o.State == Open || o.State == Conflict
}

// adopt takes what exists at the platform for this object.
func (o *Object) adopt(external, request string) {
	o.State, o.External, o.RequestID = Created, external, request
	o.ClaimedAt, o.LookedAt, o.Looks, o.Candidates, o.Problem = nil, nil, 0, nil, nil
}

// release makes the object free to be claimed anew.
func (o *Object) release() {
	o.State, o.ClaimedAt, o.LookedAt, o.Looks, o.Candidates = Planned, nil, nil, 0, nil
}

// found says what a search for the reference brought. An object that is still
// not there after settling is released: no platform takes that long to show
// what it has made.
func (o *Object) found(ids []string, at time.Time, settling time.Duration) {
	switch {
	case len(ids) == 1:
		o.adopt(ids[0], o.RequestID)
	case len(ids) > 1:
		o.State, o.Candidates = Conflict, ids
	default:
		o.Looks++
		o.LookedAt = &at
		if o.Looks >= minLooks && o.ClaimedAt != nil && at.Sub(*o.ClaimedAt) >= settling {
			o.release()
		}
	}
}

// minLooks is how many searches must find nothing before a claim is released.
const minLooks = 2
