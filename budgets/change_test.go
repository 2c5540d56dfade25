package budgets_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/money"
)

func change(t testing.TB, b *budgets.Budget, at time.Time, p budgets.Patch) {
	t.Helper()
	if err := b.Change(manager, at, p); err != nil {
		t.Fatal(err)
	}
}

func limit(units int64) budgets.Patch { return budgets.Patch{Limit: new(usd(units))} }

func TestChangeTheLimit(t *testing.T) {
	for _, c := range []struct {
		why       string
		settled   int64
		limits    []int64
		then      int64
		want      []string
		exhausted bool
	}{
		{why: "raised: what is no longer reached is armed again", settled: 95, limits: []int64{180}, then: 50,
			want: []string{"changed", "75% MEDIUM"}},
		{why: "raised above nothing: all are armed again", settled: 60, limits: []int64{1000}, then: 440,
			want: []string{"changed", "50% LOW"}},
		{why: "raised but still exhausted", settled: 150, limits: []int64{150}, then: 10,
			want: []string{"changed", "overdelivered 10.00 on 2026-11-23"}, exhausted: true},
		{why: "raised, then exhausted again", settled: 100, limits: []int64{110}, then: 10,
			want: []string{"changed", "100% CRITICAL", "exhausted"}, exhausted: true},
		{why: "lowered onto thresholds", settled: 60, limits: []int64{70},
			want: []string{"changed", "75% MEDIUM"}},
		{why: "lowered below what is settled stops, and reverses nothing", settled: 60, limits: []int64{50},
			want: []string{"changed", "75% MEDIUM", "90% HIGH", "100% CRITICAL", "exhausted"}, exhausted: true},
		{why: "and later spend is beyond the new limit", settled: 60, limits: []int64{50}, then: 5,
			want:      []string{"changed", "75% MEDIUM", "90% HIGH", "100% CRITICAL", "exhausted", "overdelivered 5.00 on 2026-11-23"},
			exhausted: true},
		{why: "lowered and raised back: a new crossing", settled: 60, limits: []int64{60, 100}, then: 40,
			want: []string{"changed", "75% MEDIUM", "90% HIGH", "100% CRITICAL", "exhausted", "changed",
				"75% MEDIUM", "90% HIGH", "100% CRITICAL", "exhausted"}, exhausted: true},
		{why: "the same limit is no change", settled: 60, limits: []int64{100}, want: []string{}},
	} {
		t.Run(c.why, func(t *testing.T) {
			b := open(t, request(budgets.KindTotal))
			settle(t, b, today, c.settled)
			b.PullEvents()
			for _, l := range c.limits {
				change(t, b, noon, limit(l))
			}
			settle(t, b, today, c.then)
			expect(t, b, c.want...)
			if s := b.State(); s.Settled != (c.settled+c.then)*money.Unit || s.Exhausted != c.exhausted {
				t.Errorf("settled %d, exhausted %v", s.Settled, s.Exhausted)
			}
		})
	}
}

// What was reached under the former limit and is armed again under the new one
// answers whoever was told of it.
func TestARaiseRearmsWhatItAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		raised int64
		want   bool
	}{"all of them": {1000, true}, "the highest": {115, true}, "none": {101, false}} {
		b := open(t, request(budgets.KindTotal)) // 100 units
		settle(t, b, 0, 95)
		change(t, b, noon.Add(time.Hour), limit(c.raised))
		if got := b.Position(0).Rearmed(100 * money.Unit); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestALoweredLimitArmsNothing(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	settle(t, b, today, 60)
	settle(t, b, today, -20)
	expect(t, b, "50% LOW")
	change(t, b, noon, limit(90))
	settle(t, b, today, 10)
	expect(t, b, "changed")
}

func TestOverdeliveryOutlivesARaisedLimit(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	settle(t, b, today, 120)
	change(t, b, noon, limit(200))
	if got := b.Position(today); got.Overdelivery != usd(20) || got.Available != usd(80) {
		t.Errorf("got %+v: it was delivered beyond the limit of its time", got)
	}
	settle(t, b, today, -120)
	if got := b.Position(today).Overdelivery; got != usd(0) {
		t.Errorf("overdelivery %s of nothing settled", got)
	}
}

func TestChangeIsRefusedWhole(t *testing.T) {
	for _, c := range []struct {
		why   string
		patch budgets.Patch
		want  map[string]string
	}{
		{"another currency", budgets.Patch{Limit: new(money.New(money.Unit, "EUR")), AutoPause: new(true)},
			map[string]string{"limit.currency": "currency_mismatch"}},
		{"what never changes", budgets.Patch{Kind: new(budgets.KindDaily), Currency: new(money.Currency("EUR")), Timezone: new("Asia/Tokyo"), AutoPause: new(true)},
			map[string]string{"kind": "immutable", "currency": "immutable", "timezone": "immutable"}},
		{"no limit", limit(0), map[string]string{"limit.amount": "out_of_range"}},
		{"a negative limit", limit(-1), map[string]string{"limit.amount": "out_of_range"}},
		{"too high a limit", budgets.Patch{Limit: new(money.New(budgets.MaxLimit+1, "USD"))},
			map[string]string{"limit.amount": "out_of_range"}},
		{"a threshold beyond the limit", budgets.Patch{Thresholds: new(budgets.Levels(101))},
			map[string]string{"thresholds[0].percent": "out_of_range"}},
		{"too many thresholds", budgets.Patch{Thresholds: new(make([]budgets.Level, 21))},
			map[string]string{"thresholds": "too_many"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			b := open(t, request(budgets.KindTotal))
			before := b.State()
			if diff := cmp.Diff(c.want, fieldsOf(t, b.Change(manager, noon, c.patch))); diff != "" {
				t.Error(diff)
			}
			expect(t, b)
			if diff := cmp.Diff(before, b.State()); diff != "" {
				t.Errorf("something changed:\n%s", diff)
			}
		})
	}
}

func TestChangeTheThresholds(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	settle(t, b, today, 80)
	expect(t, b, "50% LOW", "75% MEDIUM")
	change(t, b, noon, budgets.Patch{Thresholds: &[]budgets.Level{{Percent: 95}, {Percent: 75}, {Percent: 60, Severity: "CRITICAL"}}})
	expect(t, b, "changed", "60% CRITICAL") // new and reached; 75 had fired already
	settle(t, b, today, 15)
	expect(t, b, "95% HIGH")
	change(t, b, noon, budgets.Patch{Thresholds: &[]budgets.Level{}})
	settle(t, b, today, 5)
	expect(t, b, "changed", "exhausted") // nothing turns that off
}

func TestAutoPauseMakesCriticalPause(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	change(t, b, noon, budgets.Patch{
		AutoPause: new(true), Thresholds: &[]budgets.Level{{Percent: 80, Severity: "CRITICAL"}, {Percent: 90}},
	})
	settle(t, b, today, 95)
	expect(t, b, "changed", "80% CRITICAL pauses", "90% HIGH")
}

func TestChangedShowsBeforeAndAfter(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	change(t, b, noon.Add(time.Hour), budgets.Patch{Limit: new(usd(150)), AutoPause: new(true), Thresholds: new(budgets.Levels(80))})
	events := b.PullEvents()
	if len(events) != 1 || events[0].Revision != 2 || b.State().Revision != 2 || !b.State().UpdatedAt.Equal(noon.Add(time.Hour)) {
		t.Fatalf("got %+v", events)
	}
	const want = `{"campaign_id":"0190b5a0-0000-7000-8000-000000000002","changes":[` +
		`{"field":"limit","before":{"amount":"100.00","currency":"USD"},"after":{"amount":"150.00","currency":"USD"}},` +
		`{"field":"auto_pause","before":false,"after":true},` +
		`{"field":"thresholds","before":[{"percent":50,"severity":"LOW"},{"percent":75,"severity":"MEDIUM"},` +
		`{"percent":90,"severity":"HIGH"},{"percent":100,"severity":"CRITICAL"}],"after":[{"percent":80,"severity":"MEDIUM"}]}]}`
	if diff := cmp.Diff(json.RawMessage(want), events[0].Data); diff != "" {
		t.Error(diff)
	}
}

func TestYesterdayIsNotHeldAgainstANewDailyLimit(t *testing.T) {
	b := open(t, request(budgets.KindDaily))
	settle(t, b, today, 90)
	b.PullEvents()
	change(t, b, noon.Add(24*time.Hour), limit(50))
	expect(t, b, "changed")
	change(t, b, noon.Add(24*time.Hour), limit(40))
	settle(t, b, today+1, 40)
	expect(t, b, "changed", "50% LOW", "75% MEDIUM", "90% HIGH", "100% CRITICAL", "exhausted")
}
