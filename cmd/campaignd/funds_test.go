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
func (c caller) payInSimulation(amount string) {
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
// delivers is paused, until somebody has paid in and resumes it.
func TestABalanceThatRunsOut(t *testing.T) {
	p := start(t, t.TempDir(), "--payments-simulated")
	partner, manager := p.partner()
	admin := p.as(adminKey)
	admin.must("PATCH", "/partners/"+partner, map[string]any{"contract": map[string]any{"prepaid": true}}, "If-Match", admin.etag("/partners/"+partner))
	finance := p.as(admin.must("POST", "/partners/"+partner+"/keys", map[string]any{"role": "finance"})["key"].(string))
	finance.payInSimulation("50.00")
	id := manager.campaign("100.00", true) // over ten days
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
	eventually(t, "the campaign is paused", func() bool { return manager.status(id) == "PAUSED" })
	if got := manager.must("GET", "/campaigns/"+id, nil)["paused_because"]; got != "FUNDS_EXHAUSTED" {
		t.Errorf("paused because of %v", got)
	}
	if status, body, err := manager.try("POST", "/campaigns/"+id+"/resume", nil); err != nil || status != http.StatusConflict {
		t.Errorf("resumed without money: %d %s %v", status, body, err)
	}
	finance.payInSimulation("60.00")
	eventually(t, "it is over", alert("funds_exhausted", "RESOLVED"))
	eventually(t, "and so is what came before", alert("funds_low", "RESOLVED"))
	line := finance.must("GET", "/balance", nil)["items"].([]any)[0].(map[string]any)
	if line["level"] != "enough" || line["days_left"] != 1.2 || line["daily_spend"].(map[string]any)["amount"] != "50.00" {
		t.Errorf("balance: %v", line)
	}
	if got := manager.must("POST", "/campaigns/"+id+"/resume", nil)["status"]; got != "ACTIVE" {
		t.Errorf("resumed: %v", got)
	}
	if status, figures := opsAnswer(t, p, "/metrics"); status != http.StatusOK || !strings.Contains(figures, `campaignd_payments_open{state="unknown"} 0`) {
		t.Errorf("no gauge of open payments: %d", status)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"payments", "list", "--state", "succeeded", "--url", p.url, "--key", adminKey}, &out, &out); code != 0 || strings.Count(out.String(), "succeeded") != 2 || !strings.Contains(out.String(), "60.00 USD") {
		t.Errorf("payments list: %d %s", code, out.String())
	}
}
