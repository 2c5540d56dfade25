package budgets

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// TestOneBudgetForEachLocalDay spends to the limit at every turn of a clock in
// zones whose days have 23, 23.5, 24.5 and 25 hours, no midnight, or are
// missing: the money of one date is had once, whatever its length.
// localday holds every zone from 2000 to 2035 to exactly one day an instant.
func TestOneBudgetForEachLocalDay(t *testing.T) {
	for zone, at := range map[string]string{
		"America/Bogota": "2026-03-07", "America/New_York": "2026-03-07", "Europe/Madrid": "2026-10-24",
		"Australia/Lord_Howe": "2026-04-04", "America/Sao_Paulo": "2018-11-03", "Pacific/Apia": "2011-12-28",
		"America/St_Johns": "2006-10-28", "Africa/Cairo": "2024-04-25",
	} {
		day, err := localday.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Open(event.Origin{}, time.Unix(0, 0), NewBudget{
			ID: uuid.New(), Partner: uuid.New(), Campaign: uuid.New(), Kind: KindDaily, Limit: money.New(1, "USD"), Timezone: zone,
		})
		if err != nil {
			t.Fatal(err)
		}
		granted := map[localday.Day]int{}
		from, _ := localday.Bounds(day, b.location())
		for now := from; now.Before(from.Add(96 * time.Hour)); now = now.Add(10 * time.Minute) {
			r := &Reservation{ID: uuid.New(), Amount: 1, Day: b.Today(now)}
			if b.reserve(r) == nil {
				granted[r.Day]++
			}
		}
		for d, n := range granted {
			if n != 1 {
				t.Errorf("%s: %s had its money %d times", zone, d, n)
			}
		}
		if len(granted) < 3 {
			t.Errorf("%s: %d days", zone, len(granted))
		}
	}
}

func TestMonthsAreOfLocalDays(t *testing.T) {
	for text, want := range map[string]string{"2026-02-28": "2026-02-01", "2024-02-29": "2024-02-01", "2026-12-31": "2026-12-01", "2027-01-01": "2027-01-01"} {
		day, err := localday.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := FirstOfMonth(day).String(); got != want {
			t.Errorf("%s is of the month of %s, want %s", text, got, want)
		}
	}
}
