package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestTheMainJob takes a campaign from nothing to its automatic pause, over
// HTTP, with its live stream watched.
func TestTheMainJob(t *testing.T) {
	p := start(t, t.TempDir())
	partner, manager := p.partner()
	id := manager.campaign("100.00", true)
	messages := watch(t, manager, id)
	if first := <-messages; first["type"] != "snapshot" {
		t.Fatalf("the first message is %v", first["type"])
	}
	send(t, manager, id, "30.00")
	awaitMessage(t, messages, "metrics_update", func(data map[string]any) bool {
		return data["totals"].(map[string]any)["spend"] == "30.00"
	})
	send(t, manager, id, "50.00") // three thresholds lie behind one jump of these two
	send(t, manager, id, "25.50")
	eventually(t, "the campaign is paused", func() bool { return manager.status(id) == "PAUSED" })
	awaitMessage(t, messages, "campaign_notification", func(data map[string]any) bool { return data["event"] == "campaign.paused" })

	if because := manager.must("GET", "/campaigns/"+id, nil)["paused_because"]; because != "BUDGET_EXHAUSTED" {
		t.Errorf("paused because of %v", because)
	}
	budget := manager.must("GET", "/campaigns/"+id+"/budget", nil)
	for field, want := range map[string]string{"limit": "100.00", "settled": "100.00", "overdelivery": "5.50", "available": "0.00", "reported": "105.50"} {
		if got := budget[field].(map[string]any)["amount"]; got != want {
			t.Errorf("budget %s is %v, want %s", field, got, want)
		}
	}
	var percents []any
	for _, x := range budget["thresholds"].([]any) {
		if threshold := x.(map[string]any); threshold["fired_at"] != nil {
			percents = append(percents, threshold["percent"])
		}
	}
	if fmt.Sprint(percents) != "[50 75 90 100]" {
		t.Errorf("thresholds fired: %v", percents)
	}
	// Late data of a paused campaign counts.
	send(t, manager, id, "1.00")
	if got := manager.totals(id)["spend"].(map[string]any)["amount"]; got != "106.50" {
		t.Errorf("spend is %v", got)
	}
	// Resuming needs money first.
	if status, answer, _ := manager.try("POST", "/campaigns/"+id+"/resume", nil); status != http.StatusConflict {
		t.Errorf("resumed without money: %d %s", status, answer)
	}
	path := "/budgets/" + budget["id"].(string)
	raisedByTwo(t, p, partner, manager, path)
	awaitMessage(t, messages, "budget_update", func(data map[string]any) bool { return data["event"] == "budget.extra_spend_approved" })
	if got := manager.must("POST", "/campaigns/"+id+"/resume", nil)["status"]; got != "ACTIVE" {
		t.Errorf("resumed campaign is %v", got)
	}
	eventually(t, "the budget's alerts are resolved", func() bool {
		for _, x := range manager.must("GET", "/alerts?campaign_id="+id, nil)["items"].([]any) {
			if a := x.(map[string]any); a["kind"] == "budget_exhausted" && a["state"] != "RESOLVED" {
				return false
			}
		}
		return true
	})
	done := manager.must("POST", "/campaigns/"+id+"/complete", map[string]any{"reason": "enough"})
	if done["status"] != "COMPLETED" || done["outcome"] == nil {
		t.Errorf("completed: %v %v", done["status"], done["outcome"])
	}
}

// raisedByTwo takes a limit from 100 to 500 with another person, who is told of
// it by an alert.
func raisedByTwo(t *testing.T, p *process, partner string, manager caller, budget string) {
	t.Helper()
	limit := map[string]any{"limit": map[string]any{"amount": "500.00", "currency": "USD"}}
	if status, answer, _ := manager.try("PATCH", budget, limit, "If-Match", manager.etag(budget)); status != http.StatusConflict {
		t.Errorf("one person raised it: %d %s", status, answer)
	}
	proposed := manager.must("POST", budget+"/extra-spend", map[string]any{"amount": "400.00", "reason": "it sells"})
	approver := p.as(p.as(adminKey).must("POST", "/partners/"+partner+"/keys", map[string]any{"role": "approver"})["key"].(string))
	waiting := func() int {
		return len(approver.must("GET", "/alerts?kind=extra_spend&state=FIRING", nil)["items"].([]any))
	}
	eventually(t, "an alert calls the approver", func() bool { return waiting() == 1 })
	approve := "/extra-spend/" + proposed["id"].(string) + "/approve"
	if status, _, _ := manager.try("POST", approve, nil); status != http.StatusForbidden {
		t.Errorf("the proposer approved: %d", status)
	}
	if got := approver.must("POST", approve, nil)["state"]; got != "approved" {
		t.Errorf("it is %v", got)
	}
	eventually(t, "the alert is over", func() bool { return waiting() == 0 })
}

// send reports spend with some delivery.
func send(t *testing.T, c caller, campaign, spend string) {
	t.Helper()
	c.must("POST", "/metrics", fmt.Sprintf(`{"events":[{"event_id":%q,"campaign_id":%q,"occurred_at":%q,"channel":"display",
		"metrics":{"impressions":1000,"clicks":20,"conversions":1,"spend":%q,"revenue":"12.00"}}]}`,
		uuid.NewString(), campaign, time.Now().UTC().Format(time.RFC3339), spend))
}

// watch follows a campaign's Server-Sent Events until the test ends.
func watch(t *testing.T, c caller, campaign string) <-chan map[string]any {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/api/v1/campaigns/"+campaign+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("live: %v %v", resp, err)
	}
	messages := make(chan map[string]any, 1000)
	go func() {
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data:"); ok {
				var m map[string]any
				if json.Unmarshal([]byte(text), &m) == nil {
					messages <- m
				}
			}
		}
	}()
	return messages
}

func awaitMessage(t *testing.T, messages <-chan map[string]any, kind string, match func(data map[string]any) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-messages:
			if data, ok := m["data"].(map[string]any); ok && m["type"] == kind && match(data) {
				return
			}
		case <-deadline:
			t.Fatalf("no %s that matches", kind)
		}
	}
}

// TestTheTableHoldsUnderRaces lets launches, pauses, completions and an
// exhausted budget race: the campaign's history must be a path through the
// table of states.
func TestTheTableHoldsUnderRaces(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	for range rounds {
		id := manager.campaign("10.00", true)
		var group sync.WaitGroup
		for _, action := range []string{"pause", "resume", "complete", "launch", "pause", "resume", "cancel"} {
			group.Go(func() {
				status, answer, err := manager.try("POST", "/campaigns/"+id+"/"+action, map[string]any{"reason": "race"})
				if action == "launch" || action == "resume" {
					status, answer, err = manager.try("POST", "/campaigns/"+id+"/"+action, nil)
				}
				if err != nil || (status != http.StatusOK && status != http.StatusConflict) {
					t.Errorf("%s: %d %v %s", action, status, err, answer)
				}
			})
		}
		group.Go(func() { send(t, manager, id, "11.00") })
		group.Wait()
		checkPath(t, manager, id)
	}
}

// steps is the table of product states by the event that leads to each.
var steps = map[string][]string{
	"campaign.created":   {""},
	"campaign.scheduled": {"DRAFT", "SCHEDULED"},
	"campaign.launched":  {"SCHEDULED"},
	"campaign.paused":    {"ACTIVE"},
	"campaign.resumed":   {"PAUSED"},
	"campaign.completed": {"ACTIVE", "PAUSED"},
	"campaign.cancelled": {"DRAFT", "SCHEDULED"},
}

var reached = map[string]string{
	"campaign.created": "DRAFT", "campaign.scheduled": "SCHEDULED", "campaign.launched": "ACTIVE", "campaign.paused": "PAUSED",
	"campaign.resumed": "ACTIVE", "campaign.completed": "COMPLETED", "campaign.cancelled": "CANCELLED",
}

func checkPath(t *testing.T, c caller, id string) {
	t.Helper()
	status := ""
	for _, x := range c.must("GET", "/events?limit=500&after=0", nil)["items"].([]any) {
		e := x.(map[string]any)
		kind, _ := e["type"].(string)
		from, ok := steps[kind]
		if e["aggregate_id"] != id || !ok {
			continue
		}
		found := false
		for _, f := range from {
			found = found || f == status
		}
		if !found {
			t.Errorf("%s from %q is not in the table", kind, status)
		}
		status = reached[kind]
	}
	if got := c.status(id); got != status {
		t.Errorf("the campaign is %s, its history ends in %s", got, status)
	}
}
