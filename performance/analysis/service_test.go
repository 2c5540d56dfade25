package analysis

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// made is a campaign with a fact on each of its last n complete local days.
type made struct {
	zone  *time.Location
	today localday.Day
	n     int
}

func (m made) Subjects(_ context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	return map[uuid.UUID]performance.Subject{ids[0]: {Partner: partner, Campaign: ids[0], Currency: "USD", Zone: m.zone}}, nil
}

func (m made) Metrics(_ context.Context, _, _ uuid.UUID, q performance.Query) (performance.Result, error) {
	var items []performance.Item
	for d := m.today - localday.Day(m.n); d < m.today; d++ {
		from, to := localday.Bounds(d, m.zone)
		if from.Before(q.From) || to.After(q.To) {
			continue
		}
		level := int64(1000 + 300*math.Sin(float64(d)) - 400*float64(int(d%7)/5))
		item := performance.Item{From: from, To: to, Group: map[string]string{"channel": "search"}}
		item.Metrics = performance.Metrics{Impressions: 20 * level, Clicks: level / 2, Conversions: level / 20, Spend: level * money.Unit / 10, Revenue: level * money.Unit / 2}
		items = append(items, item)
	}
	return performance.Result{KnownAt: time.Unix(1, 0), Items: items}, nil
}

// madeService is a service over it in a zone, as of noon of a date.
func madeService(t testing.TB, zone, date string, n int) *Service {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	today, err := localday.Parse(date)
	if err != nil {
		t.Fatal(err)
	}
	from, _ := localday.Bounds(today, loc)
	m := made{loc, today, n}
	return NewService(m, m, func() time.Time { return from.Add(12 * time.Hour) })
}

// Days stay days where clocks change and where a date was skipped.
func TestDaysWhereClocksChange(t *testing.T) {
	for zone, date := range map[string]string{"Europe/Madrid": "2026-03-31", "America/Santiago": "2026-09-10", "America/New_York": "2026-11-03"} {
		s := madeService(t, zone, date, 40)
		got, err := s.Trends(t.Context(), uuid.New(), uuid.New(), "clicks", 28, AsOf{})
		if err != nil || len(got.Items) != 1 || len(got.Items[0].Points) != 28 || got.Items[0].Days != 28 {
			t.Fatalf("%s: %+v, %v", zone, got, err)
		}
		for i, p := range got.Items[0].Points {
			if !p.Defined() || p.Micros <= 0 || p.Day != got.First+localday.Day(i) {
				t.Errorf("%s: day %d is %+v", zone, i, p)
			}
		}
		c, err := s.Compare(t.Context(), uuid.New(), uuid.New(), CompareQuery{Period: "last_7_days", Dimension: "channel"})
		if err != nil || !c.Weekday || c.Items[0].PerDay {
			t.Errorf("%s: %+v, %v", zone, c.Alignment, err)
		}
	}
}

func TestOutlooksHaveTheDaysAskedFor(t *testing.T) {
	s := madeService(t, "America/Bogota", "2026-11-25", 60)
	for _, days := range []int{1, 7, 90} {
		o, err := s.Outlook(t.Context(), uuid.New(), uuid.New(), days, AsOf{})
		if err != nil || o.Confidence == forecast.Low || len(o.Items) != len(outlookMetrics) {
			t.Fatalf("%d days: %s, %v", days, o.Confidence, err)
		}
		for _, p := range o.Items {
			sum := int64(0)
			for _, e := range p.Points {
				sum += e.Mid.Micros
				if e.Low95.Micros < 0 || e.Low95.Micros > e.Low80.Micros || e.Low80.Micros > e.Mid.Micros || e.Mid.Micros > e.High80.Micros || e.High80.Micros > e.High95.Micros {
					t.Errorf("%s on %s: %+v", p.Metric, e.Day, e.Range)
				}
			}
			if len(p.Points) != days || p.Points[0].Day != o.First || sum != p.Total.Mid.Micros {
				t.Errorf("%s over %d days: %d points, %d of %d", p.Metric, days, len(p.Points), sum, p.Total.Mid.Micros)
			}
		}
	}
	for n, want := range map[int]error{0: ErrTooLittle, 1: ErrTooLittle, 2: nil, 4: nil} {
		o, err := madeService(t, "UTC", "2026-11-25", n).Outlook(t.Context(), uuid.New(), uuid.New(), 7, AsOf{})
		if !errors.Is(err, want) || err == nil && o.Confidence != forecast.Low {
			t.Errorf("%d days: %s, %v", n, o.Confidence, err)
		}
	}
}

// BenchmarkAnswers is what each answer costs beside its queries, on half a year.
func BenchmarkAnswers(b *testing.B) {
	s := madeService(b, "America/Bogota", "2026-11-25", 400)
	for name, ask := range map[string]func() error{
		"trends":   func() error { _, err := s.Trends(b.Context(), uuid.Nil, uuid.Nil, "", 28, AsOf{}); return err },
		"year":     func() error { _, err := s.Trends(b.Context(), uuid.Nil, uuid.Nil, "", 365, AsOf{}); return err },
		"insights": func() error { _, err := s.Insights(b.Context(), uuid.Nil, uuid.Nil, AsOf{}); return err },
		"forecast": func() error { _, err := s.Outlook(b.Context(), uuid.Nil, uuid.Nil, 7, AsOf{}); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
