package payment

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
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
	Undone                 // it never moved or has moved back: a refund that failed, a dispute that was won
)

// Fact is one thing that the provider says, by the provider's own id.
type Fact struct {
	Kind   FactKind `json:"kind"`
	ID     string   `json:"id"`
	Amount int64    `json:"amount"` // micros, above 0
	Step   Step     `json:"step"`

	// The partner's days on which its movements were posted; 0 for none.
	MovedOn  localday.Day `json:"moved_on,omitempty"`
	UndoneOn localday.Day `json:"undone_on,omitempty"`
	// Seen is what the last look-up said of it; nil until there was one.
	Seen *Seen `json:"seen,omitempty"`
}

// Seen is a fact as a look-up found it.
type Seen struct {
	Amount int64 `json:"amount"`
	Step   Step  `json:"step"`
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
	Whole      bool                 // a look-up, which leaves nothing out
}

// Movement is money that has moved and is to be posted: above zero it came from
// the partner. The key is unique for ever within the provider.
type Movement struct {
	Key    string
	Amount int64
	Day    localday.Day
}

// Totals is what a payment's facts add up to, in micros.
type Totals struct{ Captured, Refunded, Disputed int64 }

// Totals adds up the facts that have moved money.
func (s *State) Totals() (t Totals) {
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

// Charge is the provider's id of the first capture, "" for none: what refunds
// are taken from.
func (s *State) Charge() string {
	for _, f := range s.Facts {
		if f.Kind == Capture && f.Step == Moved {
			return f.ID
		}
	}
	return ""
}

// order is how far a phase is; of two told for the same moment the later wins.
var order = map[Status]int{Pending: 1, Unknown: 1, RequiresAction: 2, Approved: 3, Processing: 4, Failed: 5, Cancelled: 6}

// Apply takes what the provider says; what moves counts on the day. A report
// that says nothing new changes nothing. The error is ErrForeignMoney, and then
// nothing is taken.
func (p *Payment) Apply(by event.Origin, at time.Time, day localday.Day, r Report) error {
	s := &p.state
	if len(r.Facts) > 0 && r.Currency != s.Amount.Currency {
		return ErrForeignMoney.With("The provider reports %s and the payment is in %s.", r.Currency, s.Amount.Currency)
	}
	news := p.takeIDs(r)
	for _, f := range r.Facts {
		news = p.take(f, day) || news
	}
	if r.Whole {
		p.see(r.Facts)
	}
	if p.advance(r) || news {
		p.record(by, at, s.Status())
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
	if r.ActionURL == "" && (r.Phase == RequiresAction || r.Phase == Failed) {
		r.ActionURL = s.ActionURL // a webhook does not say it again
	}
	changed := s.Phase != r.Phase || s.Reason != r.Reason || s.ActionURL != r.ActionURL
	s.Phase, s.PhaseAt, s.Reason, s.ActionURL = r.Phase, r.At, r.Reason, r.ActionURL
	return changed
}

func (s *State) fact(kind FactKind, id string) *Fact {
	i := slices.IndexFunc(s.Facts, func(f Fact) bool { return f.Kind == kind && f.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Facts[i]
}

// take notes a fact and the money that it moves. What was posted is what is
// undone: a fact keeps the amount that it was first told with.
func (p *Payment) take(f Fact, day localday.Day) bool {
	s := &p.state
	known := s.fact(f.Kind, f.ID)
	if f.Amount <= 0 || known != nil && f.Step <= known.Step {
		return false
	}
	if known == nil {
		s.Facts = append(s.Facts, Fact{Kind: f.Kind, ID: f.ID, Amount: f.Amount})
		known = &s.Facts[len(s.Facts)-1]
	}
	switch {
	case f.Step == Moved:
		known.MovedOn = day
		p.moved = append(p.moved, known.movement(day))
	case f.Step == Undone && known.Step == Moved:
		known.UndoneOn = day
		back := known.movement(day)
		back.Key, back.Amount = back.Key+":undone", -back.Amount
		p.moved = append(p.moved, back)
	}
	known.Step = f.Step
	return true
}

// movement is what the fact adds to the partner's money.
func (f *Fact) movement(day localday.Day) Movement {
	m := Movement{Key: string(f.Kind) + ":" + f.ID, Amount: f.Amount, Day: day}
	if f.Kind != Capture {
		m.Amount = -m.Amount
	}
	return m
}

// see notes beside each fact what a look-up says of it, and forgets it where the
// look-up does not know of it.
func (p *Payment) see(found []Fact) {
	for i := range p.state.Facts {
		known := &p.state.Facts[i]
		known.Seen = nil
		for _, f := range found {
			if f.Kind == known.Kind && f.ID == known.ID {
				known.Seen = &Seen{f.Amount, f.Step}
			}
		}
	}
}

// Receipt is money that the provider's last look-up has confirmed, on the day
// that it was posted: above zero it came from the partner.
type Receipt struct {
	Day    localday.Day
	Amount int64
}

// Receipts are those of all its facts.
func (s *State) Receipts() (all []Receipt) {
	for i := range s.Facts {
		f := &s.Facts[i]
		if f.Seen == nil || f.MovedOn == 0 || f.Seen.Step < Moved {
			continue
		}
		told := Fact{Kind: f.Kind, Amount: f.Seen.Amount}
		moved := told.movement(f.MovedOn)
		all = append(all, Receipt{f.MovedOn, moved.Amount})
		if f.Seen.Step == Undone {
			all = append(all, Receipt{cmp.Or(f.UndoneOn, f.MovedOn), -moved.Amount})
		}
	}
	return all
}

// confirmed reports whether the last look-up agrees with every fact.
func (s *State) confirmed() bool {
	return !slices.ContainsFunc(s.Facts, func(f Fact) bool { return f.Seen == nil || f.Seen.Step != f.Step })
}
