package optimization

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

func (s *street) review(t *testing.T, id uuid.UUID) map[Area]Reviewed {
	t.Helper()
	r, err := NewExaminer(s, s, s, func() time.Time { return at }).Review(t.Context(), uuid.Nil, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	areas := map[Area]Reviewed{}
	for _, a := range r.Areas {
		areas[a.Area] = a
		for _, language := range []string{"en", "es", "fr"} {
			if text := a.Say(Plain(language), r.Currency); text == "" || strings.ContainsAny(text, "{}") {
				t.Errorf("%s, %s in %s: %q", a.Area, a.Reason, language, text)
			}
		}
	}
	return areas
}

// TestAReviewSaysHowEveryAreaStands: what is fine and what too little is known of
// is said as well as what is not.
func TestAReviewSaysHowEveryAreaStands(t *testing.T) {
	goal := func(cpa int64) campaigns.Goals {
		return campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricCPA, Quantity: campaigns.Quantity{Micros: cpa * money.Unit}}}}
	}
	bid := money.New(money.Unit, "USD")
	for name, tt := range map[string]struct {
		change func(*shop)
		want   map[Area]string // standing and reason
	}{
		"as it should be":       {func(x *shop) { x.campaign.Goals, x.spends = goal(1000), 0.8 }, map[Area]string{Efficiency: "fine within", Pacing: "fine within", Engagement: "too_little sample", Bids: "no_goal no_bid", Creatives: "too_little sample"}},
		"too dear":              {func(x *shop) { x.campaign.Goals = goal(1) }, map[Area]string{Efficiency: "attention worse"}},
		"no goal":               {func(*shop) {}, map[Area]string{Efficiency: "no_goal goal"}},
		"half of it":            {func(x *shop) { x.spends = 0.5 }, map[Area]string{Pacing: "attention under"}},
		"hardly anything comes": {func(x *shop) { x.most, x.spends = 0.5, 0.01 }, map[Area]string{Efficiency: "too_little sample"}},
		"a bid that is too high": {func(x *shop) {
			x.campaign.Goals = goal(1)
			x.campaign.Targeting = &targeting.Configuration{BidStrategy: &targeting.BidStrategy{Type: targeting.BidManualCPC, Amount: &bid}}
		}, map[Area]string{Bids: "attention suggested"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &street{}
			x := s.opened("Cumbre", 100, 200, 60)
			tt.change(x)
			got := s.review(t, x.campaign.ID)
			if len(got) != 6 {
				t.Errorf("%d areas", len(got))
			}
			for area, want := range tt.want {
				if a := got[area]; string(a.Standing)+" "+a.Reason != want || a.Minimum <= 0 {
					t.Errorf("%s: %+v %+v, want %s", area, a, a.Value, want)
				}
			}
		})
	}
}

func TestACampaignThatDoesNotRunHasNoReview(t *testing.T) {
	s := &street{}
	x := s.opened("Cumbre", 100, 200, 60)
	x.campaign.LaunchedAt = nil
	if got := s.review(t, x.campaign.ID); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestTheCostOfAResultHasAnInterval: Gamma(n + 1/2) holds the number of results,
// so that few of them leave the cost wide open, and many close.
func TestTheCostOfAResultHasAnInterval(t *testing.T) {
	for results, want := range map[int64]float64{4: 3.6, 100: 1.30, 10_000: 1.03} { // high over low
		e := perResult(results*5*money.Unit, results)
		if math.Abs(e.Value-5) > 1e-9 || e.Low >= 5 || e.High <= 5 || math.Abs(e.High/e.Low/want-1) > 0.05 {
			t.Errorf("%d results: %+v, %.3f", results, e, e.High/e.Low)
		}
	}
	if perResult(100, 0) != nil || perResult(0, 3) != nil || perChance(1, 0) != nil {
		t.Error("nothing is divided by nothing")
	}
}
