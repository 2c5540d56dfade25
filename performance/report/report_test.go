package report

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
)

func day(t *testing.T, text string) localday.Day {
	t.Helper()
	d, err := localday.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPeriodsByName(t *testing.T) {
	wednesday := day(t, "2026-11-25")
	for name, want := range map[string][2]string{
		"yesterday": {"2026-11-24", "2026-11-25"}, "last_7_days": {"2026-11-18", "2026-11-25"}, "last_week": {"2026-11-16", "2026-11-23"},
		"last_month": {"2026-10-01", "2026-11-01"}, "last_quarter": {"2026-07-01", "2026-10-01"}, "last_year": {"2025-01-01", "2026-01-01"},
		"this_month": {"2026-11-01", "2026-11-26"}, "this_year": {"2026-01-01", "2026-11-26"},
	} {
		got, ok := datesOf(name, wednesday)
		if !ok || got.From != day(t, want[0]) || got.To != day(t, want[1]) {
			t.Errorf("%s: %s to %s", name, got.From, got.To)
		}
	}
	for _, name := range Periods {
		if got, ok := datesOf(name, day(t, "2028-03-01")); !ok || got.From >= got.To {
			t.Errorf("%s: %+v", name, got)
		}
	}
	october, _ := datesOf("last_month", wednesday)
	if before := october.before(); before.From != day(t, "2026-09-01") || before.To != october.From {
		t.Errorf("October is compared with %+v", before)
	}
}

func TestScopesInBothForms(t *testing.T) {
	id := "01970e3c-8c1b-7c3e-9d2a-5b1f0c6d7e8f"
	for text, want := range map[string]string{
		`"partner"`: "partner", `"campaign:` + id + `"`: "campaign:" + id, `{"type":"channel","ids":["Search"," display "]}`: "channel:display,search",
	} {
		var s Scope
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		var wrong fault.Fields
		if got := s.clean(&wrong); got.String() != want || len(wrong) > 0 {
			t.Errorf("%s: %s, %v", text, got, wrong)
		}
	}
}

// The same order is the same facts and the same definition, whatever the order
// of its ids.
func TestOrdersMadeDefinite(t *testing.T) {
	known := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	a, err := Order{Scope: ParseScope("channel:b,a"), Period: "yesterday", KnownAt: known}.definite(day(t, "2026-11-25"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Order{Scope: ParseScope("channel:a,b,a"), From: "2026-11-24", To: "2026-11-25", KnownAt: known, Format: PDF}.definite(day(t, "2026-12-31"))
	if err != nil || a.FactsKey() != b.FactsKey() || *a.Dates != *b.Dates || b.FileName() != "report-channel-2026-11-24-2026-11-24.pdf" {
		t.Errorf("%+v\n%+v, %v", a, b, err)
	}
	for _, o := range []Order{
		{Scope: ParseScope("partner")}, {Scope: ParseScope("partner"), Period: "someday"}, {Scope: ParseScope("partner"), Period: "yesterday", Lang: "fr"},
		{Scope: ParseScope("partner"), Period: "yesterday", Timezone: "Local"}, {Scope: ParseScope("campaigns"), Period: "yesterday"},
	} {
		if _, err := o.definite(day(t, "2026-11-25")); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// A schedule owes a report at each of its local midnights, also after a stop
// and across a change of clocks; each has an id of its own that never changes.
func TestSchedulesOweEachMidnightOnce(t *testing.T) {
	s := Schedule{ID: uuid.MustParse("01970e3c-8c1b-7c3e-9d2a-5b1f0c6d7e8f"), Every: Daily, Timezone: "America/New_York", Next: day(t, "2026-10-31")}
	service := NewService(Ports{}, func() time.Time { return time.Date(2026, 11, 3, 5, 0, 0, 0, time.UTC) }) // midnight there, in winter
	owed := service.owed(s)
	if len(owed) != 4 || owed[0] != day(t, "2026-10-31") || owed[3] != day(t, "2026-11-03") {
		t.Errorf("%v", owed)
	}
	seen := map[uuid.UUID]bool{}
	for _, d := range owed {
		id := runID(s.ID, d)
		if seen[id] || id != runID(s.ID, d) || id.Version() != 8 {
			t.Errorf("%s on %s", id, d)
		}
		seen[id] = true
	}
	for every, want := range map[Recurrence]string{Daily: "2026-11-26", Weekly: "2026-11-30", Monthly: "2026-12-01"} {
		if got := every.after(day(t, "2026-11-25")); got != day(t, want) {
			t.Errorf("%s comes next on %s", every, got)
		}
	}
	if Weekly.after(day(t, "2026-11-30")) != day(t, "2026-12-07") || Monthly.after(day(t, "2026-12-01")) != day(t, "2027-01-01") {
		t.Error("a schedule that is due does not move on")
	}
}
