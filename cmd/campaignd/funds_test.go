package main

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// payInSimulation pays an amount in, and waits until it has arrived.
func (c caller) payInSimulation(amount any) {
	c.t.Helper()
	p := c.must("POST", "/payments", map[string]any{"provider": "simulated", "amount": amount})
	resp, err := http.PostForm(p["action_url"].(string), url.Values{"outcome": {"pay"}})
	if err != nil {
		c.t.Fatal(err)
	}
	_ = resp.Body.Close()
	eventually(c.t, "it is paid", func() bool { return c.must("GET", "/payments/"+p["id"].(string), nil)["state"] == "succeeded" })
}

// A partner that pays in advance is told before its money is used up; then what
// delivers in that currency is paused, and goes on by itself once somebody has
// paid in. What a person has paused, and other partners' campaigns, are left as
// they are.
func TestABalanceThatRunsOut(t *testing.T) {
	p := start(t, t.TempDir(), "--payments-simulated")
	partner, manager := p.partner()
	admin := p.as(adminKey)
	admin.must("PATCH", "/partners/"+partner, map[string]any{"contract": map[string]any{"prepaid": true}}, "If-Match", admin.etag("/partners/"+partner))
	finance := p.as(admin.must("POST", "/partners/"+partner+"/keys", map[string]any{"role": "finance"})["key"].(string))
	finance.payInSimulation("50.00")
	finance.payInSimulation(map[string]string{"amount": "20.00", "currency": "EUR"})
	id, second := manager.campaign("100.00", true), manager.campaign("10.00", true) // over ten days
	byHand, euros := manager.campaign("10.00", true), manager.draft("EUR", "10.00")
	manager.launch(euros)
	manager.must("POST", "/campaigns/"+byHand+"/pause", map[string]any{"reason": "not this week"})
	_, onAccount := p.partner()
	theirs := onAccount.campaign("100.00", true)
	alert := func(kind, state string) func() bool {
		return func() bool {
			items := manager.must("GET", "/alerts?kind="+kind, nil)["items"].([]any)
			return len(items) == 1 && items[0].(map[string]any)["state"] == state
		}
	}
	day := time.Now().Add(-30 * time.Hour).UTC().Format(time.RFC3339) // a complete one, whenever this runs
	spend := func(event, amount string) {
		manager.must("POST", "/metrics", `{"events":[{"event_id":"`+event+`","campaign_id":"`+id+`","occurred_at":"`+day+`","metrics":{"spend":"`+amount+`"}}]}`)
	}
	spend("first", "30.00")
	eventually(t, "20.00 are less than a day", alert("funds_low", "FIRING"))
	spend("second", "20.00")
	eventually(t, "nothing is left", alert("funds_exhausted", "FIRING"))
	because := func(id string) any { return manager.must("GET", "/campaigns/"+id, nil)["paused_because"] }
	eventually(t, "the campaigns are paused", func() bool { return because(id) == "FUNDS_EXHAUSTED" && because(second) == "FUNDS_EXHAUSTED" })
	if manager.status(euros) != "ACTIVE" || onAccount.status(theirs) != "ACTIVE" || because(byHand) != "not this week" {
		t.Errorf("in euros %s, another's %s, paused by a person: %v", manager.status(euros), onAccount.status(theirs), because(byHand))
	}
	if status, body, err := manager.try("POST", "/campaigns/"+id+"/resume", nil); err != nil || status != http.StatusConflict {
		t.Errorf("resumed without money: %d %s %v", status, body, err)
	}
	limited := func(most any) {
		admin.must("PATCH", "/partners/"+partner, map[string]any{"limits": map[string]any{"active_campaigns": most}}, "If-Match", admin.etag("/partners/"+partner))
	}
	limited(2) // the one in euros, and one more
	finance.payInSimulation("60.00")
	eventually(t, "it is over", alert("funds_exhausted", "RESOLVED"))
	eventually(t, "and so is what came before", alert("funds_low", "RESOLVED"))
	line := finance.must("GET", "/balance", nil)["items"].([]any)[1].(map[string]any) // after the euros
	if line["level"] != "enough" || line["days_left"] != 1.2 || line["daily_spend"].(map[string]any)["amount"] != "50.00" {
		t.Errorf("balance: %v", line)
	}
	waits := second
	eventually(t, "what may go on goes on by itself", func() bool {
		if manager.status(second) == "ACTIVE" {
			waits = id
		}
		return manager.status(id) == "ACTIVE" || manager.status(second) == "ACTIVE"
	})
	if because(waits) != "FUNDS_EXHAUSTED" || because(byHand) != "not this week" {
		t.Errorf("the one without room: %v; paused by a person: %v", because(waits), because(byHand))
	}
	limited(nil)
	if got := manager.must("POST", "/campaigns/"+waits+"/resume", nil)["status"]; got != "ACTIVE" {
		t.Errorf("resumed: %v", got)
	}
	if status, figures := opsAnswer(t, p, "/metrics"); status != http.StatusOK || !strings.Contains(figures, `campaignd_payments_open{state="unknown"} 0`) {
		t.Errorf("no gauge of open payments: %d", status)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"payments", "list", "--state", "succeeded", "--url", p.url, "--key", adminKey}, &out, &out); code != 0 || strings.Count(out.String(), "succeeded") != 3 || !strings.Contains(out.String(), "60.00 USD") {
		t.Errorf("payments list: %d %s", code, out.String())
	}
}
