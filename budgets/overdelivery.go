package budgets

import (
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// PlatformRule is how far a platform says that it may spend beyond a daily
// budget: what it does by its own rules is expected, the rest is not. Shares are
// in percent of the daily limit; 0 is no such rule.
type PlatformRule struct {
	DayPercent   int64 // of one day
	MonthPercent int64 // of a calendar month
}

// PlatformRules are the platforms' own words: Google Ads, "up to 2 times your
// average daily budget" a day and 30.4 times it a month; Meta, up to 25 % more
// than the daily budget on a day. Others promise to keep to it.
var PlatformRules = map[string]PlatformRule{
	"google_ads": {DayPercent: 200, MonthPercent: 3040},
	"meta_ads":   {DayPercent: 125},
}

// Expected reports whether what was reported of a day, and of its month so far,
// lies within the platform's own rule for a daily limit.
func (r PlatformRule) Expected(limit, day, month int64) bool {
	return within(limit, max(100, r.DayPercent), day) && (r.MonthPercent == 0 || within(limit, r.MonthPercent, month))
}

func within(limit, percent, amount int64) bool {
	most, err := money.MulDiv(limit, percent, 100, money.Floor)
	return err != nil || amount <= most // beyond what can be held, nothing is more
}

// Abnormal says of a local day of a daily budget whether what was reported
// beyond the limit is what the platform announces, or abnormal. ok is false
// when nothing was, or the budget is not a daily one.
func (b *Budget) Abnormal(platform string, day localday.Day) (abnormal, ok bool) {
	if b.state.Kind != KindDaily || b.tallyOf(day).Overdelivery == 0 {
		return false, false
	}
	month := int64(0)
	for d := FirstOfMonth(day); d < FirstOfMonth(FirstOfMonth(day)+31); d++ {
		month += b.tallyOf(d).Settled
	}
	return !PlatformRules[platform].Expected(b.state.Limit, b.tallyOf(day).Settled, month), true
}
