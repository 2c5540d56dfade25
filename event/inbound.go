package event

import (
	"time"

	"github.com/google/uuid"
)

// Outcome is what became of an event from another service.
type Outcome string

// The outcomes. Of all but Applied nothing followed.
const (
	Applied    Outcome = "applied"
	Duplicate  Outcome = "duplicate"  // the id has been taken in before
	Superseded Outcome = "superseded" // newer ones have set all that it says
	Ignored    Outcome = "ignored"    // it says nothing that this service acts on
)

// Inbound is an event of another service that was taken in.
type Inbound struct {
	Source     string     `json:"source"`
	ID         string     `json:"id"` // unique for the source
	Type       string     `json:"type"`
	Partner    uuid.UUID  `json:"partner_id"`
	Time       *time.Time `json:"time,omitempty"` // as its sender said
	Outcome    Outcome    `json:"outcome"`
	Campaign   *uuid.UUID `json:"welcome_campaign_id,omitempty"`
	ReceivedAt time.Time  `json:"received_at"`
}
