package sqlstore

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
	"github.com/hexabuilders/campaignd/performance/rule"
)

// ruled shows a market's campaigns to alert rules.
type ruled struct{ *market }

func (r ruled) Campaign(_ context.Context, partner, id uuid.UUID) (rule.Campaign, error) {
	s := r.subjects[id]
	return rule.Campaign{Partner: partner, ID: id, Name: "old", Type: "SEARCH", Currency: money.Currency(s.Currency), Zone: s.Zone, ActiveSince: &r.now}, nil
}

func (r ruled) Latest(ctx context.Context, partner uuid.UUID, _ bool, _ int) ([]rule.Campaign, error) {
	c, err := r.Campaign(ctx, partner, r.campaigns[0])
	return []rule.Campaign{c}, err
}

// TestOldMinutesReadTheSameEverywhere asks everybody who reads the store before
// and after its sums by minute and hour have gone and its chunks are merged:
// what is older than what is kept comes from the blocks, and is equal.
func TestOldMinutesReadTheSameEverywhere(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		m.inStore(t, db)
		db.now = func() time.Time { return m.now }
		var events []performance.Event
		for i := range 24 * 12 { // twelve days, every hour some
			for _, channel := range []string{"search", "social"} {
				e := m.delivery(0, time.Duration(i)*time.Hour+time.Duration(i%60)*time.Minute)
				e.Channel, e.Device = channel, []string{"mobile", "desktop"}[i%2]
				e.Set(performance.Conversions, int64(i%5))
				events = append(events, e)
			}
		}
		m.record(t, events...)
		before := m.askAll(t, db)
		if err := db.Metrics().MergeAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Metrics().Sweep(t.Context(), Keep{Minutes: time.Hour, Hours: time.Hour, Updates: time.Hour}); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM metric_rollups WHERE width < 3`).Scan(&left); err != nil || left > 4 {
			t.Fatalf("%d sums by minute and hour are left: %v", left, err)
		}
		for name, answer := range m.askAll(t, db) {
			if diff := cmp.Diff(before[name], answer); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// askAll asks the explorer by minute and hour, the analysis, and a rule's
// preview.
func (m *market) askAll(t *testing.T, db *DB) map[string]any {
	t.Helper()
	ctx, campaign := t.Context(), m.campaigns[0]
	clock := func() time.Time { return m.now }
	explorer := performance.NewExplorer(m.service, performance.NewSources(db.Sources(), clock))
	insight := analysis.NewService(m, m.service, clock)
	rules := rule.NewService(db.Rules(), db.Rules(), ruled{m}, db.Metrics(), db.Log(), []string{"SEARCH"}, clock)
	out := map[string]any{}
	keep := func(name string, answer any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = answer
	}
	old := m.now.Add(-9 * 24 * time.Hour)
	for _, granularity := range []string{"minute", "hour"} {
		q := performance.Query{From: old, To: old.Add(13 * time.Hour), Granularity: granularity}
		answer, err := explorer.Campaign(ctx, m.partner, campaign, q, false)
		if len(answer.Items) == 0 {
			t.Errorf("nothing by %s", granularity)
		}
		keep("explorer by "+granularity, answer.Items, err)
		q.GroupBy = []string{"channel", "device"}
		answer, err = explorer.Campaign(ctx, m.partner, campaign, q, false)
		keep("explorer by "+granularity+" and device", answer.Items, err)
	}
	comparison, err := insight.Compare(ctx, m.partner, campaign, analysis.CompareQuery{Period: "last_3_days", Dimension: "channel"})
	keep("comparison", comparison.Items, err)
	insights, err := insight.Insights(ctx, m.partner, campaign, analysis.AsOf{})
	keep("insights", insights.Items, err)
	preview, err := rules.Preview(ctx, m.origin(), rule.New("clicks", rule.Condition{
		Metric: "ctr", Operator: rule.Above, Threshold: &rule.Quantity{Micros: 10_000, Unit: rule.Fraction},
	}))
	if preview.Facts == 0 || preview.Fired == 0 {
		t.Errorf("the preview saw %d facts and fired %d times", preview.Facts, preview.Fired)
	}
	keep("preview", preview.Firings, err)
	return out
}
