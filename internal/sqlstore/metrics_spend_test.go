package sqlstore

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// insertCampaign stores a campaign with a budget of so many dollars and makes
// it one of the market's.
func (m *market) insertCampaign(t testing.TB, db *DB, kind campaigns.BudgetKind, dollars int64) uuid.UUID {
	t.Helper()
	c, err := campaigns.New(m.origin(), m.now, campaigns.NewCampaign{
		ID: newID(), Partner: m.partner, BudgetID: newID(), Name: "Spring", Type: campaigns.Search, Objective: campaigns.Traffic,
		Goals:  campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricCTR, Quantity: campaigns.Quantity{Micros: 50_000}}}},
		Budget: campaigns.BudgetTerms{Amount: money.New(dollars*money.Unit, "USD")}, Timezone: "America/Bogota",
	})
	if err != nil {
		t.Fatal(err)
	}
	state := c.State()
	err = db.Campaigns().Insert(context.Background(), c, campaigns.NewBudget{
		ID: state.BudgetID, Kind: kind, Limit: money.New(dollars*money.Unit, "USD"), AutoPause: true, By: m.origin(), At: m.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := db.Metrics().Subjects(context.Background(), m.partner, []uuid.UUID{state.ID, newID()})
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	m.campaigns = append(m.campaigns, state.ID)
	m.subjects[state.ID] = found[state.ID]
	return state.ID
}

func (m *market) spend(campaign int, before time.Duration, dollars int64) performance.Event {
	e := m.delivery(campaign, before)
	e.Spend = dollars * money.Unit
	return e
}

// types of the partner's events since a sequence number, without those of
// metrics_updated.
func (m *market) followed(t *testing.T, db *DB, after int64) []string {
	t.Helper()
	events, err := db.Log().Read(t.Context(), m.partner, after, 100)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, e := range events {
		restated := e.Type == performance.Restated{}.EventType() // the store's clock is far beyond the market's days
		if e.Type != performance.TypeUpdated && !restated && !strings.HasPrefix(e.Type, "campaign.") {
			types = append(types, e.Type)
		}
	}
	return types
}

func TestTheDirectoryKnowsACampaign(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 0)
		id := m.insertCampaign(t, db, campaigns.BudgetTotal, 100)
		got := m.subjects[id]
		if got.Partner != m.partner || got.Currency != "USD" || got.Zone.String() != "America/Bogota" || !cmp.Equal(got.Targets, performance.Targets{"ctr": 50_000}) {
			t.Errorf("%+v", got)
		}
		for partner, want := range map[uuid.UUID]int{newID(): 0, uuid.Nil: 1} {
			if found, err := db.Metrics().Subjects(t.Context(), partner, []uuid.UUID{id}); err != nil || len(found) != want {
				t.Errorf("partner %s: %v, %v", partner, found, err)
			}
		}
	})
}

func TestReportedSpendIsSettledAndItsConsequencesAppended(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 0)
		first := m.insertCampaign(t, db, campaigns.BudgetTotal, 100)
		second := m.insertCampaign(t, db, campaigns.BudgetTotal, 1000)
		m.insertCampaign(t, db, campaigns.BudgetDaily, 100)
		steps := []struct {
			events []performance.Event
			want   []string
		}{
			{[]performance.Event{m.spend(0, time.Hour, 49), m.spend(1, time.Hour, 10)}, nil},
			{[]performance.Event{m.spend(0, time.Hour, 41), m.spend(1, time.Hour, 10)}, []string{"budget.threshold_reached", "budget.threshold_reached", "budget.threshold_reached"}},
			{[]performance.Event{m.spend(0, 48*time.Hour, 30)}, []string{"budget.threshold_reached", "budget.exhausted", "budget.overdelivered"}},
			{[]performance.Event{m.spend(0, time.Hour, -5)}, []string{"budget.overdelivered"}},
			{[]performance.Event{m.spend(1, time.Hour, 1), m.spend(1, 24*time.Hour, 1), m.spend(1, time.Hour, 1)}, nil},
			{[]performance.Event{m.spend(2, time.Hour, 49), m.spend(2, 24*time.Hour, 40)}, nil},
			{[]performance.Event{m.spend(2, time.Hour, 1)}, []string{"budget.threshold_reached"}},
		}
		for i, step := range steps {
			before, err := db.Log().Heads(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m.record(t, step.events...)
			if diff := cmp.Diff(step.want, m.followed(t, db, before[m.partner])); diff != "" {
				t.Errorf("step %d: %s", i, diff)
			}
		}
		for id, want := range map[uuid.UUID]int64{first: 115, second: 23} {
			b, err := db.Budgets().ByCampaign(t.Context(), m.partner, id)
			if err != nil {
				t.Fatal(err)
			}
			if got := reported(b); got != want*money.Unit {
				t.Errorf("campaign %s: %d of %d is in its budget", id, got, want*money.Unit)
			}
		}
	})
}

// reported is all spend that a budget has taken.
func reported(b *budgets.Budget) int64 { return b.State().Settled }

func TestAMissedTargetIsAnnouncedWithTheCommit(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 0)
		m.insertCampaign(t, db, campaigns.BudgetTotal, 1_000_000)
		var low []performance.Event
		for range 10 { // 1 000 impressions, 20 clicks: 0.02 of a target of 0.05
			low = append(low, m.delivery(0, time.Hour))
		}
		m.record(t, low[:9]...)
		m.record(t, low[9])
		m.record(t, m.delivery(0, time.Hour))
		high := m.delivery(0, time.Hour)
		high.Clicks = 100
		m.record(t, high)
		want := []string{"budget.opened", "performance.kpi_threshold_reached", "performance.kpi_threshold_reached"}
		if diff := cmp.Diff(want, m.followed(t, db, 0)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnHourUnlikeTheOneBeforeIsAnnounced(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 2)
		hour := func(before time.Duration, clicks int64) []performance.Event {
			var events []performance.Event
			for i := range 20 { // 2 000 impressions in two channels
				e := m.delivery(0, before)
				e.Channel = []string{"search", "social"}[i%2]
				e.Clicks = clicks
				events = append(events, e)
			}
			return events
		}
		m.record(t, hour(3*time.Hour, 10)...)   // 200 clicks: ctr 0.1, cpc 0.125
		m.record(t, hour(2*time.Hour, 5)...)    // 100 clicks: ctr 0.05, cpc 0.25
		m.record(t, m.delivery(1, time.Minute)) // another campaign's hour
		if got := m.followed(t, db, 0); got != nil {
			t.Errorf("before the hour is over: %v", got)
		}
		m.record(t, m.delivery(0, time.Hour))
		m.record(t, m.delivery(0, time.Hour))
		want := []string{"performance.significant_change", "performance.significant_change"} // ctr and cpc
		if diff := cmp.Diff(want, m.followed(t, db, 0)); diff != "" {
			t.Error(diff)
		}
	})
}
