package payment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
)

// FactKind says what moved.
type FactKind string

// The kinds of facts.
const (
	Capture FactKind = "capture" // money arrived
	Return  FactKind = "refund"  // money went back
	Dispute FactKind = "dispute" // the payer's bank took money back
)

// Step is how far a fact has come. Steps only grow, so that what is told late
// changes nothing.
type Step int

const (
	Noted  Step = iota + 1 // it is under way and moves no money yet
	Moved                  // the money has moved
	Undone                 // it has moved back: a refund that failed, a dispute that was won
)

// Fact is one thing that the provider says, by the provider's own id.
type Fact struct {
	Kind   FactKind `json:"kind"`
	ID     string   `json:"id"`
	Amount int64    `json:"amount"` // micros, above 0
	Step   Step     `json:"step"`
}

// Report is what a provider says of a payment: by an answer, a look-up or a
// webhook. Facts that it leaves out stay as they are.
type Report struct {
	At         time.Time // when it was so, by the provider's clock
	ProviderID string
	Phase      Status // "" when it says nothing of it
	Reason     string
	ActionURL  string
	Currency   money.Currency // of the facts
	Facts      []Fact
	Refunds    map[uuid.UUID]string // our refund → the provider's id of it
}

// Movement is money that has moved and is to be posted: above zero it came from
// the partner. The key is unique for ever within the provider.
type Movement struct {
	Key    string
	Kind   FactKind
	Amount int64
}

// Totals is what a payment's facts add up to, in micros.
type Totals struct{ Captured, Refunded, Disputed int64 }

// Totals adds up the facts that have moved money.
func (s State) Totals() (t Totals) {
	for _, f := range s.Facts {
		if f.Step != Moved {
			continue
		}
		switch f.Kind {
		case Capture:
			t.Captured += f.Amount
		case Return:
			t.Refunded += f.Amount
		case Dispute:
			t.Disputed += f.Amount
		}
	}
	return t
}

// order is how far a phase is; of two told for the same moment the later wins.
var order = map[Status]int{Pending: 1, Unknown: 1, RequiresAction: 2, Processing: 3, Failed: 4, Cancelled: 5}

// Apply takes what the provider says. A report that says nothing new changes
// nothing. The error is ErrForeignMoney, and then nothing is taken.
func (p *Payment) Apply(by event.Origin, r Report) error {
	s := &p.state
	if len(r.Facts) > 0 && r.Currency != s.Amount.Currency {
		return ErrForeignMoney.With("The provider reports %s and the payment is in %s.", r.Currency, s.Amount.Currency)
	}
	news := p.takeIDs(r)
	for _, f := range r.Facts {
		news = p.take(f) || news
	}
	if p.advance(r) || news {
		p.record(by, r.At, s.Status())
	}
	return nil
}

// takeIDs joins what we asked for with what the provider calls it.
func (p *Payment) takeIDs(r Report) (news bool) {
	s := &p.state
	if r.ProviderID != "" && s.ProviderID == "" {
		s.ProviderID, news = r.ProviderID, true
	}
	for i := range s.Asked {
		asked := &s.Asked[i]
		if id, ok := r.Refunds[asked.ID]; ok && asked.Status != RefundKnown {
			asked.FactID, asked.Status, asked.Reason, news = id, RefundKnown, "", true
		}
	}
	return news
}

// advance takes the phase, unless one that is later is known. A phase that a
// call of ours has left open gives way to anything that is said.
func (p *Payment) advance(r Report) bool {
	s := &p.state
	if r.Phase == "" || r.Phase == Pending || r.Phase == Unknown {
		return false
	}
	open := s.Phase == Pending || s.Phase == Unknown
	later := cmp.Or(r.At.Compare(s.PhaseAt), cmp.Compare(order[r.Phase], order[s.Phase])) > 0
	if !open && !later || s.Phase == Cancelled {
		return false
	}
	changed := s.Phase != r.Phase || s.Reason != r.Reason || s.ActionURL != r.ActionURL
	s.Phase, s.PhaseAt, s.Reason, s.ActionURL = r.Phase, r.At, r.Reason, r.ActionURL
	return changed
}

// take notes a fact and the money that it moves.
func (p *Payment) take(f Fact) bool {
	s := &p.state
	i := slices.IndexFunc(s.Facts, func(known Fact) bool { return known.Kind == f.Kind && known.ID == f.ID })
	before := Step(0)
	if i >= 0 {
		before = s.Facts[i].Step
		f.Amount = s.Facts[i].Amount // what was posted is what is undone
	}
	if f.Step <= before || f.Amount <= 0 {
		return false
	}
	if before < Moved && f.Step >= Moved {
		p.moved = append(p.moved, f.movement(false))
	}
	if f.Step == Undone {
		p.moved = append(p.moved, f.movement(true))
	}
	if i >= 0 {
		s.Facts[i].Step = f.Step
	} else {
		s.Facts = append(s.Facts, f)
	}
	return true
}

func (f Fact) movement(back bool) Movement {
	m := Movement{Key: fmt.Sprintf("%s:%s", f.Kind, f.ID), Kind: f.Kind, Amount: f.Amount}
	if f.Kind != Capture {
		m.Amount = -m.Amount
	}
	if back {
		m.Key, m.Amount = m.Key+":undone", -m.Amount
	}
	return m
}
