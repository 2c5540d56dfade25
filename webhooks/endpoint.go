package webhooks

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// MaxEndpoints is how many endpoints a partner may have.
const MaxEndpoints = 20

// Reason is why an endpoint is disabled.
type Reason string

// The reasons.
const (
	ByHand  Reason = "by_hand" // somebody switched it off
	Failing Reason = "failing" // every try of a delivery failed
	Gone    Reason = "gone"    // it answered 410
)

// State is an endpoint as it is stored and shown. It holds no secret.
type State struct {
	ID          uuid.UUID  `json:"id"`
	Partner     uuid.UUID  `json:"partner_id"`
	Revision    int64      `json:"revision"`
	URL         string     `json:"url"`
	Description string     `json:"description,omitempty"`
	Events      []string   `json:"events"`
	Enabled     bool       `json:"enabled"`
	Because     Reason     `json:"disabled_because,omitempty"`
	DisabledAt  *time.Time `json:"disabled_at,omitempty"`
	// DeliveredAt is the latest success, FailingSince the first failure after it.
	DeliveredAt  *time.Time `json:"delivered_at,omitempty"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`

	Secrets []Secret `json:"-"` // the newest first; the store keeps them apart
}

// Endpoint is where a partner wants to be told.
type Endpoint struct {
	state State
	rec   event.Recorder
}

// New asks for an endpoint.
type New struct {
	ID, Partner      uuid.UUID
	URL, Description string
	Events           []string // types such as "alert.raised", "alert.*" or "*"
	ValidateOnly     bool
}

// Patch changes what is not nil.
type Patch struct {
	URL, Description *string
	Events           []string
	Enabled          *bool
	ValidateOnly     bool
}

// open makes an endpoint that is enabled and has one secret.
func open(by event.Origin, at time.Time, in New, secret string) *Endpoint {
	e := &Endpoint{state: State{
		ID: in.ID, Partner: in.Partner, URL: in.URL, Description: in.Description, Events: slices.Clone(in.Events),
		Enabled: true, CreatedAt: at, Secrets: []Secret{{Value: secret}},
	}}
	e.revise(by, at, "webhook.created")
	return e
}

// Restore is a stored endpoint.
func Restore(s State) *Endpoint { return &Endpoint{state: s} }

// State is a copy of what the store keeps.
func (e *Endpoint) State() State {
	s := e.state
	s.Events, s.Secrets = slices.Clone(s.Events), slices.Clone(s.Secrets)
	return s
}

// PullEvents hands the pending events to the store.
func (e *Endpoint) PullEvents() []event.Event { return e.rec.Pull() }

// Change applies a patch. Enabling begins anew: what had failed is forgotten.
func (e *Endpoint) Change(by event.Origin, at time.Time, p Patch, policy Policy) error {
	s := e.state
	if p.URL != nil {
		s.URL = *p.URL
	}
	if p.Description != nil {
		s.Description = *p.Description
	}
	if p.Events != nil {
		s.Events = slices.Clone(p.Events)
	}
	if err := policy.check(s.URL, s.Description, s.Events); err != nil {
		return err
	}
	if p.Enabled != nil && *p.Enabled != s.Enabled {
		s.Enabled, s.Because, s.DisabledAt, s.FailingSince = *p.Enabled, "", nil, nil
		if !s.Enabled {
			s.Because, s.DisabledAt = ByHand, &at
		}
	}
	e.state = s
	e.revise(by, at, "webhook.changed")
	return nil
}

// Rotate makes secret the one that signs. The one before signs beside it for
// Overlap; older ones end at once.
func (e *Endpoint) Rotate(by event.Origin, at time.Time, secret string) {
	until := at.Add(Overlap)
	before := e.state.Secrets[0]
	before.Until = &until
	e.state.Secrets = []Secret{{Value: secret}, before}
	e.revise(by, at, "webhook.secret_rotated")
}

// Delivered notes a success. It is no change of the settings.
func (e *Endpoint) Delivered(at time.Time) {
	e.state.DeliveredAt, e.state.FailingSince = &at, nil
}

// Failed notes a failure. An endpoint is disabled at once when it says that it
// is gone, and otherwise when a delivery that was first tried at begun has used
// all its tries and nothing has arrived since.
func (e *Endpoint) Failed(by event.Origin, at, begun time.Time, gone, last bool) {
	s := &e.state
	if s.FailingSince == nil {
		s.FailingSince = &at
	}
	arrived := s.DeliveredAt != nil && !s.DeliveredAt.Before(begun)
	switch {
	case !s.Enabled:
		return
	case gone:
		s.Because = Gone
	case last && !arrived:
		s.Because = Failing
	default:
		return
	}
	s.Enabled, s.DisabledAt = false, &at
	e.revise(by, at, "webhook.disabled")
}

// Delete ends the endpoint.
func (e *Endpoint) Delete(by event.Origin, at time.Time) { e.revise(by, at, "webhook.deleted") }

// signing are the secrets that sign at a moment, the newest first.
func (s State) signing(at time.Time) []string {
	var values []string
	for _, secret := range s.Secrets {
		if secret.Until == nil || at.Before(*secret.Until) {
			values = append(values, secret.Value)
		}
	}
	return values
}

// Changed is the body of webhook.created, webhook.changed,
// webhook.secret_rotated, webhook.disabled and webhook.deleted events: the
// endpoint as it then is.
type Changed struct {
	kind string
	State
}

// EventType is the event's public name.
func (c Changed) EventType() string { return c.kind }

func (e *Endpoint) revise(by event.Origin, at time.Time, kind string) {
	by.Partner = e.state.Partner
	e.state.Revision++
	e.state.UpdatedAt = at
	e.rec.Record("webhook", e.state.ID, e.state.Revision, at, by, Changed{kind, e.State()})
}
