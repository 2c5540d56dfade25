package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/partners"
)

const draft = `{"name":"Trail shoes","type":"SOCIAL","objective":"CONVERSIONS","goals":{"target_metrics":{"conversions":100,"cpa":"5.00","ctr":0.02}},
	"budget":{"amount":"100.00","currency":"USD"},"channels":["social"]}`

const people = `{"age_range":{"min":25,"max":44},"genders":["female","male"],"locations":[{"country":"CO"}],"languages":["es"],"interests":["483"]}`

// house is a partner with a key for each role, and a campaign.
type house struct {
	*world
	id, manager, finance, approver, analyst, ingest string
}

func newHouse(w *world, name string) *house {
	w.Helper()
	h := &house{world: w, id: w.partner(name)}
	h.manager, h.finance, h.approver = w.key(h.id, partners.RoleManager), w.key(h.id, partners.RoleFinance), w.key(h.id, partners.RoleApprover)
	h.analyst, h.ingest = w.key(h.id, partners.RoleAnalyst), w.key(h.id, partners.RoleIngest)
	return h
}

// draft makes a campaign and gives its path.
func (h *house) draft() string {
	h.Helper()
	return h.call(h.manager, "POST", "/api/v1/campaigns", draft).want(http.StatusCreated).Header.Get("Location")
}

// ready makes a campaign that can be launched.
func (h *house) ready() string {
	h.Helper()
	at := h.draft()
	h.call(h.manager, "PUT", at+"/targeting", people, "If-Match", `"1"`).want(http.StatusOK)
	h.call(h.manager, "PUT", at+"/creatives", `[{"name":"Summit","format":"image","url":"https://cdn.example.com/summit.png","channel":"social"}]`, "If-Match", `"2"`).want(http.StatusOK)
	now := h.clock()
	h.call(h.manager, "POST", at+"/schedule", map[string]any{"start": now, "end": now.AddDate(0, 0, 30), "launch": "manual"}).want(http.StatusOK)
	return at
}

// active makes a campaign that delivers.
func (h *house) active() string {
	h.Helper()
	at := h.ready()
	h.call(h.manager, "POST", at+"/launch", nil).want(http.StatusOK)
	return at
}

func TestCampaignFromDraftToCompletion(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	made := h.call(h.manager, "POST", "/api/v1/campaigns", draft).want(http.StatusCreated)
	at := made.Header.Get("Location")
	if made.str("status") != "DRAFT" || made.str("partner_id") != h.id || made.str("timezone") != "America/Bogota" || made.Header.Get("ETag") != `"1"` {
		t.Errorf("made %s", made.text)
	}
	if got := made.str("goals.target_metrics.cpa.amount"); got != "5.00" {
		t.Errorf("the target of cpa is %q", got)
	}
	early := h.call(h.manager, "POST", at+"/launch", nil).refused(http.StatusConflict, "must_be_scheduled_first")
	if early.len("valid_actions") != 2 || early.str("campaign_status") != "DRAFT" {
		t.Errorf("refused with %s", early.text)
	}
	now := h.clock()
	h.call(h.manager, "POST", at+"/schedule", map[string]any{"start": now, "end": now.AddDate(0, 0, 30), "launch": "manual"}).want(http.StatusOK)
	refused := h.call(h.manager, "POST", at+"/launch", nil).refused(http.StatusConflict, "not_ready")
	readiness := h.call(h.manager, "GET", at+"/readiness", nil).want(http.StatusOK)
	if refused.len("checks") != readiness.len("checks") || refused.len("checks") < 8 || readiness.at("ready") != false {
		t.Errorf("refused with %s\nreadiness %s", refused.text, readiness.text)
	}
	h.call(h.manager, "PUT", at+"/targeting", people, "If-Match", `"2"`).want(http.StatusOK)
	h.call(h.manager, "PUT", at+"/creatives", `[{"name":"Summit","format":"image","url":"https://cdn.example.com/summit.png"}]`, "If-Match", `"3"`).want(http.StatusOK)
	if ready := h.call(h.analyst, "GET", at+"/readiness", nil).want(http.StatusOK); ready.at("ready") != true {
		t.Fatalf("not ready: %s", ready.text)
	}
	for _, step := range []struct{ action, body, status string }{
		{"launch", ``, "ACTIVE"},
		{"pause", `{"reason":"stock is out"}`, "PAUSED"},
		{"resume", ``, "ACTIVE"},
		{"complete", `{"reason":"sold out"}`, "COMPLETED"},
	} {
		if got := h.call(h.manager, "POST", at+"/"+step.action, step.body).want(http.StatusOK).str("status"); got != step.status {
			t.Errorf("%s led to %s", step.action, got)
		}
	}
	h.call(h.manager, "POST", at+"/cancel", nil).refused(http.StatusConflict, "invalid_transition")
	if final := h.call(h.analyst, "GET", at, nil).want(http.StatusOK); final.str("outcome.reason") != "sold out" || final.len("valid_actions") != 0 {
		t.Errorf("completed as %s", final.text)
	}
}

func TestHistorySaysWhoChangedWhat(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.draft()
	h.call(h.manager, "PATCH", at, `{"name":"Road shoes","labels":["spring"]}`, "If-Match", `"1"`, "X-Request-Id", "req-7").want(http.StatusOK)
	all := h.call(h.analyst, "GET", at+"/history", nil).want(http.StatusOK)
	if all.len("items") != 2 || all.str("items.0.type") != "campaign.created" || all.str("items.1.by.correlation_id") != "req-7" ||
		all.str("items.1.by.from") != "api" || all.str("items.1.changes.0.before") != "Trail shoes" || all.str("items.1.changes.0.after") != "Road shoes" {
		t.Errorf("history %s", all.text)
	}
	first := h.call(h.analyst, "GET", at+"/history?limit=1", nil).want(http.StatusOK)
	second := h.call(h.analyst, "GET", at+"/history?limit=1&cursor="+first.str("next_cursor"), nil).want(http.StatusOK)
	if second.str("items.0.type") != "campaign.updated" || second.at("next_cursor") != nil {
		t.Errorf("second page %s", second.text)
	}
	h.call(h.analyst, "GET", at+"/history?cursor=x", nil).refused(http.StatusBadRequest, "malformed_request")
}

func TestTargetingIsRefinedAndRolledBack(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	h.call(h.manager, "PUT", at+"/targeting", people, "If-Match", `*`).refused(http.StatusConflict, "targeting_locked")
	narrower := strings.Replace(people, `"max":44`, `"max":34`, 1)
	refined := h.call(h.manager, "POST", at+"/targeting/refine", strings.TrimSuffix(narrower, "}")+`,"reason":"younger"}`).want(http.StatusOK)
	if refined.num("targeting.age_range.max") != 34 || refined.num("previous_targeting.age_range.max") != 44 || refined.at("learning_reset") == nil {
		t.Errorf("refined to %s", refined.text)
	}
	back := h.call(h.manager, "POST", at+"/targeting/rollback", `{"reason":"worse"}`).want(http.StatusOK)
	if back.num("targeting.age_range.max") != 44 {
		t.Errorf("rolled back to %s", back.text)
	}
}

func TestCloneIsANewDraft(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	clone := h.call(h.manager, "POST", at+"/clone", nil).want(http.StatusCreated)
	if clone.str("name") != "Trail shoes (copy)" || clone.str("status") != "DRAFT" || clone.at("schedule") != nil || clone.len("creatives") != 1 {
		t.Errorf("cloned as %s", clone.text)
	}
	other := h.call(h.manager, "POST", at+"/clone", `{"name":"Autumn","budget":{"amount":"7.00","currency":"USD"}}`).want(http.StatusCreated)
	budget := h.call(h.analyst, "GET", other.Header.Get("Location")+"/budget", nil).want(http.StatusOK)
	if other.str("name") != "Autumn" || budget.str("limit.amount") != "7.00" {
		t.Errorf("cloned as %s with %s", other.text, budget.text)
	}
}

func TestListIsFilteredCutAndProjected(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	h.active()
	h.draft()
	h.call(h.manager, "POST", "/api/v1/campaigns", strings.Replace(draft, "Trail shoes", "Winter coats", 1)).want(http.StatusCreated)
	for query, want := range map[string]int{
		"": 3, "?status=DRAFT": 2, "?status=DRAFT,ACTIVE": 3, "?q=shoes": 2, "?q=WINTER": 1, "?type=SOCIAL": 3, "?type=VIDEO": 0, "?type=VIDEO,SOCIAL": 3, "?limit=2": 2,
		"?objective=CONVERSIONS": 3, "?objective=SALES,TRAFFIC": 0, "?channel=social": 3, "?channel=search,email": 0, "?label=none": 0,
		"?from=2020-01-01": 1, "?to=2020-01-01": 0, "?from=2020-01-01T00:00:00Z&to=2100-01-01": 1, "?sort=-end&status=DRAFT": 2,
	} {
		if got := h.call(h.analyst, "GET", "/api/v1/campaigns"+query, nil).want(http.StatusOK).len("items"); got != want {
			t.Errorf("%s: %d campaigns, want %d", query, got, want)
		}
	}
	page := h.call(h.analyst, "GET", "/api/v1/campaigns?fields=id,status&limit=1", nil).want(http.StatusOK)
	if item, _ := page.at("items.0").(map[string]any); len(item) != 2 || page.str("next_cursor") == "" {
		t.Errorf("projected to %s", page.text)
	}
	sorted := h.call(h.analyst, "GET", "/api/v1/campaigns?sort=-name&limit=1", nil).want(http.StatusOK)
	if sorted.str("items.0.name") != "Winter coats" {
		t.Errorf("the last by name is %s", sorted.text)
	}
	after := url.QueryEscape(sorted.str("next_cursor"))
	if next := h.call(h.analyst, "GET", "/api/v1/campaigns?sort=-name&cursor="+after, nil).want(http.StatusOK); next.len("items") != 2 {
		t.Errorf("after the last by name: %s", next.text)
	}
	h.call(h.analyst, "GET", "/api/v1/campaigns?sort=name&cursor="+after, nil).refused(http.StatusBadRequest, "invalid_cursor")
	for query, there := range map[string]string{"objective=FAME": "AWARENESS", "status=OPEN": "DRAFT", "type=RADIO": "SEARCH", "sort=budget": "-name", "labels=a": "label", "from=spring": "2026-11-01"} {
		if got := h.call(h.analyst, "GET", "/api/v1/campaigns?"+query, nil); got.StatusCode/100 != 4 || !strings.Contains(string(got.text), there) {
			t.Errorf("%s: %d without what there is: %s", query, got.StatusCode, got.text)
		}
	}
	h.call(h.analyst, "GET", "/api/v1/campaigns?fields=id,colour", nil).refused(http.StatusBadRequest, "malformed_request")
	for _, query := range []string{"?limit=0", "?limit=501", "?limit=x", "?colour=red", "?cursor=nonsense"} {
		if got := h.call(h.analyst, "GET", "/api/v1/campaigns"+query, nil); got.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, got.StatusCode, got.text)
		}
	}
}

func TestWrongCampaignsAreRefused(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	before := h.seq(h.id)
	with := func(member, value string) string {
		var body map[string]json.RawMessage
		if err := json.Unmarshal([]byte(draft), &body); err != nil {
			t.Fatal(err)
		}
		body[member] = json.RawMessage(value)
		text, _ := json.Marshal(body)
		return string(text)
	}
	for name, c := range map[string]struct{ body, path string }{
		"type":               {with("type", `"RADIO"`), "type"},
		"objective":          {with("objective", `"FAME"`), "objective"},
		"no goals":           {with("goals", `{"target_metrics":{}}`), "goals.target_metrics"},
		"unknown goal":       {with("goals", `{"target_metrics":{"conversions":1,"likes":5}}`), "goals.target_metrics"},
		"goal of nothing":    {with("goals", `{"target_metrics":{"conversions":0}}`), "goals.target_metrics.conversions"},
		"goal with 7 digits": {with("goals", `{"target_metrics":{"conversions":1,"ctr":0.0000001}}`), "goals.target_metrics.ctr"},
		"other currency":     {with("goals", `{"target_metrics":{"cpa":{"amount":"5.00","currency":"EUR"}}}`), "goals.target_metrics.cpa"},
		"no money":           {with("budget", `{"amount":"0","currency":"USD"}`), "budget.amount"},
		"negative money":     {with("budget", `{"amount":"-1.00","currency":"USD"}`), "budget.amount"},
		"too precise":        {with("budget", `{"amount":"1.0000001","currency":"USD"}`), "budget.amount"},
		"not money":          {with("budget", `{"amount":"NaN","currency":"USD"}`), "budget.amount"},
		"money as number":    {with("budget", `{"amount":9007199254740993,"currency":"USD"}`), "budget.amount"},
		"overflow":           {with("budget", `{"amount":"99999999999999999999","currency":"USD"}`), "budget.amount"},
		"no such currency":   {with("budget", `{"amount":"1.00","currency":"XXQ"}`), "budget.currency"},
		"zone":               {with("timezone", `"Mars/Olympus"`), "timezone"},
		"special category":   {with("special_category", `"gambling"`), "special_category"},
		"unknown member":     {with("colour", `"red"`), "colour"},
	} {
		a := h.call(h.manager, "POST", "/api/v1/campaigns", c.body).refused(http.StatusUnprocessableEntity, "validation_failed")
		if !strings.Contains(string(a.text), `"path":"`+c.path+`"`) {
			t.Errorf("%s: no field %s in %s", name, c.path, a.text)
		}
	}
	if h.seq(h.id) != before {
		t.Error("refused requests left events")
	}
}

func TestAdministratorNamesThePartner(t *testing.T) {
	w := newWorld(t)
	h, other := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	w.call(adminSecret, "POST", "/api/v1/campaigns", draft).refused(http.StatusUnprocessableEntity, "partner_required")
	body := strings.Replace(draft, "{", `{"partner_id":"`+h.id+`",`, 1)
	if made := w.call(adminSecret, "POST", "/api/v1/campaigns", body).want(http.StatusCreated); made.str("partner_id") != h.id {
		t.Errorf("made %s", made.text)
	}
	h.call(h.manager, "POST", "/api/v1/campaigns", body).want(http.StatusCreated)
	other.call(other.manager, "POST", "/api/v1/campaigns", body).refused(http.StatusNotFound, "partner_not_found")
	w.call(adminSecret, "POST", "/api/v1/campaigns", strings.Replace(draft, "{", `{"partner_id":"`+newID().String()+`",`, 1)).refused(http.StatusNotFound, "partner_not_found")
	other.draft()
	if got := w.call(adminSecret, "GET", "/api/v1/campaigns", nil).len("items"); got != 3 {
		t.Errorf("an administrator sees %d campaigns", got)
	}
	if got := w.call(adminSecret, "GET", "/api/v1/campaigns?partner_id="+other.id, nil).len("items"); got != 1 {
		t.Errorf("an administrator sees %d campaigns of one partner", got)
	}
}

func TestScheduledEndMovesWhileTheCampaignRuns(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	end := h.clock().AddDate(0, 0, 3).UTC().Format(time.RFC3339)
	moved := h.call(h.manager, "PATCH", at, map[string]any{"schedule": map[string]any{"end": end}}, "If-Match", "*").want(http.StatusOK)
	if moved.str("schedule.end") != end {
		t.Errorf("moved to %s", moved.str("schedule.end"))
	}
	h.call(h.manager, "PATCH", at, `{"type":"VIDEO"}`, "If-Match", "*").refused(http.StatusConflict, "field_locked")
}
