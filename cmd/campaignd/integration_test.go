package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	_ "modernc.org/sqlite" // a test rewrites a stopped store
)

// listener is another service at the embedded broker.
type listener struct {
	t  *testing.T
	js jetstream.JetStream
}

func (p *process) listen(t *testing.T) listener {
	t.Helper()
	conn, err := nats.Connect(p.broker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return listener{t, js}
}

// say publishes a message as another service does.
func (l listener) say(topic, key, id, contentType, body string) {
	l.t.Helper()
	msg := nats.NewMsg(topic)
	msg.Data = []byte(body)
	msg.Header.Set("Content-Type", contentType)
	msg.Header.Set("Key", key)
	msg.Header.Set("Nats-Msg-Id", id)
	eventually(l.t, "the stream of "+topic+" is there", func() bool {
		_, err := l.js.PublishMsg(l.t.Context(), msg)
		return err == nil
	})
}

// heard are the CloudEvents of a stream under a subject, oldest first.
func (l listener) heard(subject string) (events []map[string]any) {
	l.t.Helper()
	consumer, err := l.js.OrderedConsumer(l.t.Context(), "CAMPAIGN_MANAGEMENT", jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		l.t.Fatal(err)
	}
	batch, err := consumer.FetchNoWait(10_000)
	if err != nil {
		l.t.Fatal(err)
	}
	for msg := range batch.Messages() {
		var e map[string]any
		if err := json.Unmarshal(msg.Data(), &e); err != nil {
			l.t.Fatalf("%s: %v", msg.Data(), err)
		}
		events = append(events, e)
	}
	return events
}

func cloudEvent(id, kind string, at time.Time, data map[string]any) string {
	text, _ := json.Marshal(map[string]any{
		"specversion": "1.0", "id": id, "source": "/other", "type": kind, "time": at.Format(time.RFC3339), "data": data,
	})
	return string(text)
}

const (
	contractActivated = "onboarding/contract-activated"
	partnerValidated  = "partner-management/partner-validation"
)

// Inbound events twice and reordered, some over HTTP and some through the
// broker: one welcome campaign, and the limits of the newest (F35).
func TestInboundEventsHaveEffectOnce(t *testing.T) {
	p := start(t, t.TempDir())
	partner, manager := p.partner()
	admin, other := p.as(adminKey), p.listen(t)
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	validated := cloudEvent("v1", partnerValidated, noon.Add(time.Hour), map[string]any{"partner_id": partner, "validation_status": "FULLY_VALIDATED"})
	activated := cloudEvent("c1", contractActivated, noon, map[string]any{
		"partner_id": partner, "contract_id": "C-1", "campaign_permissions": []string{"create"},
		"budget_limits": map[string]any{"daily_budget_limit": 500, "monthly_budget_limit": "5000.00", "max_active_campaigns": 2},
		"feature_flags": map[string]any{"auto_welcome_campaign": true},
	})
	for i, c := range []struct {
		body   string
		status int
		want   string
	}{
		{validated, 202, "applied"}, {activated, 202, "applied"}, {activated, 200, "duplicate"}, {validated, 200, "duplicate"},
		{strings.Replace(validated, `"v1"`, `"v0"`, 1), 200, "superseded"},
		{cloudEvent("v2", partnerValidated, noon, map[string]any{"partner_id": partner, "validation_status": "PENDING"}), 200, "ignored"},
	} {
		status, answer, err := admin.try("POST", "/events", c.body, "Content-Type", "application/cloudevents+json")
		if err != nil || status != c.status || !strings.Contains(string(answer), `"outcome":"`+c.want+`"`) {
			t.Errorf("event %d: %d %s %v, want %d %s", i, status, answer, err, c.status, c.want)
		}
	}
	if status, answer, _ := manager.try("POST", "/events", validated); status != 403 {
		t.Errorf("a manager's event: %d %s", status, answer)
	}
	other.say("onboarding.contract-activated", partner, "n1", "application/cloudevents+json", activated)
	other.say("onboarding.contract-activated", partner, "n2", "application/cloudevents+json",
		cloudEvent("c2", contractActivated, noon.Add(2*time.Hour), map[string]any{"partner_id": partner, "budget_limits": map[string]any{"max_active_campaigns": 20}}))
	eventually(t, "the newest limit holds", func() bool { return limit(admin, partner, "active_campaigns") == 20.0 })
	for name, want := range map[string]string{"daily_budget": "10000.00", "monthly_budget": "100000.00"} {
		if got := limit(admin, partner, name).(map[string]any)["amount"]; got != want {
			t.Errorf("%s is %v, want %s: an older event has lowered it", name, got, want)
		}
	}
	campaigns := manager.must("GET", "/campaigns", nil)["items"].([]any)
	if len(campaigns) != 1 {
		t.Fatalf("%d welcome campaigns", len(campaigns))
	}
	budget := manager.must("GET", "/campaigns/"+campaigns[0].(map[string]any)["id"].(string)+"/budget", nil)
	if got := budget["limit"].(map[string]any)["amount"]; got != "1000.00" {
		t.Errorf("its budget is %v", got)
	}
}

func limit(admin caller, partner, name string) any {
	return admin.must("GET", "/partners/"+partner, nil)["limits"].(map[string]any)[name]
}

// A poisoned message holds up its own key and no other, until somebody replays
// or drops it from the command line (F28).
func TestDeadLetters(t *testing.T) {
	p := start(t, t.TempDir())
	first, _ := p.partner()
	second, _ := p.partner()
	admin, other := p.as(adminKey), p.listen(t)
	say := func(partner, id string, active any) {
		other.say("onboarding.contract-activated", partner, id, "application/cloudevents+json", cloudEvent(id, contractActivated,
			time.Date(2026, 3, 2, 12, 0, len(id), 0, time.UTC), map[string]any{"partner_id": partner, "budget_limits": map[string]any{"max_active_campaigns": active}}))
	}
	say(first, "a", "many") // not a number
	say(first, "bb", 3)
	say(second, "ccc", 4)
	eventually(t, "the other key goes on", func() bool { return limit(admin, second, "active_campaigns") == 4.0 })
	var open []any
	eventually(t, "both letters of the first key are there", func() bool {
		open = admin.must("GET", "/dead-letters?state=dead,waiting", nil)["items"].([]any)
		return len(open) == 2
	})
	behind, poison := open[0].(map[string]any), open[1].(map[string]any)
	if poison["state"] != "dead" || behind["state"] != "waiting" || limit(admin, first, "active_campaigns") != nil {
		t.Errorf("poison %v, behind it %v", poison, behind)
	}
	cli := func(args ...string) (string, int) {
		var stdout, stderr bytes.Buffer
		t.Setenv("CAMPAIGND_KEY", adminKey)
		code := run(t.Context(), append(args, "--url", p.url, "--key", adminKey), &stdout, &stderr)
		return stdout.String() + stderr.String(), code
	}
	if out, code := cli("dead-letters", "list"); code != 0 || strings.Count(out, "onboarding.contract-activated") != 2 {
		t.Errorf("list: %d\n%s", code, out)
	}
	if out, code := cli("dead-letters", "replay", poison["id"].(string)); code == 0 || !strings.Contains(out, "replay_failed") && !strings.Contains(out, "failed once more") {
		t.Errorf("replay of what cannot be read: %d\n%s", code, out)
	}
	if out, code := cli("dead-letters", "drop", poison["id"].(string)); code != 0 {
		t.Errorf("drop: %d\n%s", code, out)
	}
	if got := limit(admin, first, "active_campaigns"); got != 3.0 {
		t.Errorf("what waited behind it had no effect: %v", got)
	}
	if status, _, _ := admin.try("POST", fmt.Sprintf("/dead-letters/%s/drop", poison["id"]), nil); status != 409 {
		t.Errorf("dropped twice: %d", status)
	}
	if out, code := cli("brokers"); code != 0 || !strings.Contains(out, "nats") || !strings.Contains(out, "up") {
		t.Errorf("brokers: %d\n%s", code, out)
	}
	wantJobs(t, admin, cli)
}

// wantJobs checks that every job is listed, has run here, and is known to the
// dashboard by what it does.
func wantJobs(t *testing.T, admin caller, cli func(...string) (string, int)) {
	t.Helper()
	var items []any
	eventually(t, "every job has run", func() bool {
		items = admin.must("GET", "/jobs", nil)["items"].([]any)
		return !slices.ContainsFunc(items, func(item any) bool { return item.(map[string]any)["ran_at"] == nil })
	})
	words, err := os.ReadFile("../../web/i18n/en.json")
	if err != nil {
		t.Fatal(err)
	}
	out, code := cli("jobs")
	if len(items) < 20 || code != 0 {
		t.Errorf("%d jobs: %d\n%s", len(items), code, out)
	}
	for _, item := range items {
		name := item.(map[string]any)["name"].(string)
		key := `"job.of.` + strings.NewReplacer(".", "_", "-", "_").Replace(name) + `"`
		if !strings.Contains(out, name) || !strings.Contains(string(words), key) {
			t.Errorf("%s is not listed, or %s is missing on the dashboard\n%s", name, key, out)
		}
	}
}

// Everything that happens leaves as CloudEvents in the order of the log, also
// what happened before a kill, and facts come in through the broker as over
// HTTP.
func TestEventsLeaveAndFactsComeThroughTheBroker(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	partner, manager := p.partner()
	id := manager.campaign("100.00", true)
	p.kill()
	p = start(t, dir)
	manager.url = p.url
	other := p.listen(t)
	fact := func(n int) string {
		return fmt.Sprintf(`{"events":[{"event_id":"s-%d","campaign_id":%q,"occurred_at":%q,"channel":"display","metrics":{"impressions":10,"spend":"0.10"}}]}`,
			n, id, time.Now().UTC().Format(time.RFC3339))
	}
	for n := range 5 {
		other.say("campaign-management.metrics", id, fmt.Sprintf("m-%d", n), "application/json", fact(n))
	}
	other.say("campaign-management.metrics", id, "m-again", "application/json", fact(3))
	other.say("campaign-management.metrics", id, "m-bad", "application/json", `{"events":[{"event_id":`)
	eventually(t, "the facts count, each once", func() bool { return manager.totals(id)["impressions"] == 50.0 })
	admin := p.as(adminKey)
	eventually(t, "what is no fact is a dead letter", func() bool {
		return len(admin.must("GET", "/dead-letters?state=dead", nil)["items"].([]any)) == 1
	})
	var heard []map[string]any
	eventually(t, "the log has left", func() bool {
		heard = other.heard("campaign-management.events." + partner + ".>")
		return len(heard) > 0 && heard[len(heard)-1]["type"] == "campaign-management/performance.metrics_updated" &&
			admin.must("GET", "/brokers", nil)["items"].([]any)[0].(map[string]any)["lag"] == 0.0
	})
	feed := manager.must("GET", "/events?limit=1000", nil)["items"].([]any)
	seen, last := map[string]bool{}, 0
	for _, e := range heard {
		if e["specversion"] != "1.0" || e["source"] != "/campaign-management" || e["partnerid"] != partner {
			t.Fatalf("not ours: %v", e)
		}
		seq := 0
		_, _ = fmt.Sscan(e["sequence"].(string), &seq)
		if !seen[e["id"].(string)] && seq != last+1 {
			t.Errorf("number %d after %d", seq, last)
		}
		last, seen[e["id"].(string)] = max(last, seq), true
	}
	for _, item := range feed {
		if e := item.(map[string]any); !seen[e["id"].(string)] {
			t.Errorf("number %v, %v, has not left", e["seq"], e["type"])
		}
	}
}

// The report of a campaign's day leaves at its local midnight under both routing
// keys, once, also when the program was not there at midnight. The day is over
// here because the stopped store is told that it was.
func TestThePerformanceReportOfYesterday(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	partner, manager := p.partner()
	id := manager.campaign("100.00", true)
	bogota, err := time.LoadLocation("America/Bogota")
	if err != nil {
		t.Fatal(err)
	}
	year, month, day := time.Now().In(bogota).AddDate(0, 0, -1).Date()
	yesterday := time.Date(year, month, day, 12, 0, 0, 0, bogota)
	manager.must("POST", "/metrics", fmt.Sprintf(`{"events":[{"event_id":"y-1","campaign_id":%q,"occurred_at":%q,"channel":"display","metrics":{"impressions":1000,"clicks":20,"conversions":2,"spend":"12.50"}}]}`,
		id, yesterday.Format(time.RFC3339)))
	tracked := func() (n int) {
		store, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "campaignd.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = store.Close() }()
		result, err := store.ExecContext(t.Context(), `UPDATE report_days SET next_day = next_day - 1, due_at = due_at - 86400000000`)
		if err != nil {
			t.Fatal(err)
		}
		rows, _ := result.RowsAffected()
		return int(rows)
	}
	admin := p.as(adminKey)
	eventually(t, "the launch has left, and with it the day is tracked", func() bool {
		return admin.must("GET", "/brokers", nil)["items"].([]any)[0].(map[string]any)["lag"] == 0.0
	})
	for n := 0; n == 0; {
		p.stop()
		n = tracked()
		p = start(t, dir)
	}
	other := p.listen(t)
	var all []map[string]any
	eventually(t, "the report leaves", func() bool {
		all = other.heard("campaign-management.performance.all")
		return len(all) > 0
	})
	own := other.heard("campaign-management.performance." + partner)
	daily := 0
	for i, e := range all {
		data := e["data"].(map[string]any)
		period := data["reporting_period"].(map[string]any)
		if e["type"] != "campaign-management/performance-report" || own[i]["id"] != e["id"] || period["end_date"] != yesterday.Format("2006-01-02") {
			t.Errorf("%v", e)
		}
		if period["period_type"] != "DAILY" {
			continue
		}
		daily++
		summary, budget := data["performance_summary"].(map[string]any), data["budget_utilization"].(map[string]any)
		if summary["impressions"] != 1000.0 || summary["spend"].(map[string]any)["amount"] != "12.50" || budget["used"] != 0.125 || data["campaign_id"] != id {
			t.Errorf("%v", data)
		}
	}
	if daily != 1 {
		t.Errorf("%d daily reports", daily)
	}
}
