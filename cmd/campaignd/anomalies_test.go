package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

// hoursOf are ten days of hourly facts up to now, with a day's wave and four
// times the cost in one hour, which is returned.
func hoursOf(campaign string) (body string, spike time.Time) {
	const hours = 10 * 24
	first := time.Now().UTC().Truncate(time.Hour).Add(-hours * time.Hour)
	spike = first.Add(210 * time.Hour)
	events := make([]string, hours)
	for i := range events {
		at := first.Add(time.Duration(i) * time.Hour)
		clicks := 200 + 60*((at.Hour()+7)%12) + i*37%23
		cents := clicks * 50
		if at.Equal(spike) {
			cents *= 4
		}
		events[i] = fmt.Sprintf(`{"event_id":"h%d","campaign_id":%q,"occurred_at":%q,"channel":"display","metrics":{"impressions":%d,"clicks":%d,"conversions":%d,"spend":"%d.%02d"}}`,
			i, campaign, at.Add(20*time.Minute).Format(time.RFC3339), clicks*50, clicks, clicks/8, cents/100, cents%100)
	}
	return `{"events":[` + strings.Join(events, ",") + `]}`, spike
}

// found are a campaign's anomalies as they are listed.
func (c caller) found(campaign, query string) []any {
	c.t.Helper()
	return c.must("GET", "/campaigns/"+campaign+"/anomalies"+query, nil)["items"].([]any)
}

// looks are how often the process has looked at a campaign.
func (p *process) looks() (n int) {
	p.t.Helper()
	resp, err := http.Get(p.ops + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\ncampaignd_anomaly_looks_total ")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		p.t.Fatalf("%v in %s", err, text)
	}
	return n
}

// Ten days of hourly facts with a spike: it is listed with what was expected,
// announced to a subscriber and raised as an alert; a restart, or another node,
// does not find it again.
func TestSpikeBecomesAnAnomalyOnce(t *testing.T) {
	t.Run("one node", func(t *testing.T) {
		dir := t.TempDir()
		p := start(t, dir)
		spikeOnce(t, p, nil, func() *process { p.kill(); return start(t, dir) })
	})
	t.Run("two nodes", func(t *testing.T) {
		database := testenv.Postgres(t)
		p, other := start(t, t.TempDir(), "--database", database), start(t, t.TempDir(), "--database", database)
		spikeOnce(t, p, other, func() *process { p.kill(); return other })
	})
}

func spikeOnce(t *testing.T, p, other *process, after func() *process) {
	_, manager := p.partner()
	campaign := manager.campaign("1000000.00", true)
	messages := watch(t, manager, campaign)
	body, spike := hoursOf(campaign)
	if got := manager.must("POST", "/metrics", body)["accepted"]; got != 240.0 {
		t.Fatalf("accepted %v", got)
	}
	manager.must("POST", "/metrics", body) // sent twice, it counts once
	awaitMessage(t, messages, "anomaly", func(data map[string]any) bool {
		return data["kpi"] == "cpc" && data["kind"] == "spike" && data["from"] == spike.Format(time.RFC3339) && data["anomaly_id"] != nil
	})
	hour := "?from=" + spike.Format(time.RFC3339) + "&to=" + spike.Add(time.Hour).Format(time.RFC3339)
	found := manager.found(campaign, hour+"&kpi=cpc")
	if len(found) != 1 {
		t.Fatalf("%d anomalies of cpc", len(found))
	}
	a := found[0].(map[string]any)
	if a["observed"] != "2" || a["expected"].(map[string]any)["mid"] != "0.5" || a["restated"] != false || a["currency"] != "USD" {
		t.Errorf("%v", a)
	}
	eventually(t, "an alert about it", func() bool {
		for _, x := range manager.must("GET", "/alerts?campaign_id="+campaign, nil)["items"].([]any) {
			if x.(map[string]any)["kind"] == "anomaly" {
				return true
			}
		}
		return false
	})
	before := fmt.Sprint(manager.found(campaign, ""))
	if other != nil {
		if there := fmt.Sprint(other.as(manager.key).found(campaign, "")); there != before {
			t.Errorf("another node lists %s\nnot %s", there, before)
		}
	}
	node := after()
	again, looks := node.as(manager.key), node.looks()
	again.must("POST", "/metrics", strings.Replace(body, `"h1"`, `"late"`, 1)) // something happens
	eventually(t, "a look at the campaign", func() bool { return node.looks() > looks })
	events := 0
	for _, x := range again.must("GET", "/events?limit=500", nil)["items"].([]any) {
		if x.(map[string]any)["type"] == "performance.anomaly_detected" {
			events++
		}
	}
	if all := again.found(campaign, "?limit=500"); len(all) != events {
		t.Errorf("%d anomalies and %d events", len(all), events)
	}
}
