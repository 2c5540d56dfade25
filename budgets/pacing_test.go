package budgets_test

import (
	"math"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
)

func TestPace(t *testing.T) {
	from, to := noon, noon.Add(100*time.Hour)
	for _, c := range []struct {
		why            string
		settled        int64
		now            time.Time
		index          float64 // NaN: unknown
		status, reason string
	}{
		{"before", 0, from.Add(-time.Hour), math.NaN(), "unknown", "not_started"},
		{"at the start", 0, from, math.NaN(), "unknown", "not_started"},
		{"nothing delivered", 0, from.Add(time.Hour), 0, "behind", ""},
		{"on track", 50, from.Add(50 * time.Hour), 1, "on_track", ""},
		{"just within the band", 45, from.Add(50 * time.Hour), 0.9, "on_track", ""},
		{"behind", 44, from.Add(50 * time.Hour), 0.88, "behind", ""},
		{"ahead", 60, from.Add(50 * time.Hour), 1.2, "ahead", ""},
		{"over", 80, to.Add(time.Hour), 0.8, "behind", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			p := budgets.Pace(pacing.Curve{}, c.settled, 100, c.now, from, to)
			if p.Status != c.status || p.Reason != c.reason {
				t.Errorf("got %s %q, want %s %q", p.Status, p.Reason, c.status, c.reason)
			}
			if (p.Index == nil) != math.IsNaN(c.index) || p.Index != nil && math.Abs(*p.Index-c.index) > 1e-12 {
				t.Errorf("index %v, want %v", p.Index, c.index)
			}
		})
	}
}

func TestPaceWithoutAPeriodIsUnknown(t *testing.T) {
	for _, p := range []budgets.Pacing{
		budgets.Pace(pacing.Curve{}, 10, 100, noon, noon, noon),
		budgets.Pace(pacing.Curve{}, 10, 0, noon, noon.Add(-time.Hour), noon),
		open(t, request(budgets.KindTotal)).Pacing(noon, nil, nil),
		open(t, request(budgets.KindTotal)).Pacing(noon, &noon, nil),
	} {
		if p.Index != nil || p.Status != "unknown" || p.Reason != "no_schedule" {
			t.Errorf("got %+v", p)
		}
	}
}

func TestPacingOfATotalBudgetFollowsTheSchedule(t *testing.T) {
	b := open(t, request(budgets.KindTotal))
	settle(t, b, today, 25)
	p := b.Pacing(noon.Add(time.Hour), &noon, new(noon.Add(4*time.Hour)))
	if p.Index == nil || *p.Index != 1 || !p.From.Equal(noon) {
		t.Errorf("got %+v", p)
	}
}

// noon is 12:00 in Bogota: half of the day has passed.
func TestPacingOfADailyBudgetFollowsTheLocalDay(t *testing.T) {
	b := open(t, request(budgets.KindDaily))
	settle(t, b, today-1, 100)
	settle(t, b, today, 60)
	if p := b.Pacing(noon, nil, nil); p.Index == nil || *p.Index != 1.2 || p.Status != "ahead" {
		t.Errorf("got %+v", p)
	}
	if p := b.Pacing(noon.Add(24*time.Hour), nil, nil); p.Index == nil || *p.Index != 0 {
		t.Errorf("the next day has its own pace: %+v", p)
	}
}
