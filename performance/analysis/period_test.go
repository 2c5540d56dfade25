package analysis

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/localday"
)

func calendarAt(t testing.TB, at, zone string) calendar {
	t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return newCalendar(now, loc)
}

func TestPeriodsByName(t *testing.T) {
	c := calendarAt(t, "2026-11-25T18:37:00Z", "America/Bogota") // Wednesday, 13:37
	for name, want := range map[string][2]string{
		"today":                 {"2026-11-25/2026-11-25", "2026-11-18/2026-11-18"},
		"yesterday":             {"2026-11-24/2026-11-24", "2026-11-17/2026-11-17"},
		"last_7_days":           {"2026-11-18/2026-11-24", "2026-11-11/2026-11-17"},
		"last_10_days":          {"2026-11-15/2026-11-24", "2026-11-01/2026-11-10"},
		"this_week":             {"2026-11-23/2026-11-25", "2026-11-16/2026-11-18"},
		"last_week":             {"2026-11-16/2026-11-22", "2026-11-09/2026-11-15"},
		"this_month":            {"2026-11-01/2026-11-25", "2026-10-04/2026-10-28"},
		"last_month":            {"2026-10-01/2026-10-31", "2026-08-27/2026-09-26"},
		"2026-11-01/2026-11-03": {"2026-11-01/2026-11-03", "2026-10-25/2026-10-27"},
		"2026-11-01..2026-11-3": {"", ""},
	} {
		p, q, err := c.pair(name, "")
		if want[0] == "" {
			if !errors.Is(err, ErrPeriod) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || p.String() != want[0] || q.String() != want[1] || !alignmentOf(p, q).Weekday || p.Partial != q.Partial {
			t.Errorf("%s: %s against %s, %v", name, p, q, err)
		}
	}
	p, q, err := c.pair("this_month", "last_month")
	if err != nil || alignmentOf(p, q).Reason != "different_length" {
		t.Errorf("%s against %s: %+v, %v", p, q, alignmentOf(p, q), err)
	}
	if p, q, err = c.pair("yesterday", "2026-11-20/2026-11-20"); err != nil || alignmentOf(p, q).Reason != "different_weekdays" {
		t.Errorf("%s against %s: %v", p, q, err)
	}
	if _, _, err = c.pair("last_7_days", "last_3_days"); !errors.Is(err, ErrOverlap) {
		t.Errorf("overlapping: %v", err)
	}
}

// The day of 25 hours in Madrid is compared up to the same time of day with one
// of 24, and the hour before the first one is over is no period.
func TestPeriodsWhereClocksChange(t *testing.T) {
	c := calendarAt(t, "2026-10-25T16:20:00Z", "Europe/Madrid") // 17:20 after the change
	p, q, err := c.pair("today", "")
	if err != nil || p.To.Sub(p.From) != 18*time.Hour || q.To.Sub(q.From) != 17*time.Hour || !p.Partial || !q.Partial {
		t.Errorf("%v to %v against %v to %v, %v", p.From, p.To, q.From, q.To, err)
	}
	week, _, err := c.pair("2026-10-19/2026-10-25", "")
	if err != nil || week.Days() != 7 || week.To.Equal(p.From) {
		t.Errorf("%+v, %v", week, err)
	}
	if _, _, err := calendarAt(t, "2026-11-25T05:40:00Z", "America/Bogota").pair("today", ""); !errors.Is(err, ErrPeriod) {
		t.Errorf("twenty to one: %v", err)
	}
}

// Whatever the moment and the zone, a period and the one before it have the same
// days of the week, do not overlap, and are over.
func TestThePeriodBeforeIsAligned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "America/Bogota", "America/Santiago", "Europe/Madrid", "Asia/Kathmandu", "Pacific/Apia"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		c := newCalendar(time.Unix(rapid.Int64Range(1.3e9, 1.9e9).Draw(t, "now"), 0), zone)
		name := rapid.SampledFrom([]string{"today", "yesterday", "last_7_days", "last_9_days", "this_week", "last_week", "this_month", "last_month"}).Draw(t, "name")
		p, q, err := c.pair(name, "")
		if errors.Is(err, ErrPeriod) {
			return // the first hour of a day, or a date that was skipped
		}
		if err != nil {
			t.Fatal(err)
		}
		if !alignmentOf(p, q).Weekday || q.To.After(p.From) || p.To.After(c.now) || localday.Of(p.From, zone) != p.First || localday.Of(q.From, zone) != q.First {
			t.Fatalf("%s at %v: %+v against %+v", name, c.now.In(zone), p, q)
		}
	})
}
