package campaigns

import (
	"math"
	"time"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// BudgetKind says what a budget's limit counts.
type BudgetKind string

const (
	BudgetTotal   BudgetKind = "total"   // everything the campaign spends
	BudgetDaily   BudgetKind = "daily"   // each local day by itself
	BudgetMonthly BudgetKind = "monthly" // each calendar month of local days by itself
)

// BudgetKinds are all of them.
var BudgetKinds = []BudgetKind{BudgetTotal, BudgetDaily, BudgetMonthly}

// Lengths in days: with the longest a month's sum is never promised too low,
// and with the shortest a day's.
const (
	longestMonth  = 31
	shortestMonth = 28
)

// Commitment is what a campaign may spend on a day and in a month of even
// delivery. It is what counts against its partner's limits.
type Commitment struct{ Daily, Monthly money.Money }

// Commit is the commitment of a budget over a schedule. A daily limit counts
// for every local day that the schedule touches; a total one is spread evenly
// over them, rounded up to the micro. Without a schedule a total budget counts
// as one day's.
func Commit(kind BudgetKind, limit money.Money, s *Schedule, timezone string) Commitment {
	days := s.days(timezone)
	month := min(days, longestMonth)
	if kind == BudgetDaily {
		return Commitment{Daily: limit, Monthly: share(limit, month, 1)}
	}
	if kind == BudgetMonthly {
		return Commitment{Daily: share(limit, 1, min(days, shortestMonth)), Monthly: limit}
	}
	return Commitment{Daily: share(limit, 1, days), Monthly: share(limit, month, days)}
}

// share is limit*num/den rounded up. What is too large for money becomes the
// largest amount there is, which is over every limit just the same.
func share(limit money.Money, num, den int64) money.Money {
	m, err := limit.MulDiv(num, den, money.Ceil)
	if err != nil {
		return money.New(math.MaxInt64, limit.Currency)
	}
	return m
}

// days is how many local days the schedule touches, at least one.
func (s *Schedule) days(timezone string) int64 {
	if s == nil {
		return 1
	}
	loc := location(timezone)
	return int64(localday.Of(s.End.Add(-time.Microsecond), loc)-localday.Of(s.Start, loc)) + 1
}

// location is a zone that was checked when the campaign was made. Should a later
// tz database no longer have it, UTC keeps the campaign working.
func location(timezone string) *time.Location {
	if loc, err := time.LoadLocation(timezone); err == nil {
		return loc
	}
	return time.UTC
}
