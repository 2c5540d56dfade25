package sqlstore

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

var operator = event.Origin{Kind: event.ActorOperator, ID: "test"}

// noon is when everything happens in these tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// openCampaign stores a campaign whose budget has a limit in units.
func openCampaign(t *testing.T, db *DB, partner uuid.UUID, kind campaigns.BudgetKind, limit int64) campaigns.State {
	t.Helper()
	s, err := insertCampaign(t, db, partner, kind, limit)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func insertCampaign(t *testing.T, db *DB, partner uuid.UUID, kind campaigns.BudgetKind, limit int64) (campaigns.State, error) {
	t.Helper()
	amount := money.New(limit*money.Unit, "USD")
	c, err := campaigns.New(operator, noon, campaigns.NewCampaign{
		ID: newID(), BudgetID: newID(), Partner: partner, Name: "Spring", Type: campaigns.Display, Objective: campaigns.Awareness,
		Goals:  campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricImpressions, Quantity: campaigns.Count(1)}}},
		Budget: campaigns.BudgetTerms{Amount: amount, Kind: kind}, Timezone: "America/Bogota",
	})
	if err != nil {
		t.Fatal(err)
	}
	s := c.State()
	return s, db.Campaigns().Insert(t.Context(), c, campaigns.NewBudget{ID: s.BudgetID, Kind: kind, Limit: amount, By: operator, At: noon})
}

// TestTheHotPathSettlesAsTheAggregateDoes plays the same reports to both and
// wants the same figures and the same events, whichever way each report took.
func TestTheHotPathSettlesAsTheAggregateDoes(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		for seed := range uint64(6) {
			kind := []campaigns.BudgetKind{campaigns.BudgetTotal, campaigns.BudgetDaily}[seed%2]
			t.Run(fmt.Sprintf("seed %d, %s", seed, kind), func(t *testing.T) { settleBoth(t, db, kind, seed) })
		}
	})
}

func settleBoth(t *testing.T, db *DB, kind campaigns.BudgetKind, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	c := openCampaign(t, db, newID(), kind, 1000)
	model, err := db.Budgets().Get(t.Context(), c.Partner, c.BudgetID)
	if err != nil {
		t.Fatal(err)
	}
	fast := 0
	for range 60 {
		day, amount := localday.Day(20_000+random.IntN(3)), random.Int64N(40*money.Unit)
		if random.IntN(8) == 0 {
			amount = -2 * amount
		}
		before := appended(t, db, c.Partner)
		if err := db.write(t.Context(), func(x *tx) error {
			return x.settle(t.Context(), operator, noon, performance.Subject{Partner: c.Partner, Campaign: c.ID, Currency: "USD"}, day, budgets.Share{Amount: amount})
		}); err != nil {
			t.Fatal(err)
		}
		if err := model.Settle(operator, noon, day, amount); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(types(model.PullEvents()), types(appended(t, db, c.Partner)[len(before):])); diff != "" {
			t.Fatalf("events after %d on day %d: %s", amount, day, diff)
		}
		stored, err := db.Budgets().Get(t.Context(), c.Partner, c.BudgetID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(model.State(), stored.State(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("after %d on day %d: %s", amount, day, diff)
		}
		if viaColumns(t, db, c) {
			fast++
		}
	}
	if fast == 0 {
		t.Error("the fast way was never taken")
	}
}

// viaColumns reports whether the columns are ahead of the state: only the fast
// way leaves them so.
func viaColumns(t *testing.T, db *DB, c campaigns.State) bool {
	var settled int64
	var text string
	err := db.reader.QueryRowContext(t.Context(), `SELECT settled, state FROM budgets WHERE partner = $1 AND campaign = $2`,
		db.key(c.Partner), db.key(c.ID)).Scan(&settled, &text)
	if err != nil {
		t.Fatal(err)
	}
	state, err := decode[budgets.State]("budget", c.BudgetID, text)
	if err != nil {
		t.Fatal(err)
	}
	return state.Settled != settled
}

func appended(t *testing.T, db *DB, partner uuid.UUID) []event.Event {
	t.Helper()
	events, err := db.Log().Read(t.Context(), partner, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func types(events []event.Event) []string {
	names := []string{}
	for _, e := range events {
		names = append(names, e.Type)
	}
	return names
}

func TestReportedSpendReachesTheBudgetAndTheFacts(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 0)
		c := openCampaign(t, db, m.partner, campaigns.BudgetTotal, 100)
		bogota, err := time.LoadLocation(c.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		m.subjects[c.ID] = performance.Subject{Partner: m.partner, Campaign: c.ID, Currency: "USD", Zone: bogota}
		m.record(t, performance.Event{
			ID: "1", Campaign: c.ID, OccurredAt: micros(m.now), Dimensions: performance.Dimensions{Channel: "display"},
			Metrics: performance.Metrics{Impressions: 10, Spend: 60 * money.Unit, Reach: 7},
			Custom:  []performance.Custom{{Name: "calls", Value: 2 * money.Unit}},
		})
		got, err := db.Campaigns().Update(t.Context(), m.partner, c.ID, 0, func(_ *campaigns.Campaign, f campaigns.Facts) error {
			figures, err := f.Figures()
			if err != nil {
				return err
			}
			want := campaigns.Figures{
				Impressions: 10, Spend: money.New(60*money.Unit, "USD"), Revenue: money.Zero("USD"),
				Gauges: map[string]campaigns.Quantity{"reach": campaigns.Count(7)},
				Custom: map[string]campaigns.Quantity{"calls": campaigns.Count(2)},
			}
			if diff := cmp.Diff(want, figures); diff != "" {
				t.Error(diff)
			}
			funding, err := f.Funding()
			if funding.Settled != figures.Spend || funding.Available != money.New(40*money.Unit, "USD") {
				t.Errorf("funding %+v", funding)
			}
			return err
		})
		if err != nil || got.State().Revision != c.Revision {
			t.Fatal(got, err)
		}
		want := []string{"campaign.created", "budget.opened", "budget.threshold_reached", "performance.metrics_updated"}
		if diff := cmp.Diff(want, types(appended(t, db, m.partner))); diff != "" {
			t.Error(diff)
		}
	})
}
