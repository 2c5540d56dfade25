package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// Those that package live answers are its tests'.
func operations(item *huma.PathItem) []*huma.Operation {
	var all []*huma.Operation
	for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
		if op != nil && op.Metadata["live"] == nil {
			all = append(all, op)
		}
	}
	return all
}

// bodies are requests that are right but for whom they are about.
var bodies = map[string]string{
	"declare-source":      `{"attribution_window":{"click_days":7,"view_days":1}}`,
	"create-partner":      `{"name":"Third"}`,
	"change-partner":      `{"name":"Mine"}`,
	"issue-key":           `{"role":"analyst"}`,
	"create-campaign":     draft,
	"change-campaign":     `{"name":"Mine"}`,
	"set-targeting":       people,
	"refine-targeting":    people,
	"set-creatives":       `[{"name":"Summit","format":"image","url":"https://cdn.example.com/summit.png"}]`,
	"schedule-campaign":   `{"start":"2026-03-03T00:00:00Z","end":"2026-04-03T00:00:00Z"}`,
	"change-budget":       `{"auto_pause":false}`,
	"set-allocations":     `{"allocations":[{"category":"search","amount":"40.00"},{"category":"social","amount":"30.00"}]}`,
	"reallocate-budget":   `{"from":"search","to":"social","amount":"5.00"}`,
	"transfer-budget":     `{"to_budget":"01a2139c-e0bb-7426-a1eb-3eff9af7a36b","amount":"5.00"}`,
	"set-budget-guard":    `{"max_step_percent":50,"max_day_percent":100,"approval_percent":10}`,
	"propose-extra-spend": `{"amount":"50.00","reason":"Black Friday"}`,
	"reserve":             `{"amount":"5.00","ttl_seconds":60}`,
	"commit-reservation":  `{"amount":"2.00"}`,
	"record-spend":        `{"spend_id":"s-1","amount":"1.00"}`,
	"record-metrics":      `{"events":[]}`,
	"create-alert-rule":   lowCTR,
	"change-alert-rule":   `{"severity":"HIGH"}`,
	"preview-alert-rule":  lowCTR,
	"start-import":        `{"platform":"meta_ads","data":"a,b\n"}`,
	"create-webhook":      `{"url":"https://example.com/hook","events":["*"]}`,
	"change-webhook":      `{"description":"Mine"}`,
	"receive-event":       `{"specversion":"1.0","id":"1","source":"/partners","type":"partner-management/partner-validation","data":{"partner_id":"01a2139c-e0bb-7426-a1eb-3eff9af7a36b","validation_status":"PENDING"}}`,
	"redeliver-webhook":   `{"failed_since":"2026-03-01T00:00:00Z"}`,
}

func init() {
	bodies["estimate-reach"] = people
	bodies["apply-suggestion"] = `{"parameters":{}}`
	bodies["decide-suggestions"] = `{"action":"dismiss","ids":["0190c1de-0000-7000-8000-000000000000"]}`
	bodies["set-optimizer-settings"] = `{"automatic":["BUDGET_REALLOCATION"],"max_step_percent":20,"cooldown_hours":24,"limits":[{"channel":"search","most_share_percent":60,"max_step_percent":15}]}`
	bodies["create-audience"] = `{"name":"Customers","minimum_size":1}`
	bodies["change-audience"] = `{"name":"Mine"}`
	bodies["add-members"] = `{"email":"somebody@example.com"}`
	bodies["remove-members"] = `{"people":[{"email":"somebody@example.com"}]}`
	bodies["erase-people"] = `{"people":[{"email":"somebody@example.com"}]}`
	bodies["set-reach-factors"] = `{"factors":[]}`
	bodies["load-panel"] = "country,age\nCO,30\n"
	bodies["change-panel"] = `{"name":"Mine"}`
	bodies["explain-difference"] = `{"note":"Corrected by invoice 4711."}`
	bodies["create-payment"] = `{"provider":"stripe","amount":"20.00"}`
	bodies["create-lookalike"] = `{"ratio":5}`
	bodies["create-clusters"] = `{}`
	bodies["adopt-cluster"] = `{"cluster":0}`
	bodies["create-report"] = `{"scope":"partner","period":"yesterday"}`
	bodies["create-report-schedule"] = `{"scope":"partner","every":"daily"}`
}

// uploads are not JSON.
var uploads = map[string]string{"add-members": "application/x-ndjson", "load-panel": "text/csv"}

// lowCTR is an alert rule.
const lowCTR = `{"name":"CTR too low","condition":{"metric":"ctr","operator":"below","threshold":{"value":"1.0","unit":"percent"}}}`

// things are the ids of something of each kind.
func (h *house) things() map[string]string {
	h.Helper()
	at := h.active()
	campaign := strings.TrimPrefix(at, "/api/v1/campaigns/")
	budget := h.call(h.manager, "GET", at+"/budget", nil).want(http.StatusOK).str("id")
	reservation := h.call(h.manager, "POST", "/api/v1/budgets/"+budget+"/reservations", bodies["reserve"]).want(http.StatusCreated).str("id")
	extra := h.call(h.manager, "POST", "/api/v1/budgets/"+budget+"/extra-spend", bodies["propose-extra-spend"]).want(http.StatusCreated).str("id")
	key := h.call(adminSecret, "GET", "/api/v1/partners/"+h.id+"/keys", nil).want(http.StatusOK).str("items.0.id")
	report := h.call(h.manager, "POST", "/api/v1/imports", bodies["start-import"]).want(http.StatusCreated).str("id")
	rule := h.call(h.manager, "POST", "/api/v1/alert-rules", lowCTR).want(http.StatusCreated).str("id")
	h.call(h.manager, "POST", "/api/v1/budgets/"+budget+"/spend", `{"spend_id":"s-0","amount":"1.00"}`).want(http.StatusCreated) // that no platform reports
	gap := h.call(h.manager, "GET", "/api/v1/reconciliation", nil).want(http.StatusOK).str("items.0.id")
	document := h.call(h.manager, "POST", "/api/v1/reports", bodies["create-report"]).want(http.StatusCreated).str("id")
	schedule := h.call(h.manager, "POST", "/api/v1/report-schedules", bodies["create-report-schedule"]).want(http.StatusCreated).str("id")
	listed := h.call(h.manager, "POST", "/api/v1/audiences", bodies["create-audience"]).want(http.StatusCreated).str("id")
	payment := h.call(h.finance, "POST", "/api/v1/payments", bodies["create-payment"]).want(http.StatusCreated).str("id")
	account, placement := h.placed(campaign)
	return map[string]string{
		"segments": h.call(h.manager, "POST", "/api/v1/segments", bodies["create-segment"]).want(http.StatusCreated).str("id"),
		"payments": payment, "reports": document, "report-schedules": schedule, "reconciliation": gap, "alert-rules": rule,
		"partners": h.id, "campaigns": campaign, "budgets": budget, "reservations": reservation, "extra-spend": extra,
		"keys": key, "imports": report, "alerts": h.alert(campaign), "webhook-endpoints": h.webhook().str("id"),
		"suggestions": h.suggestion(campaign), "dead-letters": h.letter(), "audiences": listed, "panels": h.panel("country,age\nCO,30\n").str("id"),
		"clusters":    h.clusters(),
		"ad-accounts": account, "placements": placement,
	}
}

// alert raises one about a campaign.
func (h *house) alert(campaign string) string {
	h.Helper()
	cause := event.Event{ID: newID(), Partner: uuid.MustParse(h.id), Seq: 1, OccurredAt: h.clock()}
	err := h.services.Alerts.Notify(h.Context(), event.Origin{Partner: cause.Partner, Kind: event.ActorReaction, ID: "test"}, cause, performance.Notice{
		Campaign: uuid.MustParse(campaign), Kind: performance.AlertBudgetThreshold, Subject: "75", Severity: performance.SeverityMedium,
		Title: "75 % is spent", Detail: "75.00 of 100.00 USD are spent.", Facts: map[string]any{"percent": 75},
	})
	if err != nil {
		h.Fatal(err)
	}
	return cause.ID.String()
}

// at fills in the ids of a path.
func at(path string, ids map[string]string) string {
	kind := strings.Split(path, "/")[1]
	return httpapi.Base + strings.NewReplacer("{id}", ids[kind], "{key_id}", ids["keys"], "{source}", "meta", "{month}", "2026-03", "{interest}", "607").Replace(path)
}

// Another partner's thing answers exactly as one that does not exist, whatever
// is done to it.
func TestAnotherPartnersThingsDoNotExist(t *testing.T) {
	w := newWorld(t)
	victim, thief := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	theirs, nobodys := victim.things(), map[string]string{}
	for kind := range theirs {
		nobodys[kind] = newID().String()
	}
	before := w.seq(victim.id)
	tried := 0
	for path, item := range w.api.OpenAPI().Paths {
		if !strings.Contains(path, "{id}") {
			continue // nobody's thing: TestAnotherPartnerCannotBeNamed
		}
		for _, op := range operations(item) {
			for _, key := range []string{thief.manager, thief.finance} {
				there := w.call(key, op.Method, at(path, theirs), bodies[op.OperationID], "If-Match", "*")
				missing := w.call(key, op.Method, at(path, nobodys), bodies[op.OperationID], "If-Match", "*")
				if there.StatusCode != missing.StatusCode || sameProblem(there) != sameProblem(missing) {
					t.Errorf("%s %s: another's %d %s\nmissing %d %s", op.Method, path, there.StatusCode, there.text, missing.StatusCode, missing.text)
				}
				if there.StatusCode != http.StatusNotFound && there.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s: another's answers %d %s", op.Method, path, there.StatusCode, there.text)
				}
				tried++
			}
		}
	}
	if tried < 40 || w.seq(victim.id) != before {
		t.Errorf("%d requests left %d events", tried, w.seq(victim.id)-before)
	}
}

// sameProblem is a problem without the request's own id.
func sameProblem(a *answer) string {
	return strings.ReplaceAll(string(a.text), a.str("instance"), "")
}

func TestAnotherPartnerCannotBeNamed(t *testing.T) {
	w := newWorld(t)
	victim, thief := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	victim.active()
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/campaigns", ""}, {"GET", "/alerts", ""}, {"GET", "/alert-rules", ""}, {"GET", "/anomalies", ""}, {"GET", "/events", ""}, {"GET", "/ledger", ""}, {"GET", "/extra-spend", ""}, {"GET", "/budget-guard", ""}, {"GET", "/suggestions", ""}, {"GET", "/optimizer-settings", ""},
		{"GET", "/statements", ""}, {"GET", "/statements/2026-03", ""}, {"GET", "/journal?month=2026-03", ""}, {"GET", "/ledger/export", ""}, {"GET", "/reconciliation", ""}, {"GET", "/payments", ""}, {"GET", "/balance", ""},
		{"GET", "/audiences", ""}, {"GET", "/audiences/attributes", ""}, {"POST", "/audiences", bodies["create-audience"]}, {"POST", "/audiences/erase", bodies["erase-people"]},
		{"GET", "/segments", ""}, {"POST", "/segments", bodies["create-segment"]}, {"POST", "/segments/preview", bodies["preview-segment"]}, {"POST", "/audiences/overlap", bodies["audience-overlap"]},
		{"GET", "/ad-accounts", ""}, {"POST", "/ad-accounts", metaAccount},
		{"GET", "/panels", ""}, {"GET", "/reach-factors", ""}, {"GET", "/reach-calibration", ""}, {"POST", "/reach-estimates", people}, {"POST", "/panels", ""},
		{"POST", "/metrics", bodies["record-metrics"]}, {"POST", "/imports", bodies["start-import"]},
	} {
		c.path += map[bool]string{true: "&", false: "?"}[strings.Contains(c.path, "?")] + "partner_id="
		w.call(thief.manager, c.method, httpapi.Base+c.path+victim.id, c.body).refused(http.StatusNotFound, "partner_not_found")
		w.call(thief.manager, c.method, httpapi.Base+c.path+newID().String(), c.body).refused(http.StatusNotFound, "partner_not_found")
	}
}

// The table of roles, through HTTP: a role that may not is told so before
// anything is looked at.
func TestRolesThroughHTTP(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	keys := map[partners.Role]string{
		partners.RoleManager: h.manager, partners.RoleFinance: h.finance, partners.RoleApprover: h.approver,
		partners.RoleAnalyst: h.analyst, partners.RoleIngest: h.ingest,
	}
	ids := map[string]string{"partners": h.id, "keys": newID().String()}
	for path := range w.api.OpenAPI().Paths {
		if kind := strings.Split(path, "/")[1]; ids[kind] == "" {
			ids[kind] = newID().String()
		}
	}
	for path, item := range w.api.OpenAPI().Paths {
		for _, op := range operations(item) {
			if len(op.Security) > 0 { // proved by its signature, which is missing here
				if got := w.call(adminSecret, op.Method, at(path, ids), `{}`); got.StatusCode/100 != 4 {
					t.Errorf("%s %s without a proof: %d %s", op.Method, path, got.StatusCode, got.text)
				}
				continue
			}
			action := op.Metadata["action"].(partners.Action)
			for role, key := range keys {
				target := at(path, ids)
				if op.Method != http.MethodGet {
					target += "?validate_only=true"
				}
				got := w.call(key, op.Method, target, bodies[op.OperationID], "If-Match", "*")
				if refused := got.StatusCode == http.StatusForbidden; refused == role.Can(action) {
					t.Errorf("%s %s as %s: %d %s", op.Method, path, role, got.StatusCode, got.text)
				}
				if got.StatusCode == http.StatusForbidden && (got.str("code") != "role_not_allowed" || got.str("role") != string(role)) {
					t.Errorf("%s %s as %s: %s", op.Method, path, role, got.text)
				}
			}
			w.call("", op.Method, at(path, ids), bodies[op.OperationID]).want(http.StatusUnauthorized)
		}
	}
}
