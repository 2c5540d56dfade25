package platforms

import (
	"errors"
	"fmt"
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	ErrAccountNotFound = fault.New(fault.NotFound, "ad_account_not_found", "There is no such ad account.",
		"Check the id; GET /api/v1/ad-accounts lists those of the partner.")
	ErrAccountConnected = fault.New(fault.Conflict, "ad_account_connected", "The partner has connected this ad account already.",
		"Change the connected one, for example to give it a new token.")
	ErrAccountInUse = fault.New(fault.Conflict, "ad_account_in_use", "Campaigns are still placed on this ad account.",
		"End their placements first, so that nothing goes on spending unseen.")
	ErrPlacementNotFound = fault.New(fault.NotFound, "placement_not_found", "There is no such placement.",
		"Check the id; GET /api/v1/campaigns/{id}/placements lists those of a campaign.")
	ErrPlaced = fault.New(fault.Conflict, "campaign_placed", "The campaign is placed on this ad account already.",
		"Read the campaign's placements; one for an account is enough.")
	ErrStale = fault.New(fault.Stale, "stale_revision", "Somebody changed it since it was read.",
		"Read it again, look at what changed, and send the change with the new ETag.")
	ErrNoKey = fault.New(fault.Conflict, "platform_key_missing", "This service has no key to keep tokens of ad platforms with.",
		"The operator sets platform-key (CAMPAIGND_PLATFORM_KEY) to the output of: openssl rand -base64 32.")
	ErrUnsealed = fault.New(fault.Conflict, "token_unreadable", "The stored token cannot be read with the keys that the service now has.",
		"Give the ad account a new token, or give the service the key it was kept with.")
	ErrNothingOpen = fault.New(fault.Conflict, "object_settled", "The outcome of this object is not open.",
		"Only objects that are unknown, in conflict or refused can be resolved.")
	// ErrRefused is what a platform refused while somebody waited for the answer.
	ErrRefused = fault.New(fault.Invalid, "platform_refused", "The ad platform refused.", "Correct what it names, and try again.")
	// ErrUnreachable is a platform that did not answer while somebody waited.
	ErrUnreachable = fault.New(fault.Unavailable, "platform_unreachable", "The ad platform does not answer.", "Try again later.").After(30 * time.Second)
	// ErrUnfit is a campaign that the platform has no place for.
	ErrUnfit = fault.New(fault.Invalid, "campaign_unfit", "The platform has no place for this campaign.", "Place it elsewhere, or change the campaign.")
)

// Class says what can be done about a failed call.
type Class string

const (
	// Unknown: the call was sent and no readable answer came. It may have had
	// its effect.
	Unknown Class = "unknown"
	// NotSent: the platform was not reached; nothing happened there.
	NotSent Class = "not_sent"
	// Throttled: refused for its rate; nothing happened there.
	Throttled Class = "throttled"
	// Unauthorized: the token is no longer good; nothing happens before there is
	// a new one.
	Unauthorized Class = "unauthorized"
	// Refused: the platform understood and will not; the same call is refused
	// again.
	Refused Class = "refused"
)

// Failure is a call to a platform that brought no result.
type Failure struct {
	Class      Class         `json:"class"`
	Code       string        `json:"code,omitempty"` // the platform's own
	Message    string        `json:"message"`        // as the platform words it, without secrets
	RequestID  string        `json:"request_id,omitempty"`
	RetryAfter time.Duration `json:"-"`
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %s %s (request %s)", f.Class, f.Code, f.Message, f.RequestID)
}

// failure is the *Failure in an error's chain. What is none has an outcome that
// nobody knows.
func failure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Class: Unknown, Message: "The call broke off."}
}

// shown turns a failed call into what the person who waits for it is told.
func shown(err error) error {
	f := failure(err)
	text := f.Message
	if f.RequestID != "" {
		text += " Its request id is " + f.RequestID + "."
	}
	switch f.Class {
	case Refused, Unauthorized:
		return ErrRefused.With("The ad platform says: %s", text).WithExtra("platform_code", f.Code).Wrap(err)
	case Throttled:
		return ErrUnreachable.With("The ad platform asks for patience: %s", text).After(max(f.RetryAfter, time.Second)).Wrap(err)
	default:
		return ErrUnreachable.With("The ad platform gives no readable answer: %s", text).Wrap(err)
	}
}
