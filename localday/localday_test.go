package localday_test

import (
	_ "embed"
	"encoding/json"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on every machine

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/localday"
)

// zones is every name in the tz database that Go 1.26 embeds.
//
//go:embed testdata/zones.txt
var zones string

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func day(t testing.TB, s string) localday.Day {
	t.Helper()
	d, err := localday.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBoundsOfUnusualDays(t *testing.T) {
	for _, c := range []struct {
		why, zone, day, from string
		hours                float64
	}{
		{"an ordinary day", "America/Bogota", "2026-11-23", "2026-11-23T05:00:00Z", 24},
		{"spring forward", "Europe/Madrid", "2026-03-29", "2026-03-28T23:00:00Z", 23},
		{"fall back", "Europe/Madrid", "2026-10-25", "2026-10-24T22:00:00Z", 25},
		{"half an hour less", "Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", 23.5},
		{"half an hour more", "Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", 24.5},
		{"no midnight", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23},
		{"two midnights", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", 25},
		{"back to the day before", "America/Asuncion", "2024-03-23", "2024-03-23T03:00:00Z", 25},
		{"a skipped date", "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0},
		{"before the skipped date", "Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24},
		{"after the skipped date", "Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24},
		{"the date returns: the day resumes", "America/St_Johns", "2010-11-06", "2010-11-06T02:30:00Z", 25},
		{"the date returns: the next day", "America/St_Johns", "2010-11-07", "2010-11-07T03:30:00Z", 24},
		{"before 1970", "UTC", "1969-12-31", "1969-12-31T00:00:00Z", 24},
	} {
		t.Run(c.why, func(t *testing.T) {
			from, to := localday.Bounds(day(t, c.day), zone(t, c.zone))
			if got := from.Format(time.RFC3339); got != c.from {
				t.Errorf("%s in %s begins at %s, want %s", c.day, c.zone, got, c.from)
			}
			if got := to.Sub(from).Hours(); got != c.hours {
				t.Errorf("%s in %s has %v hours, want %v", c.day, c.zone, got, c.hours)
			}
		})
	}
}

// TestEveryZone walks all the days of all the zones: each begins where the one
// before ended, and both its ends belong to it.
func TestEveryZone(t *testing.T) {
	first, last := day(t, "2000-01-01"), day(t, "2035-12-31")
	if testing.Short() {
		first, last = day(t, "2011-01-01"), day(t, "2011-12-31") // a year with every oddity
	}
	for name := range strings.FieldsSeq(zones) {
		loc := zone(t, name)
		expected, _ := localday.Bounds(first, loc)
		for d := first; d <= last; d++ {
			from, to := localday.Bounds(d, loc)
			if !from.Equal(expected) || to.Before(from) {
				t.Fatalf("%s: %s is [%s, %s), but the day before ended at %s", name, d, from, to, expected)
			}
			checkEnds(t, name, d, from, to, loc)
			expected = to
		}
	}
}

func checkEnds(t *testing.T, name string, d localday.Day, from, to time.Time, loc *time.Location) {
	t.Helper()
	if from.Equal(to) {
		return // a skipped date has no instants
	}
	for _, at := range []time.Time{from, to.Add(-time.Nanosecond)} {
		if got := localday.Of(at, loc); got != d {
			t.Fatalf("%s: %s belongs to %s, want %s", name, at, got, d)
		}
	}
}

func TestOfIsTheOneDayWhoseBoundsHoldTheInstant(t *testing.T) {
	names := strings.Fields(zones)
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.UnixMicro(rapid.Int64Range(0, 2_082_758_400_000_000).Draw(t, "micros"))
		d := localday.Of(at, loc)
		for _, other := range []localday.Day{d - 1, d, d + 1} {
			from, to := localday.Bounds(other, loc)
			if inside := !at.Before(from) && at.Before(to); inside != (other == d) {
				t.Fatalf("%s: %s is of %s, yet [%s, %s) of %s says %v", loc, at, d, from, to, other, inside)
			}
		}
	})
}

func TestDayIsADateInJSON(t *testing.T) {
	type body struct {
		Day localday.Day `json:"day"`
	}
	const text = `{"day":"2026-11-23"}`
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	if b.Day.Weekday() != time.Monday {
		t.Errorf("23 November 2026 is a %s, want Monday", b.Day.Weekday())
	}
	if out, err := json.Marshal(b); err != nil || string(out) != text {
		t.Errorf("got %s, %v", out, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "2026-02-29", "2026-1-1", "23/11/2026", "2026-11-23T00:00:00Z"} {
		if d, err := localday.Parse(s); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", s, d)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	loc, at := zone(b, "Europe/Madrid"), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		localday.Of(at, loc)
	}
}
