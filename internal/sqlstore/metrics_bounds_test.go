package sqlstore

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/performance"
)

// TestAnswersAreBounded: many values and long ranges are answered or refused
// with a reason, before and after a merge.
func TestAnswersAreBounded(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		const ads = performance.MaxItems + 500
		var batch []performance.Event
		for i := range ads {
			e := m.delivery(0, time.Duration(i)*time.Minute)
			e.Ad, e.Country = fmt.Sprintf("ad-%05d", i), []string{"MX", "CO"}[i%2]
			batch = append(batch, e)
		}
		m.record(t, batch...)
		hour, decade := m.now.Truncate(time.Hour), m.now.AddDate(-10, 0, 0)
		for _, merged := range []bool{false, true} {
			if merged {
				mergeSome(t, db)
			}
			for _, tt := range []struct {
				name  string
				q     performance.Query
				items int // 0: refused
			}{
				{"a thousand values", performance.Query{GroupBy: []string{"ad"}, From: hour.Add(-1000 * time.Minute), To: hour}, 1000},
				{"too many values", performance.Query{GroupBy: []string{"ad"}}, 0},
				{"too many values by day", performance.Query{Granularity: "day", GroupBy: []string{"ad", "country"}, From: decade, To: m.now}, 0},
				{"ten years by day", performance.Query{Granularity: "day", From: decade, To: m.now}, 8},
				{"ten years as known now", performance.Query{GroupBy: []string{"country"}, From: decade, At: m.now}, 2},
				{"ten years by hour", performance.Query{Granularity: "hour", From: decade, To: m.now}, 0},
				{"ten years by minute", performance.Query{Granularity: "minute", From: decade, To: m.now, At: m.now}, 0},
				{"backwards", performance.Query{From: m.now, To: m.now.Add(-time.Hour)}, 0},
				{"before everything", performance.Query{At: decade}, 1},
				{"before anything was known", performance.Query{KnownAt: decade, GroupBy: []string{"ad"}}, -1},
			} {
				got, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], tt.q)
				if tt.items == 0 && !errors.Is(err, performance.ErrRange) || tt.items != 0 && (err != nil || len(got.Items) != max(tt.items, 0)) {
					t.Errorf("%s, merged %v: %d items, %v", tt.name, merged, len(got.Items), err)
				}
			}
		}
		if _, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], performance.Query{GroupBy: []string{"ad", "ad"}}); !errors.Is(err, performance.ErrGroupBy) {
			t.Errorf("a dimension twice: %v", err)
		}
	})
}
