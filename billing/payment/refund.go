package payment

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Refund is one that was asked for here.
type Refund struct {
	ID     uuid.UUID    `json:"id"`
	Amount int64        `json:"amount"` // micros, above 0
	Key    string       `json:"key"`    // makes the provider carry it out once
	Status RefundStatus `json:"status"`
	Reason string       `json:"reason,omitempty"`  // why the provider refused it, in its word
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

// open reports whether it has yet to be found out what became of it.
func (r *Refund) open() bool { return r.Status == RefundPending || r.Status == RefundUnknown }

// Refundable is what may still be given back, in micros.
func (s *State) Refundable() int64 {
	t := s.Totals()
	return max(t.Captured-t.Refunded-t.Disputed-s.Held(), 0)
}

// Held is what refunds under way are about to take, in micros: those whose
// outcome is not known, and those that the provider has taken and not yet paid.
func (s *State) Held() (held int64) {
	for i := range s.Asked {
		if s.Asked[i].open() {
			held += s.Asked[i].Amount
		}
	}
	for _, f := range s.Facts {
		if f.Kind == Return && f.Step == Noted {
			held += f.Amount
		}
	}
	return held
}

// Returned is a refund as it is shown, asked for here or at the provider.
type Returned struct {
	ID         uuid.UUID // uuid.Nil when it was made at the provider
	ProviderID string    // "" until it is known
	Amount     int64     // micros
	State      ReturnState
	Reason     string
	At         time.Time // when it was asked for here; zero otherwise
}

// ReturnState is where a refund stands.
type ReturnState string

// The states of a refund: while it is asked for, and from when the provider
// has it.
const (
	ReturnPending    ReturnState = "pending"
	ReturnUnknown    ReturnState = "unknown"
	ReturnRefused    ReturnState = "refused"
	ReturnProcessing ReturnState = "processing"
	ReturnSucceeded  ReturnState = "succeeded"
	ReturnFailed     ReturnState = "failed"
)

var returnStates = map[Step]ReturnState{Noted: ReturnProcessing, Moved: ReturnSucceeded, Undone: ReturnFailed}

// Returns are all refunds of the payment, those that were asked for here first.
func (s *State) Returns() []Returned {
	var all []Returned
	ours := map[string]bool{}
	for _, r := range s.Asked {
		shown := Returned{ID: r.ID, ProviderID: r.FactID, Amount: r.Amount, State: ReturnState(r.Status), Reason: r.Reason, At: r.At}
		if f := s.fact(Return, r.FactID); r.Status == RefundKnown && f != nil {
			ours[r.FactID] = true
			shown.State = returnStates[f.Step]
		}
		all = append(all, shown)
	}
	for _, f := range s.Facts {
		if f.Kind == Return && !ours[f.ID] {
			all = append(all, Returned{ProviderID: f.ID, Amount: f.Amount, State: returnStates[f.Step]})
		}
	}
	return all
}

// AskRefund notes a refund that the provider is about to be called for; 0 is
// all that is left. Asking again with the id of one that was asked for returns
// that one. available is what the partner has not spent. The errors are
// ErrNotRefundable, ErrRefundTooLarge, ErrSpent, ErrExists and fault.ErrInvalid.
func (p *Payment) AskRefund(by event.Origin, at time.Time, id uuid.UUID, amount, available int64) (Refund, error) {
	s := &p.state
	if i := slices.IndexFunc(s.Asked, func(r Refund) bool { return r.ID == id }); i >= 0 {
		if amount != 0 && amount != s.Asked[i].Amount {
			return Refund{}, ErrExists
		}
		return s.Asked[i], nil
	}
	in := func(micros int64) money.Money { return money.New(micros, s.Amount.Currency) }
	left := s.Refundable()
	if amount == 0 {
		amount = left
	}
	switch {
	case left == 0:
		return Refund{}, ErrNotRefundable
	case amount < 0:
		return Refund{}, fault.ErrInvalid.WithFields(fault.Field{Path: "amount", Code: "out_of_range", Detail: "A refund has to be of some money.", Allow: "more than 0"})
	case amount > left:
		return Refund{}, ErrRefundTooLarge.With("%s were asked for and %s are left.", in(amount), in(left)).WithExtra("refundable", in(left))
	case amount > available:
		return Refund{}, ErrSpent.With("%s were asked for and the partner has %s that are not spent.", in(amount), in(available)).WithExtra("available", in(available))
	}
	r := Refund{ID: id, Amount: amount, Key: "campaignd-refund-" + id.String(), Status: RefundPending, At: at}
	s.Asked = append(s.Asked, r)
	p.record(by, at, s.Status())
	return r, nil
}

// CloseRefund notes what became of the call for a refund whose fact is not
// known: RefundUnknown or RefundRefused.
func (p *Payment) CloseRefund(by event.Origin, at time.Time, id uuid.UUID, status RefundStatus, reason string) {
	for i := range p.state.Asked {
		r := &p.state.Asked[i]
		if r.ID == id && r.open() && r.Status != status {
			r.Status, r.Reason = status, reason
			p.record(by, at, p.state.Status())
		}
	}
}
