package analysis

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
)

// Errors of periods.
var (
	ErrPeriod = fault.New(fault.Invalid, "invalid_period", "The period is not one that can be compared.",
		"Use today, yesterday, last_7_days (any number), this_week, last_week, this_month, last_month, or two dates such as 2026-11-01/2026-11-07.")
	ErrOverlap = fault.New(fault.Invalid, "periods_overlap", "The two periods share days, so that a difference would say nothing.",
		"Choose periods without a common day, or leave out against.")
)

// MaxPeriodDays bounds one period.
const MaxPeriodDays = 366

// Period is a range of a campaign's local days. One that holds the day that is
// not over ends with the last whole hour.
type Period struct {
	First, Last localday.Day
	From, To    time.Time // half-open
	Partial     bool      // Last is counted up to To only
}

// Days is how many local days the period touches.
func (p Period) Days() int { return int(p.Last-p.First) + 1 }

// calendar finds periods as of a moment in a zone.
type calendar struct {
	zone  *time.Location
	now   time.Time
	today localday.Day
}

func newCalendar(now time.Time, zone *time.Location) calendar {
	return calendar{zone, now, localday.Of(now, zone)}
}

var lastDays = regexp.MustCompile(`^last_(\d{1,4})_days$`)

// named reads the name of a period, or two dates, both included.
func (c calendar) named(name string) (Period, error) {
	switch name {
	case "today":
		return c.period(c.today, c.today)
	case "yesterday":
		return c.period(c.today-1, c.today-1)
	case "this_week":
		return c.period(c.monday(), c.today)
	case "last_week":
		return c.period(c.monday()-7, c.monday()-1)
	case "this_month":
		return c.period(c.month(0), c.today)
	case "last_month":
		return c.period(c.month(-1), c.month(0)-1)
	}
	if m := lastDays.FindStringSubmatch(name); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n >= 1 && n <= MaxPeriodDays {
			return c.period(c.today-localday.Day(n), c.today-1)
		}
		return Period{}, ErrPeriod.With("%q does not have 1 to %d days.", name, MaxPeriodDays)
	}
	if first, last, two := strings.Cut(strings.Replace(name, "..", "/", 1), "/"); two {
		return c.dates(first, last)
	}
	return Period{}, ErrPeriod.With("%q is not the name of a period.", name)
}

func (c calendar) dates(first, last string) (Period, error) {
	from, err := localday.Parse(first)
	if err == nil {
		var to localday.Day
		if to, err = localday.Parse(last); err == nil {
			return c.period(from, to)
		}
	}
	return Period{}, ErrPeriod.With("%q is not two dates.", first+"/"+last)
}

// monday of the present week, as ISO 8601 has weeks.
func (c calendar) monday() localday.Day {
	return c.today - localday.Day((int(c.today.Weekday())+6)%7)
}

// month is the first day of a month, counted from the present one.
func (c calendar) month(ahead int) localday.Day {
	y, m, _ := time.Unix(int64(c.today)*86400, 0).UTC().Date()
	return localday.Day(time.Date(y, m+time.Month(ahead), 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// period checks a range of days and cuts it at the last whole hour.
func (c calendar) period(first, last localday.Day) (Period, error) {
	switch {
	case last < first:
		return Period{}, ErrPeriod.With("The period ends on %s, before it begins on %s.", last, first)
	case int(last-first) >= MaxPeriodDays:
		return Period{}, ErrPeriod.With("The period has %d days; at most %d can be compared.", int(last-first)+1, MaxPeriodDays)
	case last > c.today:
		return Period{}, ErrPeriod.With("The period ends on %s, which is in the future.", last)
	}
	p := Period{First: first, Last: last}
	p.From, _ = localday.Bounds(first, c.zone)
	_, p.To = localday.Bounds(last, c.zone)
	if p.To.After(c.now) {
		p.cut(c.hour(), c.zone)
	}
	if !p.From.Before(p.To) {
		return Period{}, ErrPeriod.With("No whole hour of the period is over yet.")
	}
	return p, nil
}

// hour is the clock's time at the last whole hour.
func (c calendar) hour() time.Time {
	local := c.now.In(c.zone)
	return time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), 0, 0, 0, c.zone)
}

// cut ends the period on its last day at the time of day that the clock shows
// at, so that a day which is not over is compared up to the same hour.
func (p *Period) cut(at time.Time, zone *time.Location) {
	p.Partial = true
	y, m, d := time.Unix(int64(p.Last)*86400, 0).UTC().Date()
	start, end := localday.Bounds(p.Last, zone)
	p.To = time.Date(y, m, d, at.Hour(), at.Minute(), 0, 0, zone).UTC()
	if p.To.Before(start) {
		p.To = start
	}
	if p.To.After(end) {
		p.To = end
	}
	if p.To.Equal(start) { // nothing of the day counts: it is left out
		p.Partial, p.Last = false, p.Last-1
	}
}

// previous is the period before p of as many days whose weekdays are the same:
// p moved back by whole weeks, just far enough not to overlap.
func (c calendar) previous(p Period) (Period, error) {
	back := localday.Day((p.Days() + 6) / 7 * 7)
	return c.matching(p, p.First-back, p.Last-back)
}

// matching is a range of days, cut as p is.
func (c calendar) matching(p Period, first, last localday.Day) (Period, error) {
	q, err := c.period(first, last)
	if err == nil && p.Partial && !q.Partial && q.Days() == p.Days() {
		q.cut(p.To.In(c.zone), c.zone)
	}
	return q, err
}

// pair finds both periods of a comparison; without a name against is the one
// before.
func (c calendar) pair(period, against string) (p, q Period, err error) {
	if p, err = c.named(period); err != nil {
		return p, q, err
	}
	if against == "" || against == "previous" {
		q, err = c.previous(p)
	} else if q, err = c.named(against); err == nil {
		q, err = c.matching(p, q.First, q.Last)
	}
	if err == nil && p.First <= q.Last && q.First <= p.Last {
		err = ErrOverlap.With("%s and %s share days.", p, q)
	}
	return p, q, err
}

// String is both dates, as a period is asked for.
func (p Period) String() string { return fmt.Sprintf("%s/%s", p.First, p.Last) }

// Alignment says whether days stand opposite days of the same kind.
type Alignment struct {
	Weekday bool
	Reason  string // "different_length", "different_weekdays"; empty when aligned
}

func alignmentOf(p, q Period) Alignment {
	switch {
	case p.Days() != q.Days():
		return Alignment{Reason: "different_length"}
	case (p.First-q.First)%7 != 0:
		return Alignment{Reason: "different_weekdays"}
	}
	return Alignment{Weekday: true}
}
