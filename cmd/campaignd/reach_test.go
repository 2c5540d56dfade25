package main

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// shoppers is whom the campaigns that launch makes are for.
const shoppers = `{"locations":[{"country":"CO"}],"behaviors":["shoppers"]}`

// estimated is the middle of an estimate for them, and what it was before past
// estimates corrected it.
func (c caller) estimated() (mid, factor float64, basis string) {
	c.t.Helper()
	e := c.must("POST", "/reach-estimates", shoppers)
	for _, f := range e["factors"].([]any) {
		if f := f.(map[string]any); f["criterion"] == "past_estimates" {
			factor, basis = f["factor"].(float64), f["basis"].(string)
		}
	}
	return e["mid"].(float64), factor, basis
}

// finished runs a campaign whose delivery implies so many people, to its end.
// Impressions that fall on N people at random reach N(1-exp(-impressions/N)).
func (c caller) finished(people float64) (id string) {
	c.t.Helper()
	id = c.campaign("900.00", true)
	impressions := 2 * people
	c.must("POST", "/metrics", map[string]any{"events": []any{map[string]any{
		"event_id": "reach of " + id, "campaign_id": id, "occurred_at": time.Now().UTC().Format(time.RFC3339), "source": "meta_ads",
		"metrics": map[string]any{"impressions": int64(impressions), "reach": int64(people * -math.Expm1(-impressions/people))},
	}}})
	c.must("POST", "/campaigns/"+id+"/complete", map[string]any{"reason": "sold out"})
	return id
}

// lessons are what estimates of a partner are corrected by.
func (c caller) lessons() []any {
	c.t.Helper()
	return c.must("GET", "/reach-calibration", nil)["applied"].([]any)
}

// Estimates are held against what campaigns reach, and the sixth is better for
// the five before it: by as much as they say, and of one partner only.
func TestTheSixthEstimateLearnsFromFiveCampaigns(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	_, manager := p.partner()
	_, stranger := p.partner()
	before, factor, _ := manager.estimated()
	if factor != 0 || len(manager.lessons()) != 0 {
		t.Fatalf("learned of nothing: %v", factor)
	}
	var from []string
	for i, part := range []float64{0.4, 0.5, 0.5, 0.5, 0.625} {
		if i == 4 {
			eventually(t, "four are held against their estimates", func() bool {
				return manager.must("GET", "/reach-calibration", nil)["judged"].(float64) == 4
			})
			if mid, factor, _ := manager.estimated(); mid != before || factor != 0 || len(manager.lessons()) != 0 {
				t.Errorf("four campaigns move the estimate from %v to %v by %v", before, mid, factor)
			}
		}
		from = append(from, manager.finished(before*part))
	}
	eventually(t, "five teach", func() bool { return len(manager.lessons()) == 1 })
	lesson := manager.lessons()[0].(map[string]any)
	if got := lesson["campaigns"].(float64); got != 5 || lesson["method"] != "population_shares" || len(lesson["networks"].([]any)) != 0 {
		t.Errorf("%v", lesson)
	}
	for _, id := range from {
		if !strings.Contains(fmt.Sprint(lesson["campaign_ids"]), id) {
			t.Errorf("%s is not among %v", id, lesson["campaign_ids"])
		}
	}
	// The mean of the logarithms is that of a half; five that hardly differ are
	// drawn towards 1 by little.
	by := lesson["factor"].(float64)
	if by < 0.5 || by > 0.51 {
		t.Errorf("the factor is %v", by)
	}
	check := func(when string, manager, stranger caller) {
		t.Helper()
		if mid, factor, basis := manager.estimated(); factor != by || math.Abs(mid-before*by) > 1 || !strings.Contains(basis, "5 finished campaigns") {
			t.Errorf("%s: %v became %v by %v: %s", when, before, mid, factor, basis)
		}
		if mid, factor, _ := stranger.estimated(); mid != before || factor != 0 || len(stranger.lessons()) != 0 {
			t.Errorf("%s: another partner's estimate is %v after %v, by %v", when, mid, before, factor)
		}
	}
	check("at once", manager, stranger)
	p.kill()
	again := start(t, dir)
	check("after a crash", again.as(manager.key), again.as(stranger.key))
}
