package market

import (
	"math"
	"testing"
)

// A platform reports reach once a day: it never falls, stays below the people
// there are, and is what the impressions so far have met at random.
func TestReachIsReportedByTheDay(t *testing.T) {
	p := scenario(bogota(t))[1]
	from := begun.Add(p.start)
	m := p.modelFrom(begun)
	a := NewAuction(m, 7)
	delivered := a.History(from, begun)
	reports := a.Reached(delivered, from, begun)
	if days := int(begun.Sub(from)/day) + 1; len(reports) < days-1 || len(reports) > days {
		t.Errorf("%d reports of %d days", len(reports), days)
	}
	last := int64(0)
	for _, r := range reports {
		if r.Reach < last || float64(r.Reach) >= m.People || r.Impressions+r.Spend != 0 || !r.At.Before(begun) {
			t.Errorf("%+v after %d people", r, last)
		}
		last = r.Reach
	}
	shown := 0.0
	for _, d := range delivered {
		shown += float64(d.Impressions)
	}
	if want := m.People * -math.Expm1(-shown/m.People); math.Abs(float64(last)/want-1) > 0.01 {
		t.Errorf("%d people, want %.0f", last, want)
	}
	m.People = 0
	if got := NewAuction(m, 7).Reached(delivered, from, begun); got != nil {
		t.Errorf("reach of nobody: %v", got)
	}
}
