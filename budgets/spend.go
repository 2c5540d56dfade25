package budgets

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Spend is one recorded amount. Its id never expires: the same spend sent
// again, a year later, counts once.
type Spend struct {
	Partner, Budget uuid.UUID

	ID           string // the sender's, unique within the budget
	Category     string // the channel or the objective it was for; "" is none
	Currency     money.Currency
	Amount       int64 // negative: a refund or a restatement
	OccurredAt   time.Time
	Day          localday.Day // of OccurredAt in the budget's zone
	RecordedAt   time.Time
	Overdelivery int64 // what it added to the budget's, or took from it
	Credit       int64 // what of a refund went beyond all that was spent
}

// same reports whether two spends of one id say the same. One that was sent
// without a time says nothing of it.
func (s *Spend) same(o *Spend, timed bool) bool {
	return s.Category == o.Category && s.Amount == o.Amount && s.Currency == o.Currency && (!timed || s.OccurredAt.Equal(o.OccurredAt))
}

// spend records s, beyond the limit too.
func (b *Budget) spend(by event.Origin, s *Spend) error {
	before := b.state.Tally
	err := b.settle(by, s.RecordedAt, spending{
		kind: ledger.Spent, day: s.Day, amount: s.Amount,
		shares: []Share{{s.Category, s.Amount}}, limit: b.state.Limit - b.heldIn(b.period(s.Day)),
	})
	s.Overdelivery = b.state.Overdelivery - before.Overdelivery
	s.Credit = b.state.Credit - before.Credit
	return err
}
