package report

import (
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// Dates are local days, half-open.
type Dates struct {
	From localday.Day `json:"from"`
	To   localday.Day `json:"to"`
}

// Periods are the names of periods, made of local days: those that are over,
// and with this_month and this_year today too. A week begins on Monday.
var Periods = []string{"yesterday", "last_7_days", "last_30_days", "last_90_days", "last_week", "last_month", "last_quarter", "last_year", "this_month", "this_year"}

// datesOf is a named period as seen on a day.
func datesOf(name string, today localday.Day) (Dates, bool) {
	at := civil(today)
	month := localday.Day(int(today) - at.Day() + 1)
	switch name {
	case "yesterday":
		return Dates{today - 1, today}, true
	case "last_7_days":
		return Dates{today - 7, today}, true
	case "last_30_days":
		return Dates{today - 30, today}, true
	case "last_90_days":
		return Dates{today - 90, today}, true
	case "last_week":
		monday := today - localday.Day((int(today.Weekday())+6)%7)
		return Dates{monday - 7, monday}, true
	case "last_month":
		return Dates{addMonths(month, -1), month}, true
	case "last_quarter":
		quarter := addMonths(month, -int(at.Month()-1)%3)
		return Dates{addMonths(quarter, -3), quarter}, true
	case "last_year":
		year := addMonths(month, -int(at.Month()-1))
		return Dates{addMonths(year, -12), year}, true
	case "this_month":
		return Dates{month, today + 1}, true
	case "this_year":
		return Dates{addMonths(month, -int(at.Month()-1)), today + 1}, true
	}
	return Dates{}, false
}

// before are the days to compare with: the calendar months before whole
// months, otherwise as many days just before.
func (d Dates) before() Dates {
	if months := d.wholeMonths(); months > 0 {
		return Dates{addMonths(d.From, -months), d.From}
	}
	return Dates{d.From - (d.To - d.From), d.From}
}

// wholeMonths is how many calendar months the days are; 0 when they are not.
func (d Dates) wholeMonths() int {
	from, to := civil(d.From), civil(d.To)
	if from.Day() != 1 || to.Day() != 1 {
		return 0
	}
	return (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
}

// civil is the date of a day.
func civil(d localday.Day) time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

func dayOf(t time.Time) localday.Day { return localday.Day(t.Unix() / (24 * 60 * 60)) }

// addMonths moves the first of a month.
func addMonths(first localday.Day, months int) localday.Day {
	return dayOf(civil(first).AddDate(0, months, 0))
}
