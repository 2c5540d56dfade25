package sandbox

import (
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// placeDaily makes campaigns with a daily budget of 100 and ads that run, one at
// each platform.
func (s *Sandbox) placeDaily(until time.Time) (all map[string]*thing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts["meta:1000200030004000"]
	c := s.add(a, "campaign", nil, map[string]any{"name": "Boots", "status": "ACTIVE", "daily_budget": 10_000.0})
	set := s.add(a, "ad_set", c, map[string]any{"name": "Set", "status": "ACTIVE", "end_time": until.Format(time.RFC3339)})
	all = map[string]*thing{"meta": c}
	ads := []*thing{s.add(a, "ad", set, map[string]any{"name": "Summit", "status": "ACTIVE"})}
	a = s.accounts["google:1234567890"]
	budget := s.add(a, "budget", nil, map[string]any{"name": "Daily", "amountMicros": "100000000"})
	c = s.add(a, "campaign", nil, map[string]any{
		"name": "Boots", "status": "ENABLED", "advertisingChannelType": "SEARCH", "campaignBudget": budget.resource(),
		"endDateTime": until.In(a.zone).Format("2006-01-02 15:04:05"), "targetSpend": map[string]any{},
	})
	group := s.add(a, "ad_group", c, map[string]any{"name": "Group", "status": "ENABLED"})
	ads = append(ads, s.add(a, "ad", group, map[string]any{"name": "Summit", "status": "ENABLED"}))
	for _, ad := range ads {
		ad.rejected = ""
	}
	all["google"] = c
	return all
}

// Platforms spend more than the budget of a day on a good one, and never more than
// they announce: Meta a quarter more on a day, Google twice on a day and 30.4 times
// in a month. Also what a day has spent is corrected later, mostly downwards.
func TestPlatformsOverdeliverAsTheyAnnounce(t *testing.T) {
	at := time.Date(2026, 5, 1, 5, 0, 0, 0, time.UTC) // midnight in Bogotá
	s := New(Config{Seed: 1, Now: func() time.Time { return at }, Review: time.Minute})
	placed := s.placeDaily(at.AddDate(0, 3, 0))
	first := localday.Of(at, placed["meta"].account.zone)
	early := map[string]map[localday.Day]int64{"meta": {}, "google": {}}
	for d := range localday.Day(61) { // May and June
		s.Advance(24 * time.Hour)
		for platform, c := range placed {
			early[platform][first+d] = c.flight.spent[first+d]
		}
	}
	for platform, announced := range map[string]float64{"meta": 1.25, "google": 2} {
		f := placed[platform].flight
		over, lower, sum, months := 0, 0, 0.0, map[string]float64{}
		for d := first; d < first+61; d++ {
			spent := float64(f.spent[d]) / 1e6
			if spent > 100 {
				over++
			}
			if spent > 100*announced {
				t.Errorf("%s spends %.2f of 100 on %s", platform, spent, d)
			}
			if f.spent[d] < early[platform][d] {
				lower++
			}
			sum, months[d.String()[:7]] = sum+spent, months[d.String()[:7]]+spent
		}
		if over < 10 || sum < 61*85 {
			t.Errorf("%s spends more than the budget on %d days of 61, and %.2f in all", platform, over, sum)
		}
		if lower == 0 {
			t.Errorf("%s takes nothing back of a day that is over", platform)
		}
		if platform == "google" && (months["2026-05"] > 3040 || months["2026-06"] > 3040) {
			t.Errorf("Google spends %v in the months of a budget of 100 a day", months)
		}
	}
}
