package budgets

import (
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
)

// DayHold is what is reserved in a period.
type DayHold struct {
	Day    localday.Day `json:"day"` // the period's first
	Amount int64        `json:"amount"`
}

// period is the one that a local day belongs to, named by its first day: the
// day itself of a daily budget, the first of its month of a monthly one, and 0
// of a total budget, which has but one. Every local day is in exactly one
// period, whatever its length and whether or not it has a midnight, because
// days are counted as dates.
func (b *Budget) period(day localday.Day) localday.Day {
	switch b.state.Kind {
	case KindDaily:
		return day
	case KindMonthly:
		return FirstOfMonth(day)
	default:
		return 0
	}
}

// FirstOfMonth is the first day of the month that a day is in.
func FirstOfMonth(day localday.Day) localday.Day { return day - localday.Day(date(day).Day()-1) }

func date(day localday.Day) time.Time { return time.Unix(int64(day)*24*60*60, 0).UTC() }

// bounds are the instants of a period.
func (b *Budget) bounds(period localday.Day) (from, to time.Time) {
	next := period + 1
	if b.state.Kind == KindMonthly {
		next = FirstOfMonth(period + 31)
	}
	from, _ = localday.Bounds(period, b.location())
	to, _ = localday.Bounds(next, b.location())
	return from, to
}

// Period is the one that a moment is in, as instants, with what was reported of
// it. It is for daily and monthly budgets: a total one has no ends of its own.
func (b *Budget) Period(now time.Time) (from, to time.Time, reported int64) {
	period := b.period(b.Today(now))
	from, to = b.bounds(period)
	return from, to, b.tallyOf(period).Settled
}

// Periods is how many periods of a kind the local days from first to last touch:
// so often the limit may be spent in them.
func (k Kind) Periods(first, last localday.Day) int64 {
	switch k {
	case KindDaily:
		return int64(last-first) + 1
	case KindMonthly:
		a, b := date(first), date(last)
		return int64(12*(b.Year()-a.Year())+int(b.Month()-a.Month())) + 1
	default:
		return 1
	}
}

// touch makes sure that a period has a place among the others, and grants it
// the limit when it is new.
func (b *Budget) touch(period localday.Day) {
	s := &b.state
	if s.Kind == KindTotal || period == s.OpenDay {
		return
	}
	if period > s.OpenDay {
		b.begin(period)
		return
	}
	if i, found := b.closed(period); !found {
		s.Closed = slices.Insert(s.Closed, i, DayTally{Day: period})
		b.grant(period)
	}
}

// advance begins the period that a moment is in, when nothing of it has been
// reported yet: what was spent in the one before is not held against what is
// set now.
func (b *Budget) advance(at time.Time) (began bool) {
	period := b.period(b.Today(at))
	if b.state.Kind == KindTotal || period <= b.state.OpenDay {
		return false
	}
	b.begin(period)
	return true
}

// begin closes the open period and arms everything for the next.
func (b *Budget) begin(period localday.Day) {
	s := &b.state
	if s.OpenDay != 0 {
		s.Closed = append(s.Closed, DayTally{s.OpenDay, s.Open})
	}
	s.OpenDay, s.Open, s.Exhausted = period, Tally{}, false
	arm(s.Thresholds)
	for i := range s.Channels {
		s.Channels[i].begin(period)
	}
	b.grant(period)
}

// periods are those of a daily or monthly budget with anything in them, the
// oldest first.
func (b *Budget) periods() []DayTally {
	if b.state.OpenDay == 0 {
		return b.state.Closed
	}
	return append(slices.Clone(b.state.Closed), DayTally{b.state.OpenDay, b.state.Open})
}

func (b *Budget) grant(period localday.Day) {
	b.post(ledger.Line{Kind: ledger.Opened, Day: period, Figures: ledger.Figures{Limit: b.state.Limit}})
}

// heldIn is what is reserved in a period.
func (b *Budget) heldIn(period localday.Day) int64 {
	if b.state.Kind == KindTotal {
		return b.state.Reserved
	}
	for _, h := range b.state.Held {
		if h.Day == period {
			return h.Amount
		}
	}
	return 0
}

// hold moves what is reserved in a period.
func (b *Budget) hold(period localday.Day, amount int64) {
	s := &b.state
	s.Reserved += amount
	if s.Kind == KindTotal {
		return
	}
	i, found := slices.BinarySearchFunc(s.Held, period, func(h DayHold, day localday.Day) int { return int(h.Day) - int(day) })
	if !found {
		s.Held = slices.Insert(s.Held, i, DayHold{Day: period})
	}
	if s.Held[i].Amount += amount; s.Held[i].Amount == 0 {
		s.Held = slices.Delete(s.Held, i, i+1)
	}
}

// free is what may still be authorised in a period.
func (b *Budget) free(period localday.Day) int64 {
	return max(0, b.state.Limit-b.tallyOf(period).Settled-b.heldIn(period))
}
