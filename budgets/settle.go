package budgets

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Share is the part of a report that went through one channel.
type Share struct {
	Channel string // "" when it is not known
	Amount  int64
}

// Settle records reported spend on the local day on which it happened. It is
// never refused for the limit: what lies beyond is posted as overdelivery. A
// negative amount is a refund or a restatement. The thresholds that are reached
// and the exhaustion are announced in order. The one error is
// money.ErrOverflow, and then nothing has changed.
func (b *Budget) Settle(by event.Origin, at time.Time, day localday.Day, amount int64) error {
	return b.SettleShares(by, at, day, Share{Amount: amount})
}

// SettleShares is Settle for a report of several channels, as one amount.
func (b *Budget) SettleShares(by event.Origin, at time.Time, day localday.Day, shares ...Share) error {
	amount := int64(0)
	for _, share := range shares {
		var err error
		if amount, err = money.AddMicros(amount, share.Amount); err != nil {
			return err
		}
	}
	return b.settle(by, at, spending{kind: ledger.Reported, day: day, amount: amount, shares: shares, limit: b.state.Limit - b.heldIn(b.period(day))})
}

// spending is an amount on its way into the tallies and the ledger.
type spending struct {
	kind   ledger.Kind
	day    localday.Day
	ref    uuid.UUID
	amount int64
	shares []Share
	// limit is how far reports may go before they are overdelivery: what others
	// have reserved is not theirs to take.
	limit int64
	back  int64 // what a reservation held for this, and no longer does
}

func (b *Budget) settle(by event.Origin, at time.Time, s spending) error {
	if s.amount == 0 && s.back == 0 && len(s.shares) <= 1 {
		return nil
	}
	before := b.state.Tally
	if err := b.add(s); err != nil {
		return err
	}
	b.postSpending(s, before)
	b.announce(by, at) // nothing, when the day is over: what counts has not moved
	b.announcePosted(by, at, s.day, before)
	return nil
}

// postSpending writes a line for each share. Overdelivery and credit are of the
// whole; they are put on the shares from the last.
func (b *Budget) postSpending(s spending, before Tally) {
	over, credit := b.state.Overdelivery-before.Overdelivery, b.state.Credit-before.Credit
	first := len(b.lines)
	for _, share := range s.shares {
		b.share(b.period(s.day), share.Channel, func(c *ChannelShare) { c.Reported += share.Amount })
		b.post(ledger.Line{Kind: s.kind, Day: s.day, Ref: s.ref, Channel: share.Channel, Figures: ledger.Figures{Settled: share.Amount}})
	}
	lines := b.lines[first:]
	for i := len(lines) - 1; i > 0 && over > 0; i-- {
		part := min(over, max(0, lines[i].Settled))
		lines[i].Settled, lines[i].Overdelivery = lines[i].Settled-part, part
		over -= part
	}
	head := &lines[0]
	head.Settled += credit - over
	head.Overdelivery, head.Credit, head.Reserved = over, credit, -s.back
}

// NextMark is the amount at which a report may have a consequence: while what
// the budget counts (Settled, or Open.Settled of a daily budget) stays below it,
// a positive report only adds to the figures. It is 0 when every report needs
// Settle.
func (b *Budget) NextMark() int64 {
	if b.counted().Credit > 0 || len(b.state.Channels) > 0 {
		return 0
	}
	free := b.state.Limit - b.heldIn(b.state.OpenDay)
	for _, t := range b.state.Thresholds {
		if t.FiredAt == nil {
			return max(0, min(free, t.Mark(b.state.Limit)))
		}
	}
	return max(0, free)
}

// counted is the tally that stands against the limit.
func (b *Budget) counted() Tally {
	if b.state.Kind == KindTotal {
		return b.state.Tally
	}
	return b.state.Open
}

// tallyOf is what the limit has to be held against in a period.
func (b *Budget) tallyOf(period localday.Day) Tally {
	if b.state.Kind == KindTotal || period == b.state.OpenDay {
		return b.counted()
	}
	if i, ok := b.closed(period); ok {
		return b.state.Closed[i].Tally
	}
	return Tally{}
}

func (b *Budget) closed(day localday.Day) (int, bool) {
	return slices.BinarySearchFunc(b.state.Closed, day, func(d DayTally, day localday.Day) int { return int(d.Day) - int(day) })
}

// add adds the amount to the tallies, whole or not at all.
func (b *Budget) add(s spending) error {
	period := b.period(s.day)
	before := b.tallyOf(period)
	after, err := before.add(s.amount, s.limit)
	if err != nil {
		return err
	}
	life := after
	if b.state.Kind != KindTotal {
		if life, err = b.state.moved(before, after); err != nil {
			return err
		}
		b.touch(period)
		b.keep(period, after)
	}
	b.state.Tally = life
	return nil
}

// keep stores the tally of a period that has been touched.
func (b *Budget) keep(period localday.Day, t Tally) {
	if i, found := b.closed(period); found {
		b.state.Closed[i].Tally = t
		return
	}
	b.state.Open = t
}

// announce fires the thresholds that are reached and have not fired, the lowest
// first, and then the exhaustion.
func (b *Budget) announce(by event.Origin, at time.Time) {
	s, settled := &b.state, b.counted().Settled
	for i := range s.Thresholds {
		if t := &s.Thresholds[i]; t.FiredAt == nil && settled >= t.Mark(s.Limit) {
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
	if b.state.Kind == KindTotal {
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
