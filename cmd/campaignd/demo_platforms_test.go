package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// playDemo starts the demo and waits until it invites; the caller is its manager.
func playDemo(t *testing.T, dir string) (*process, caller) {
	t.Helper()
	p := startAs(t, "demo", dir)
	eventually(t, "the demo invites", func() bool { return strings.Contains(p.stderr.String(), "Stop with Ctrl-C") })
	key := regexp.MustCompile(`Bearer (\S+?)"`).FindStringSubmatch(p.stderr.String())[1]
	manager := p.as(key)
	return p, manager
}

// placements are those of all connected accounts.
func (c caller) placements() (all []map[string]any) {
	c.t.Helper()
	for _, a := range c.must("GET", "/ad-accounts", nil)["items"].([]any) {
		id := a.(map[string]any)["id"].(string)
		for _, p := range c.must("GET", "/ad-accounts/"+id+"/placements", nil)["items"].([]any) {
			all = append(all, p.(map[string]any))
		}
	}
	return all
}

// objectsOf are everything that is placed, or is to be.
func objectsOf(placements []map[string]any) (all []map[string]any) {
	for _, p := range placements {
		for _, o := range p["objects"].([]any) {
			all = append(all, o.(map[string]any))
		}
	}
	return all
}

// created are the platforms' ids of everything that is placed.
func created(placements []map[string]any) map[string]bool {
	ids := map[string]bool{}
	for _, o := range objectsOf(placements) {
		if id, ok := o["external_id"].(string); ok {
			ids[id] = true
		}
	}
	return ids
}

// The demo has campaigns at both platforms, with weeks of delivery that was
// pulled and an ad that was rejected; started again on its data it finds them
// there and counts nothing twice.
func TestTheDemoRunsAtAdPlatforms(t *testing.T) {
	dir := t.TempDir()
	p, manager := playDemo(t, dir)
	placed := manager.placements()
	if len(placed) != 3 || placed[0]["platform"] == placed[2]["platform"] {
		t.Fatalf("placements: %v", placed)
	}
	eventually(t, "a rejected ad is shown", func() bool { return reviews(manager.placements())["rejected"] == 1 })
	eventually(t, "customers are given to both platforms to spare", func() bool { return members(manager.placements()) == 6000 })
	spent := map[string]float64{}
	since := time.Now().AddDate(0, 0, -20).UTC().Format(time.DateOnly) + "T00:00:00Z"
	for _, place := range placed {
		campaign := place["campaign_id"].(string)
		eventually(t, "weeks of delivery are pulled from "+place["platform"].(string), func() bool {
			return len(manager.must("GET", "/campaigns/"+campaign+"/metrics?granularity=day&from="+since, nil)["items"].([]any)) >= 20 && manager.pulled()
		})
		spent[campaign] = manager.totals(campaign)["impressions"].(float64)
	}
	before := created(manager.placements())
	p.kill()

	p, again := playDemo(t, dir)
	eventually(t, "delivery is pulled after the restart", again.pulled)
	after := created(again.placements())
	if len(before) == 0 || len(after) != len(before) {
		t.Errorf("%d objects became %d", len(before), len(after))
	}
	for campaign, impressions := range spent {
		// The hour under way is played anew, and goes on.
		if now := again.totals(campaign)["impressions"].(float64); now < impressions*0.98 || now > impressions*1.05 {
			t.Errorf("%v impressions became %v", impressions, now)
		}
	}
	t.Run("pages", p.keepsNobodyOut)
}

// pulled reports whether the last pull of every account has come to its end and
// brought something.
func (c caller) pulled() bool {
	c.t.Helper()
	for _, a := range c.must("GET", "/ad-accounts", nil)["items"].([]any) {
		account := a.(map[string]any)
		pull, _ := account["last_pull"].(map[string]any)
		if pull == nil || account["status"] != "connected" || pull["problem"] != nil || pull["rows"].(float64) == 0 {
			return false
		}
	}
	return true
}

// members counts people in audiences at the platforms.
func members(placements []map[string]any) (n float64) {
	for _, o := range objectsOf(placements) {
		if sent, ok := o["members"].(float64); ok {
			n += sent
		}
	}
	return n
}

// reviews counts objects by the platforms' judgement.
func reviews(placements []map[string]any) map[string]int {
	n := map[string]int{}
	for _, o := range objectsOf(placements) {
		if review, ok := o["review"].(string); ok {
			n[review]++
		}
	}
	return n
}
