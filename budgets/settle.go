package budgets

import (
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
)

// Settle records reported spend on the local day on which it happened. It is
// never refused for the limit: what lies beyond is posted as overdelivery. A
// negative amount is a refund or a restatement. The thresholds that are reached
// and the exhaustion are announced in order. The one error is
// money.ErrOverflow, and then nothing has changed.
func (b *Budget) Settle(by event.Origin, at time.Time, day localday.Day, amount int64) error {
	if amount == 0 {
		return nil
	}
	before := b.state.Tally
	if err := b.post(day, amount); err != nil {
		return err
	}
	b.announce(by, at) // nothing, when the day is over: what counts has not moved
	b.announcePosted(by, at, day, before)
	return nil
}

// NextMark is the amount at which a report may have a consequence: while what
// the budget counts (Settled, or Open.Settled of a daily budget) stays below it,
// a positive report only adds to the figures. It is 0 when every report needs
// Settle.
func (b *Budget) NextMark() int64 {
	if b.counted().Credit > 0 {
		return 0
	}
	for _, t := range b.state.Thresholds {
		if t.FiredAt == nil {
			return t.mark(b.state.Limit)
		}
	}
	return b.state.Limit
}

// counted is the tally that stands against the limit.
func (b *Budget) counted() Tally {
	if b.state.Kind == KindDaily {
		return b.state.Open
	}
	return b.state.Tally
}

// counts reports whether spend on the day stands against the limit now.
func (b *Budget) counts(day localday.Day) bool {
	return b.state.Kind == KindTotal || day == b.state.OpenDay
}

// tallyOf is what the limit has to be held against on a day.
func (b *Budget) tallyOf(day localday.Day) Tally {
	if b.counts(day) {
		return b.counted()
	}
	if i, ok := b.closed(day); ok {
		return b.state.Closed[i].Tally
	}
	return Tally{}
}

func (b *Budget) closed(day localday.Day) (int, bool) {
	return slices.BinarySearchFunc(b.state.Closed, day, func(d DayTally, day localday.Day) int { return int(d.Day) - int(day) })
}

// post adds the amount to the tallies, whole or not at all.
func (b *Budget) post(day localday.Day, amount int64) error {
	before := b.tallyOf(day)
	after, err := before.add(amount, b.state.Limit)
	if err != nil {
		return err
	}
	life := after
	if b.state.Kind == KindDaily {
		if life, err = b.state.moved(before, after); err != nil {
			return err
		}
		b.keep(day, after)
	}
	b.state.Tally = life
	return nil
}

// keep stores the tally of a day of a daily budget, which begins a new day when
// it is later than the open one.
func (b *Budget) keep(day localday.Day, t Tally) {
	s := &b.state
	switch i, found := b.closed(day); {
	case day == s.OpenDay:
		s.Open = t
	case day > s.OpenDay:
		b.beginDay(day)
		s.Open = t
	case found:
		s.Closed[i].Tally = t
	default:
		s.Closed = slices.Insert(s.Closed, i, DayTally{day, t})
	}
}

// beginDay closes the open day and arms everything for the next.
func (b *Budget) beginDay(day localday.Day) {
	s := &b.state
	if s.Open != (Tally{}) {
		s.Closed = append(s.Closed, DayTally{s.OpenDay, s.Open})
	}
	s.OpenDay, s.Open, s.Exhausted = day, Tally{}, false
	arm(s.Thresholds)
}

// announce fires the thresholds that are reached and have not fired, the lowest
// first, and then the exhaustion.
func (b *Budget) announce(by event.Origin, at time.Time) {
	s, settled := &b.state, b.counted().Settled
	for i := range s.Thresholds {
		if t := &s.Thresholds[i]; t.FiredAt == nil && settled >= t.mark(s.Limit) {
			t.FiredAt = &at
			b.record(by, at, b.reached(*t, settled))
		}
	}
	over := settled >= s.Limit
	if over && !s.Exhausted {
		b.record(by, at, Exhausted{Campaign: s.Campaign, Settled: b.money(settled), Limit: b.money(s.Limit), Day: b.dayShown()})
	}
	s.Exhausted = over
}

func (b *Budget) reached(t Threshold, settled int64) ThresholdReached {
	return ThresholdReached{
		Campaign: b.state.Campaign, Percent: t.Percent, Severity: t.Severity,
		Settled: b.money(settled), Limit: b.money(b.state.Limit), Day: b.dayShown(),
		AutoPause: b.state.AutoPause, Pauses: b.state.AutoPause && t.Severity == SeverityCritical,
	}
}

func (b *Budget) dayShown() *localday.Day {
	if b.state.Kind != KindDaily {
		return nil
	}
	day := b.state.OpenDay
	return &day
}

// announcePosted says what a report moved besides settled.
func (b *Budget) announcePosted(by event.Origin, at time.Time, day localday.Day, before Tally) {
	s := b.state
	if moved := s.Overdelivery - before.Overdelivery; moved != 0 {
		b.record(by, at, Overdelivered{
			Campaign: s.Campaign, Day: day, Amount: b.money(moved), Overdelivery: b.money(s.Overdelivery),
		})
	}
	if moved := s.Credit - before.Credit; moved != 0 {
		b.record(by, at, Credited{Campaign: s.Campaign, Day: day, Amount: b.money(moved), Credit: b.money(s.Credit)})
	}
}
