package main

import (
	"fmt"
	"testing"
	"time"
)

// What Google announces to spend beyond a daily limit is worth a note; what
// nobody announces has to be looked into, and makes the same alert graver.
func TestAbnormalOverdeliveryIsToldFromWhatPlatformsAnnounce(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	id := manager.must("POST", "/campaigns", map[string]any{
		"name": "Daily", "type": "SEARCH", "objective": "CONVERSIONS", "timezone": "UTC", "channels": []string{"search"},
		"goals": map[string]any{"target_metrics": map[string]any{"conversions": 10}}, "budget": map[string]any{"amount": "100.00", "currency": "USD", "kind": "daily"},
	})["id"].(string)
	day := time.Now().UTC().AddDate(0, 0, -1)
	report := func(event, spend string) {
		manager.must("POST", "/metrics", fmt.Sprintf(`{"events":[{"event_id":%q,"campaign_id":%q,"occurred_at":%q,"source":"google_ads","metrics":{"spend":%q}}]}`,
			event, id, day.Format(time.RFC3339), spend))
	}
	alert := func(severity string, abnormal bool) func() bool {
		return func() bool {
			for _, x := range manager.must("GET", "/alerts?campaign_id="+id, nil)["items"].([]any) {
				a := x.(map[string]any)
				if a["kind"] == "overdelivery" && a["severity"] == severity && a["facts"].(map[string]any)["abnormal"] == abnormal {
					return true
				}
			}
			return false
		}
	}
	report("first", "180.00")
	eventually(t, "the alert says that it is announced", alert("LOW", false))
	// Without dates a daily budget's plan is today, of which nothing is spent.
	ahead := manager.must("GET", "/budgets/"+manager.must("GET", "/campaigns/"+id+"/budget", nil)["id"].(string)+"/forecast", nil)
	if limit, spent := ahead["limit"].(map[string]any)["amount"], ahead["spent"].(map[string]any)["amount"]; limit != "100.00" || spent != "0.00" || len(ahead["days"].([]any)) != 1 {
		t.Errorf("%v of %v is spent over %d days", spent, limit, len(ahead["days"].([]any)))
	}
	report("second", "20.01")
	eventually(t, "the alert says that it is not", alert("HIGH", true))
}

// Who raises a limit has answered the alert about what was spent of it, also
// when lower thresholds are still reached: those are not told again.
func TestARaisedLimitEndsTheAlertThatItAnswers(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	budget := "/budgets/" + manager.must("GET", "/campaigns/"+manager.campaign("100.00", true)+"/budget", nil)["id"].(string)
	manager.must("POST", budget+"/spend", map[string]any{"spend_id": "1", "amount": "95.00"})
	alerts := func(state, title string) func() bool {
		return func() bool {
			items := manager.must("GET", "/alerts?kind=budget_threshold", nil)["items"].([]any)
			if len(items) != 1 {
				return false
			}
			a := items[0].(map[string]any)
			return a["state"] == state && a["title"] == title
		}
	}
	eventually(t, "three thresholds are one alert", alerts("FIRING", "90 % of the budget is spent"))
	manager.must("PATCH", budget, map[string]any{"limit": "101.00"}, "If-Match", "*")
	manager.must("PATCH", budget, map[string]any{"limit": "119.00"}, "If-Match", "*")
	eventually(t, "90 % are no longer spent", alerts("RESOLVED", "90 % of the budget is spent"))
	manager.must("POST", budget+"/spend", map[string]any{"spend_id": "2", "amount": "14.00"})
	eventually(t, "they are again", func() bool {
		items := manager.must("GET", "/alerts?kind=budget_threshold&state=FIRING", nil)["items"].([]any)
		return len(items) == 1 && items[0].(map[string]any)["title"] == "90 % of the budget is spent"
	})
}
