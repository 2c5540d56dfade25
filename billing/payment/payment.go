package payment

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Provider is who takes the money.
type Provider string

// The providers.
const (
	Stripe Provider = "stripe"
	PayPal Provider = "paypal"
)

// Providers are all of them.
var Providers = []Provider{Stripe, PayPal}

// Status is where a payment stands.
type Status string

// The states of a payment; doc.go says how they follow each other.
const (
	Created           Status = "created"
	Pending           Status = "pending" // the provider is being called
	RequiresAction    Status = "requires_action"
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
	ReturnURL  string      `json:"return_url,omitempty"`
	Key        string      `json:"key"`                   // makes the provider create it once
	ProviderID string      `json:"provider_id,omitempty"` // the intent or the order
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

// Refund is one that was asked for here.
type Refund struct {
	ID     uuid.UUID    `json:"id"`
	Amount int64        `json:"amount"`
	Key    string       `json:"key"` // makes the provider carry it out once
	Status RefundStatus `json:"status"`
	Reason string       `json:"reason,omitempty"`
	FactID string       `json:"fact_id,omitempty"` // the provider's id, once it is known
	At     time.Time    `json:"at"`
}

// RefundStatus is what is known of a refund before there is a fact.
type RefundStatus string

// The states of a refund that was asked for.
const (
	RefundPending RefundStatus = "pending" // the provider is being called
	RefundUnknown RefundStatus = "unknown" // the answer was lost
	RefundKnown   RefundStatus = "known"   // its fact says the rest
	RefundRefused RefundStatus = "refused" // the provider did not take it
)

// New asks for a payment.
type New struct {
	ID, Partner uuid.UUID
	Provider    Provider
	Amount      money.Money
	ReturnURL   string
}

// Payment is money on its way from a partner.
type Payment struct {
	state State
	moved []Movement
	rec   event.Recorder
}

// Begin makes a payment that the provider is about to be called for.
func Begin(by event.Origin, at time.Time, in New) (*Payment, error) {
	var wrong fault.Fields
	if !slices.Contains(Providers, in.Provider) {
		wrong.Add("provider", "unknown_provider", "There is no such payment provider.", "stripe, paypal")
	}
	if !in.Amount.Currency.Valid() {
		wrong.Add("amount.currency", money.ErrUnknownCurrency.Code, "This is not the code of a currency in use.", "an ISO 4217 code such as USD")
	}
	if !in.Amount.IsPositive() {
		wrong.Add("amount", "out_of_range", "A payment has to be of some money.", "more than 0")
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
func (s State) Status() Status {
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

// Refundable is what may still be given back, in micros.
func (s State) Refundable() int64 {
	t := s.Totals()
	left := t.Captured - t.Refunded - t.Disputed
	for _, r := range s.Asked {
		if r.Status == RefundPending || r.Status == RefundUnknown {
			left -= r.Amount
		}
	}
	return max(left, 0)
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

// AskRefund notes a refund that the provider is about to be called for. Asking
// again with the id of one that was asked for returns that one. The errors are
// ErrNotRefundable, ErrRefundTooLarge and fault.ErrInvalid.
func (p *Payment) AskRefund(by event.Origin, at time.Time, id uuid.UUID, amount int64) (Refund, error) {
	if i := slices.IndexFunc(p.state.Asked, func(r Refund) bool { return r.ID == id }); i >= 0 {
		return p.state.Asked[i], nil
	}
	left := p.state.Refundable()
	switch {
	case left == 0:
		return Refund{}, ErrNotRefundable
	case amount < 0:
		return Refund{}, fault.ErrInvalid.WithFields(fault.Field{Path: "amount", Code: "out_of_range", Detail: "A refund has to be of some money.", Allow: "more than 0"})
	case amount > left:
		return Refund{}, ErrRefundTooLarge.With("%s were asked for and %s are left.", money.New(amount, p.state.Amount.Currency), money.New(left, p.state.Amount.Currency))
	case amount == 0:
		amount = left
	}
	r := Refund{ID: id, Amount: amount, Key: "campaignd-refund-" + id.String(), Status: RefundPending, At: at}
	p.state.Asked = append(p.state.Asked, r)
	p.record(by, at, p.state.Status())
	return r, nil
}

// CloseRefund notes what became of the call for a refund whose fact is not
// known: RefundUnknown or RefundRefused.
func (p *Payment) CloseRefund(by event.Origin, at time.Time, id uuid.UUID, status RefundStatus, reason string) {
	for i := range p.state.Asked {
		r := &p.state.Asked[i]
		if r.ID == id && (r.Status == RefundPending || r.Status == RefundUnknown) && r.Status != status {
			r.Status, r.Reason = status, reason
			p.record(by, at, p.state.Status())
		}
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
