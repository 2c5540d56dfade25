package billing

import (
	"fmt"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
)

// Month is a calendar month as the number of months since January of the year
// 0: months compare and follow each other as numbers do.
type Month int32

const monthLayout = "2006-01"

// ErrMonth says that a text names no month.
var ErrMonth = fault.New(fault.Malformed, "invalid_month", "This is not a month.", "Write year and month, such as 2026-11.")

// MonthOf is the month that a local day is in.
func MonthOf(day localday.Day) Month {
	t := time.Unix(int64(day)*24*60*60, 0).UTC()
	return Month(t.Year()*12 + int(t.Month()) - 1)
}

// ParseMonth reads "2006-01", of the years 1970 to 9999. The error is ErrMonth.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse(monthLayout, s)
	if err != nil || t.Year() < 1970 {
		return 0, ErrMonth.With("%q is not a month from 1970-01 on.", s)
	}
	return Month(t.Year()*12 + int(t.Month()) - 1), nil
}

// First is the first day of the month.
func (m Month) First() localday.Day {
	t := time.Date(int(m/12), time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC)
	return localday.Day(t.Unix() / (24 * 60 * 60))
}

// Bounds is the month as a half-open range of UTC in a zone.
func (m Month) Bounds(zone *time.Location) (from, to time.Time) {
	from, _ = localday.Bounds(m.First(), zone)
	to, _ = localday.Bounds((m + 1).First(), zone)
	return from, to
}

// String is the month as "2006-01".
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m/12, m%12+1) }

// MarshalText writes what String gives.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (m *Month) UnmarshalText(b []byte) error {
	parsed, err := ParseMonth(string(b))
	if err == nil {
		*m = parsed
	}
	return err
}
