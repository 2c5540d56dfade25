// Package localday divides time into the local days of a place: a campaign's
// day, its daily budget and its daily report. It is a leaf: it imports the
// standard library alone, and budgets, performance and timed work share it so
// that they cannot disagree about which day an instant belongs to.
//
// Every instant belongs to exactly one day, days follow each other without gap
// or overlap, and a day that is over never comes back. A day is whatever length
// the zone gives it: 23 or 25 hours when clocks change by an hour, 23.5 or 24.5
// by half of one, nothing at all for a date that was skipped (30 December 2011
// in Samoa). It begins where its date begins, which is not midnight on the days
// whose clocks skip it.
//
// In one case the day is not the date on the clock: where clocks go back across
// midnight after the new date has begun (00:01 to 23:01 in St John's until
// 2011), the date returns. The day then changes at the last of the two midnights,
// so that the one minute of the new date counts to the day that resumes.
package localday

import (
	"fmt"
	"sort"
	"time"
)

// Day is a date as the number of days since 1 January 1970. Days of different
// zones compare as dates do.
type Day int32

const (
	layout        = "2006-01-02"
	secondsPerDay = 24 * 60 * 60
	// widest is more than any zone has ever differed from UTC, in seconds.
	widest = 36 * 60 * 60
)

// Of is the day of loc that t belongs to. It costs about 30 ns; whoever has
// many instants of the same day keeps the Bounds of that day and compares.
func Of(t time.Time, loc *time.Location) Day {
	local := t.In(loc)
	day := date(local)
	if _, end := local.ZoneBounds(); !end.IsZero() {
		day = min(day, date(end)) // clocks will go back across midnight
	}
	return day
}

// Bounds is the day as a half-open range [from, to) of UTC. The range is empty
// for a date that loc skipped.
func Bounds(day Day, loc *time.Location) (from, to time.Time) {
	return begin(day, loc), begin(day+1, loc)
}

// begin is the first instant of the day, or of the next one when it was skipped.
func begin(day Day, loc *time.Location) time.Time {
	midnight := int64(day) * secondsPerDay
	_, offset := time.Unix(midnight, 0).In(loc).Zone()
	if guess := midnight - int64(offset); begins(guess, day, loc) {
		return time.Unix(guess, 0).UTC()
	}
	first := midnight - widest
	n := sort.Search(2*widest, func(n int) bool { return ofUnix(first+int64(n), loc) >= day })
	return time.Unix(first+int64(n), 0).UTC()
}

func begins(second int64, day Day, loc *time.Location) bool {
	return ofUnix(second, loc) == day && ofUnix(second-1, loc) < day
}

func ofUnix(second int64, loc *time.Location) Day { return Of(time.Unix(second, 0), loc) }

// date is the date that the clock shows.
func date(local time.Time) Day {
	_, offset := local.Zone()
	seconds := local.Unix() + int64(offset)
	day := seconds / secondsPerDay
	if seconds%secondsPerDay < 0 {
		day--
	}
	return Day(day)
}

// Parse reads "2006-01-02".
func Parse(s string) (Day, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return 0, fmt.Errorf("localday: %q is not a date as in %q", s, layout)
	}
	return date(t), nil
}

// String is the date as "2006-01-02".
func (d Day) String() string { return d.midnight().Format(layout) }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.midnight().Weekday() }

// MarshalText writes what String gives, so that JSON holds a date.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Day) UnmarshalText(b []byte) error {
	parsed, err := Parse(string(b))
	if err == nil {
		*d = parsed
	}
	return err
}

func (d Day) midnight() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }
