package payment

import (
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Provider is who takes the money.
type Provider string

// The providers. Simulated moves no money and is for demos and development.
const (
	Stripe    Provider = "stripe"
	PayPal    Provider = "paypal"
	Simulated Provider = "simulated"
)

// Providers are all of them.
var Providers = []Provider{Stripe, PayPal, Simulated}

// Status is where a payment stands.
type Status string

// The states of a payment; doc.go says how they follow each other.
const (
	Created           Status = "created"
	Pending           Status = "pending"         // the provider is being called
	RequiresAction    Status = "requires_action" // of the payer, at ActionURL
	Approved          Status = "approved"        // by the payer; we have to capture
	Processing        Status = "processing"
	Succeeded         Status = "succeeded"
	Failed            Status = "failed"
	Cancelled         Status = "cancelled"
	Unknown           Status = "unknown"
	Refunded          Status = "refunded"
	PartiallyRefunded Status = "partially_refunded"
	Disputed          Status = "disputed"
)

// State is a payment as it is stored.
type State struct {
	ID         uuid.UUID   `json:"id"`
	Partner    uuid.UUID   `json:"partner_id"`
	Revision   int64       `json:"revision"`
	Provider   Provider    `json:"provider"`
	Amount     money.Money `json:"amount"`
	ReturnURL  string      `json:"return_url"`            // where the payer comes back to
	Key        string      `json:"key"`                   // makes the provider carry out each step once
	ProviderID string      `json:"provider_id,omitempty"` // the session or the order
	Phase      Status      `json:"phase"`                 // before any money has moved
	PhaseAt    time.Time   `json:"phase_at"`              // by the provider's clock
	Reason     string      `json:"reason,omitempty"`      // why it failed, in the provider's word
	ActionURL  string      `json:"action_url,omitempty"`  // where the payer goes on
	Facts      []Fact      `json:"facts"`
	Asked      []Refund    `json:"refunds"`
	LookedAt   time.Time   `json:"looked_at"` // at the provider
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
}

// New asks for a payment.
type New struct {
	ID, Partner uuid.UUID
	Provider    Provider
	Amount      money.Money // without a currency it is in the partner's
	ReturnURL   string      // "" is the product's own page
}

// Payment is money on its way from a partner.
type Payment struct {
	state State
	moved []Movement
	rec   event.Recorder
}

// most bounds a payment, in micros: far above what a provider takes, and low
// enough that no sum of payments comes near the end of int64.
const most = 10_000_000_000 * money.Unit

// Begin makes a payment that the provider is about to be called for. The error
// is fault.ErrInvalid with every field that is wrong.
func Begin(by event.Origin, at time.Time, in New) (*Payment, error) {
	var wrong fault.Fields
	if !slices.Contains(Providers, in.Provider) {
		wrong.Add("provider", "unknown_value", "There is no such payment provider.", "stripe or paypal")
	}
	if !in.Amount.Currency.Valid() {
		wrong.Add("amount.currency", money.ErrUnknownCurrency.Code, "This is not the code of a currency in use.", "an ISO 4217 code such as USD")
	}
	if !in.Amount.IsPositive() || in.Amount.Micros > most {
		wrong.Add("amount", "out_of_range", "A payment cannot be of this amount.", "more than 0 and at most 10000000000")
	}
	if u, err := url.Parse(in.ReturnURL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		wrong.Add("return_url", "invalid_url", "The payer cannot be led back there.", "an absolute URL that begins with https:// or http://")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	p := &Payment{state: State{
		ID: in.ID, Partner: in.Partner, Provider: in.Provider, Amount: in.Amount, ReturnURL: in.ReturnURL,
		Key: "campaignd-payment-" + in.ID.String(), Phase: Pending, CreatedAt: at,
	}}
	p.record(by, at, Created)
	return p, nil
}

// Restore is a stored payment.
func Restore(s State) *Payment { return &Payment{state: s} }

// State is a copy of what the store keeps.
func (p *Payment) State() State {
	s := p.state
	s.Facts, s.Asked = slices.Clone(s.Facts), slices.Clone(s.Asked)
	return s
}

// PullEvents hands the pending events to the store.
func (p *Payment) PullEvents() []event.Event { return p.rec.Pull() }

// PullMovements hands over the money that has moved and is to be posted.
func (p *Payment) PullMovements() []Movement {
	moved := p.moved
	p.moved = nil
	return moved
}

// Status is where the payment stands: what its facts say, and before there is
// any, what the provider last said.
func (s *State) Status() Status {
	t := s.Totals()
	switch {
	case t.Captured == 0:
		return s.Phase
	case t.Disputed > 0:
		return Disputed
	case t.Refunded >= t.Captured:
		return Refunded
	case t.Refunded > 0:
		return PartiallyRefunded
	}
	return Succeeded
}

// Lose notes that the answer to a call was lost: what became of it has to be
// looked up.
func (p *Payment) Lose(by event.Origin, at time.Time) {
	if p.state.Phase == Pending {
		p.state.Phase = Unknown
		p.record(by, at, p.state.Status())
	}
}

// Refuse notes that the provider did not take the payment.
func (p *Payment) Refuse(by event.Origin, at time.Time, reason string) {
	if p.state.Phase == Pending || p.state.Phase == Unknown {
		p.state.Phase, p.state.Reason = Failed, reason
		p.record(by, at, p.state.Status())
	}
}

// Decline notes that the provider did not capture what the payer had approved;
// the payer may choose another way to pay.
func (p *Payment) Decline(by event.Origin, at time.Time, reason string) {
	if p.state.Phase == Approved && p.state.Reason != reason {
		p.state.Phase, p.state.Reason = Failed, reason
		p.record(by, at, p.state.Status())
	}
}

// Vanish notes that the provider no longer has what it once gave an id. Nobody
// can pay it any more. Money that has moved stays as it is.
func (p *Payment) Vanish(by event.Origin, at time.Time) {
	if s := &p.state; s.Totals().Captured == 0 && s.Phase != Cancelled {
		s.Phase, s.Reason, s.ActionURL = Cancelled, "gone_at_provider", ""
		p.record(by, at, s.Status())
	}
}

// Changed is the body of every payment event: the payment as it then is,
// without what only the payer may know.
type Changed struct {
	kind     string
	Provider Provider    `json:"provider"`
	Status   Status      `json:"state"`
	Amount   money.Money `json:"amount"`
	Paid     money.Money `json:"paid"`
	Refunded money.Money `json:"refunded"`
	Disputed money.Money `json:"disputed"`
	Reason   string      `json:"reason,omitempty"`
}

// EventType is the event's public name.
func (c Changed) EventType() string { return c.kind }

func (p *Payment) record(by event.Origin, at time.Time, now Status) {
	s := &p.state
	by.Partner = s.Partner
	s.Revision++
	s.UpdatedAt = at
	t, code := s.Totals(), s.Amount.Currency
	p.rec.Record("payment", s.ID, s.Revision, at, by, Changed{
		kind: "payment." + string(now), Provider: s.Provider, Status: s.Status(), Amount: s.Amount, Reason: s.Reason,
		Paid: money.New(t.Captured, code), Refunded: money.New(t.Refunded, code), Disputed: money.New(t.Disputed, code),
	})
}
