package campaigns_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestCommit(t *testing.T) {
	for _, c := range []struct {
		why            string
		kind           campaigns.BudgetKind
		limit          money.Money
		from, to, zone string
		daily, monthly money.Money
	}{
		{"a week in all", "total", usd(700), "2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z", "UTC", usd(100), usd(700)},
		{"a week a day", "daily", usd(10), "2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z", "UTC", usd(10), usd(70)},
		{"62 days in all", "total", usd(620), "2026-11-01T00:00:00Z", "2027-01-02T00:00:00Z", "UTC", usd(10), usd(310)},
		{"62 days a day", "daily", usd(10), "2026-11-01T00:00:00Z", "2027-01-02T00:00:00Z", "UTC", usd(10), usd(310)},
		{"an hour", "total", usd(5), "2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z", "UTC", usd(5), usd(5)},
		{"two local days in two hours", "total", usd(4), "2026-11-02T04:00:00Z", "2026-11-02T06:00:00Z", "America/Bogota", usd(2), usd(4)},
		{"three days, rounded up", "total", usd(1), "2026-11-02T00:00:00Z", "2026-11-05T00:00:00Z", "UTC", money.New(333_334, "USD"), usd(1)},
		{"a zone that is gone counts as UTC", "total", usd(2), "2026-11-02T00:00:00Z", "2026-11-04T00:00:00Z", "Atlantis/City", usd(1), usd(2)},
		{"more than money holds", "daily", money.New(math.MaxInt64, "USD"), "2026-11-01T00:00:00Z", "2027-01-02T00:00:00Z", "UTC", money.New(math.MaxInt64, "USD"), money.New(math.MaxInt64, "USD")},
	} {
		s := &campaigns.Schedule{Start: at(t, c.from), End: at(t, c.to)}
		if got := campaigns.Commit(c.kind, c.limit, s, c.zone); got.Daily != c.daily || got.Monthly != c.monthly {
			t.Errorf("%s: %+v, want %s a day and %s a month", c.why, got, c.daily, c.monthly)
		}
	}
	if got := campaigns.Commit("total", usd(9), nil, "UTC"); got.Daily != usd(9) || got.Monthly != usd(9) {
		t.Errorf("without a schedule: %+v", got)
	}
}

// TestCommitNeverPromisesTooLittle: evenly spent, the days give at least the
// budget, and a month's commitment is never above the whole.
func TestCommitNeverPromisesTooLittle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := money.New(rapid.Int64Range(1, 1e15).Draw(t, "limit"), "USD")
		days := rapid.Int64Range(1, 400).Draw(t, "days")
		s := &campaigns.Schedule{Start: start, End: start.Add(time.Duration(days) * 24 * time.Hour)}
		c := campaigns.Commit(campaigns.BudgetTotal, limit, s, "UTC")
		if c.Daily.Micros*(days+1) < limit.Micros || c.Daily.Micros > c.Monthly.Micros || c.Monthly.Micros > limit.Micros {
			t.Fatalf("%s over %d days: %+v", limit, days, c)
		}
	})
}
