package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const rulesAt = "/api/v1/alert-rules"

func TestAnAlertRuleSaysItsUnit(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	with := func(metric, operator, threshold string) string {
		return `{"name":"R","condition":{"metric":"` + metric + `","operator":"` + operator + `","threshold":` + threshold + `}}`
	}
	// Equivalents are one rule.
	for _, threshold := range []string{`{"value":"1.0","unit":"percent"}`, `{"value":"0.01","unit":"fraction"}`} {
		made := h.call(h.manager, "POST", rulesAt, with("ctr", "below", threshold)).want(http.StatusCreated)
		if made.str("condition.threshold.value") != "0.01" || made.str("condition.threshold.unit") != "fraction" {
			t.Errorf("%s became %s", threshold, made.text)
		}
	}
	for body, want := range map[string]string{
		with("ctr", "below", `1.0`):                                                                           "condition.threshold unit_required",
		with("ctr", "below", `"1.0"`):                                                                         "condition.threshold unit_required",
		with("ctr", "below", `{"value":"1.0"}`):                                                               "condition.threshold.unit unit_required",
		with("ctr", "below", `{"amount":"1.0","currency":"USD"}`):                                             "condition.threshold unit_mismatch",
		with("cpa", "above", `{"value":"1.0","unit":"percent"}`):                                              "condition.threshold unit_mismatch",
		with("cpa", "above", `{"amount":"1.0","currency":"XXX"}`):                                             "condition.threshold.currency unknown_currency",
		with("ctr", "below", `{"value":"101","unit":"percent"}`):                                              "condition.threshold out_of_range",
		with("impressions", "below", `{"value":"10","unit":"count"}`):                                         "condition.operator operator_mismatch",
		`{"name":"R","condition":{"metric":"ctr","operator":"below"}}`:                                        "condition.threshold required",
		`{"name":"R","condition":{"metric":"ctr","operator":"outside","low":{"value":"1","unit":"percent"}}}`: "condition.high required",
		strings.Replace(lowCTR, `{"name"`, `{"hysteresis":5,"name"`, 1):                                       "hysteresis unit_required",
		strings.Replace(lowCTR, `{"name"`, `{"window":{"kind":"days"},"name"`, 1):                             "window.days out_of_range",
		strings.Replace(lowCTR, `{"name"`, `{"scope":{"types":["PRINT"]},"name"`, 1):                          "scope.types[0] unknown_type",
		strings.Replace(lowCTR, `{"name"`, `{"scope":{"campaigns":["`+uuid.NewString()+`"]},"name"`, 1):       "scope.campaigns[0] campaign_not_found",
	} {
		got := h.call(h.manager, "POST", rulesAt, body).refused(http.StatusUnprocessableEntity, "validation_failed")
		if found := got.str("errors.0.path") + " " + got.str("errors.0.code"); found != want || got.str("errors.0.allowed") == "" {
			t.Errorf("%s: %s, want %s", body, got.text, want)
		}
	}
}

func TestAlertRulesAreMadeReadChangedAndDeleted(t *testing.T) {
	w := newWorld(t)
	h, other := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	campaign := strings.TrimPrefix(h.active(), "/api/v1/campaigns/")
	checked := h.call(h.finance, "POST", rulesAt+"?validate_only=true", lowCTR).want(http.StatusCreated)
	h.call(h.finance, "GET", rulesAt+"/"+checked.str("id"), nil).refused(http.StatusNotFound, "alert_rule_not_found")
	first := h.call(h.finance, "POST", rulesAt, lowCTR, "Idempotency-Key", onceKey).want(http.StatusCreated)
	again := h.call(h.finance, "POST", rulesAt, lowCTR, "Idempotency-Key", onceKey).want(http.StatusCreated)
	if first.str("id") != again.str("id") || first.str("state.status") != "armed" {
		t.Errorf("made %s and %s", first.text, again.text)
	}
	named := h.call(h.manager, "POST", rulesAt, strings.Replace(lowCTR, `{"name"`, `{"scope":{"campaigns":["`+uuid.NewString()+`"]},"name"`, 1))
	named.refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.manager, "POST", rulesAt, strings.Replace(lowCTR, `{"name"`, `{"scope":{"campaigns":["`+campaign+`"]},"name"`, 1)).want(http.StatusCreated)
	other.call(other.manager, "POST", rulesAt, lowCTR).want(http.StatusCreated)
	for query, want := range map[string]int{"": 2, "?campaign_id=" + campaign: 2, "?campaign_id=" + uuid.NewString(): 1, "?fields=name,state": 2} {
		if got := h.call(h.analyst, "GET", rulesAt+query, nil).want(http.StatusOK); got.len("items") != want {
			t.Errorf("%s: %s", query, got.text)
		}
	}
	if got := w.call(adminSecret, "GET", rulesAt, nil).want(http.StatusOK); got.len("items") != 3 {
		t.Errorf("an administrator sees %s", got.text)
	}
	at := rulesAt + "/" + first.str("id")
	rehearsed := h.call(h.manager, "PATCH", at+"?validate_only=true", `{"condition":{"metric":"cpa","operator":"above","threshold":{"amount":"5.00","currency":"USD"}}}`, "If-Match", "*").want(http.StatusOK)
	if rehearsed.num("minimum_sample") != 30 || rehearsed.str("window.kind") != "day" {
		t.Errorf("another metric: %s", rehearsed.text)
	}
	changed := h.call(h.manager, "PATCH", at, `{"enabled":false}`, "If-Match", first.Header.Get("ETag")).want(http.StatusOK)
	if changed.str("state.status") != "disabled" || changed.str("condition.metric") != "ctr" {
		t.Errorf("changed: %s", changed.text)
	}
	h.call(h.manager, "DELETE", at, nil).refused(http.StatusPreconditionRequired, "if_match_required")
	h.call(h.manager, "DELETE", at, nil, "If-Match", first.Header.Get("ETag")).refused(http.StatusPreconditionFailed, "stale_revision")
	h.call(h.manager, "DELETE", at+"?validate_only=true", nil, "If-Match", "*").want(http.StatusNoContent)
	h.call(h.manager, "DELETE", at, nil, "If-Match", changed.Header.Get("ETag")).want(http.StatusNoContent)
	h.call(h.manager, "GET", at, nil).refused(http.StatusNotFound, "alert_rule_not_found")
}

func TestAPreviewChangesNothing(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	h.active()
	before := w.seq(h.id)
	body := `{"name":"Busy","window":{"kind":"life"},"condition":{"metric":"impressions","operator":"at_least","threshold":{"value":"1","unit":"count"}}}`
	got := h.call(h.analyst, "POST", rulesAt+"/preview", body).want(http.StatusOK)
	if got.num("campaigns") != 1 || got.num("fired") != 0 || got.num("facts") != 0 || w.seq(h.id) != before {
		t.Errorf("preview: %s", got.text)
	}
	h.call(h.analyst, "POST", rulesAt+"/preview", strings.Replace(body, `{"value":"1","unit":"count"}`, "1", 1)).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(adminSecret, "POST", rulesAt+"/preview", body).refused(http.StatusUnprocessableEntity, "partner_required")
}

func TestAlertsAreFilteredAndKeepTheirHistory(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	campaign := strings.TrimPrefix(h.active(), "/api/v1/campaigns/")
	id := h.alert(campaign)
	for query, want := range map[string]int{
		"kind=budget_threshold": 1, "kind=rule,anomaly": 0, "severity=MEDIUM,HIGH": 1, "severity=LOW": 0, "rule_id=" + uuid.NewString(): 0,
		"state=FIRING&campaign_id=" + campaign: 1, "state=RESOLVED": 0,
	} {
		if got := h.call(h.analyst, "GET", "/api/v1/alerts?"+query, nil).want(http.StatusOK); got.len("items") != want {
			t.Errorf("%s: %s", query, got.text)
		}
	}
	at := "/api/v1/alerts/" + id
	h.call(h.manager, "POST", at+"/acknowledge", `{"note":"looking"}`).want(http.StatusOK)
	resolved := h.call(h.finance, "POST", at+"/resolve", `{"note":"raised the limit"}`).want(http.StatusOK)
	if resolved.str("note") != "raised the limit" || resolved.str("resolved_by") == "" {
		t.Errorf("resolved: %s", resolved.text)
	}
	h.call(h.manager, "POST", at+"/resolve", `{"note":"`+strings.Repeat("x", 501)+`"}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	first := h.call(h.analyst, "GET", at+"/history?limit=2", nil).want(http.StatusOK)
	rest := h.call(h.analyst, "GET", at+"/history?cursor="+first.str("next_cursor"), nil).want(http.StatusOK)
	if first.len("items") != 2 || rest.len("items") != 1 || rest.str("items.0.type") != "alert.resolved" || rest.str("items.0.data.note") != "raised the limit" {
		t.Errorf("history: %s\n%s", first.text, rest.text)
	}
}
