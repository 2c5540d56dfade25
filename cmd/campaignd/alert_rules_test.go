package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

// deliver posts one fact of today.
func (c caller) deliver(id string, impressions, clicks int) {
	c.t.Helper()
	fact := map[string]any{
		"event_id": uuid.NewString(), "campaign_id": id, "occurred_at": time.Now().UTC().Format(time.RFC3339Nano), "channel": "display",
		"metrics": map[string]any{"impressions": impressions, "clicks": clicks},
	}
	if got := c.must("POST", "/metrics", map[string]any{"events": []any{fact}}); got["accepted"] != 1.0 {
		c.t.Fatalf("delivered: %v", got)
	}
}

// alertsOf are a campaign's alerts of one rule, the newest first.
func (c caller) alertsOf(id, rule string) (all []map[string]any) {
	c.t.Helper()
	for _, x := range c.must("GET", "/alerts?campaign_id="+id+"&rule_id="+rule, nil)["items"].([]any) {
		all = append(all, x.(map[string]any))
	}
	return all
}

// TestAlertRuleFromMakingToResolution takes a rule through its life over HTTP:
// it fires within a second of the fact that crosses it, once, on the live stream
// and in the list; it recovers, and does not fire again within its cooldown; and
// a restart, or another node, neither loses nor repeats anything.
func TestAlertRuleFromMakingToResolution(t *testing.T) {
	t.Run("one node", func(t *testing.T) {
		dir := t.TempDir()
		p := start(t, dir)
		ruleLife(t, p, func() *process { p.kill(); return start(t, dir) })
	})
	t.Run("two nodes", func(t *testing.T) {
		database := testenv.Postgres(t)
		p, other := start(t, t.TempDir(), "--database", database), start(t, t.TempDir(), "--database", database)
		ruleLife(t, p, func() *process { p.kill(); return other })
	})
}

func ruleLife(t *testing.T, p *process, after func() *process) {
	_, manager := p.partner()
	id := manager.campaign("1000.00", true)
	made := manager.must("POST", "/alert-rules", map[string]any{
		"name": "CTR too low", "severity": "HIGH", "window": map[string]any{"kind": "life"}, // no midnight in this test
		"condition": map[string]any{"metric": "ctr", "operator": "below", "threshold": map[string]any{"value": "1.0", "unit": "percent"}},
		"scope":     map[string]any{"campaigns": []string{id}},
	})
	rule := made["id"].(string)
	threshold := made["condition"].(map[string]any)["threshold"]
	if fmt.Sprint(threshold) != "map[unit:fraction value:0.01]" || made["minimum_sample"] != 1000.0 || made["cooldown_minutes"] != 360.0 {
		t.Errorf("made: %v", made)
	}
	messages := watch(t, manager, id)
	manager.deliver(id, 900, 0) // below the minimum sample
	manager.deliver(id, 1100, 100)
	manager.deliver(id, 18_000, 0)
	var fired map[string]any
	awaitMessage(t, messages, "alert", func(data map[string]any) bool { fired = data; return data["event"] == "alert.raised" })
	if fired["rule_id"] != rule || fired["kind"] != "rule" || fired["severity"] != "HIGH" {
		t.Errorf("fired: %v", fired)
	}
	facts := fired["facts"].(map[string]any)
	if fmt.Sprint(facts["observed"]) != "map[unit:fraction value:0.005]" || facts["sample"] != 20000.0 || facts["sample_of"] != "impressions" {
		t.Errorf("evidence: %v", facts)
	}
	open := manager.alertsOf(id, rule)
	if len(open) != 1 || open[0]["state"] != "FIRING" {
		t.Fatalf("alerts: %v", open)
	}
	alert := open[0]["id"].(string)
	seen := manager.must("POST", "/alerts/"+alert+"/acknowledge", map[string]any{"note": "new creatives tonight"})
	if seen["state"] != "ACKNOWLEDGED" || seen["note"] != "new creatives tonight" {
		t.Errorf("acknowledged: %v", seen)
	}
	if got := manager.must("GET", "/alert-rules/"+rule, nil)["state"].(map[string]any); got["status"] != "firing" || got["firing"] != 1.0 {
		t.Errorf("the rule's state is %v", got)
	}

	manager.url = after().url
	manager.deliver(id, 100, 100) // 0.995 %
	manager.deliver(id, 100, 100) // 1.485 %: over the threshold by more than the hysteresis of 5 %
	eventually(t, "the alert is resolved", func() bool { return manager.alertsOf(id, rule)[0]["state"] == "RESOLVED" })
	manager.deliver(id, 100_000, 0) // crosses again, within the cooldown
	eventually(t, "the rule cools down", func() bool {
		return manager.must("GET", "/alert-rules/"+rule, nil)["state"].(map[string]any)["status"] == "cooling_down"
	})
	history := manager.must("GET", "/alerts/"+alert+"/history", nil)["items"].([]any)
	var types []any
	for _, x := range history {
		types = append(types, x.(map[string]any)["type"])
	}
	if fmt.Sprint(types) != "[alert.raised alert.acknowledged alert.resolved]" {
		t.Errorf("history: %v", types)
	}
	preview := manager.must("POST", "/alert-rules/"+rule+"/preview", nil)
	if preview["fired"] != 1.0 || preview["facts"] != 6.0 {
		t.Errorf("preview: %v", preview)
	}
	if got := manager.alertsOf(id, rule); len(got) != 1 || got[0]["note"] != "recovered" {
		t.Errorf("alerts in the end: %v", got)
	}
	// A changed rule is armed anew, and says at once where it is already so.
	manager.must("PATCH", "/alert-rules/"+rule, map[string]any{"cooldown_minutes": 0}, "If-Match", manager.etag("/alert-rules/"+rule))
	eventually(t, "the changed rule fires", func() bool { return len(manager.alertsOf(id, rule)) == 2 })
	if status, answer, err := manager.try("DELETE", "/alert-rules/"+rule, nil, "If-Match", "*"); status != http.StatusNoContent {
		t.Fatalf("deleted: %d %s %v", status, answer, err)
	}
	eventually(t, "the deleted rule's alert ends", func() bool {
		a := manager.alertsOf(id, rule)[0]
		return a["state"] == "RESOLVED" && a["note"] == "rule_deleted"
	})
}
