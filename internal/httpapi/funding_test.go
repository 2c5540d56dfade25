package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/partners"
)

func TestALimitIsDividedAndMoved(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	h.call(h.manager, "POST", budget+"/spend", `{"spend_id":"s-1","amount":"120.00","category":"search"}`).want(http.StatusCreated)

	put := func(body string, match ...string) *answer {
		return h.call(h.manager, "PUT", budget+"/allocations", body, match...)
	}
	put(`{"allocations":[]}`).refused(http.StatusPreconditionRequired, "if_match_required")
	put(`{"allocations":[]}`, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale_revision")
	wrong := put(`{"allocations":[{"category":"search","amount":"700.00"},{"category":"search","amount":"0"},{"category":"social","amount":"600.00"}]}`, "If-Match", "*").
		refused(http.StatusUnprocessableEntity, "validation_failed")
	if wrong.len("errors") != 3 {
		t.Errorf("not every error at once: %s", wrong.text)
	}
	put(`{"allocations":[{"category":"search","amount":"1,5"}]}`, "If-Match", "*").want(http.StatusUnprocessableEntity)

	divided := put(`{"allocations":[{"category":"search","amount":"600.00"},{"category":"social","amount":"400.00"}]}`, "If-Match", "*").want(http.StatusOK)
	if divided.str("allocations.0.used.amount") != "120.00" || divided.str("allocations.0.available.amount") != "480.00" {
		t.Errorf("what was spent before is not held against it: %s", divided.text)
	}
	h.call(h.manager, "POST", budget+"/reservations", `{"amount":"80.00","channel":"search"}`).want(http.StatusCreated)
	refused := h.call(h.manager, "POST", budget+"/reservations", `{"amount":"400.01","channel":"search"}`).refused(http.StatusConflict, "budget_exhausted")
	if refused.str("scope") != "channel" || refused.str("available.amount") != "400.00" {
		t.Errorf("the channel does not bind: %s", refused.text)
	}

	move := func(key, body string) *answer { return h.call(key, "POST", budget+"/reallocate", body) }
	used := move(h.manager, `{"from":"search","to":"social","amount":"400.01"}`).refused(http.StatusConflict, "allocation_used")
	if used.str("available.amount") != "400.00" {
		t.Errorf("what is free is not said: %s", used.text)
	}
	move(h.manager, `{"from":"search","to":"video","amount":"1.00"}`).refused(http.StatusUnprocessableEntity, "allocation_not_found")
	move(h.manager, `{"from":"search","to":"social","amount":"-1.00"}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	moved := move(h.finance, `{"from":"search","to":"social","amount":"100.25","reason":"social sells"}`).want(http.StatusOK)
	if moved.str("allocations.0.amount.amount") != "499.75" || moved.str("allocations.1.amount.amount") != "500.25" {
		t.Errorf("moved: %s", moved.text)
	}

	// A reduction waits for nobody: the parts stay, and the limit binds before them.
	h.call(h.manager, "PATCH", budget, `{"limit":"300.00"}`, "If-Match", "*").want(http.StatusOK)
	bound := h.call(h.manager, "POST", budget+"/reservations", `{"amount":"100.01","channel":"social"}`).refused(http.StatusConflict, "budget_exhausted")
	if bound.str("scope") != "budget" || bound.str("available.amount") != "100.00" {
		t.Errorf("more than the limit is authorised within a part: %s", bound.text)
	}
}

func TestMoneyMovesBetweenCampaignsOfAPartner(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	from, to := h.budgetOf(), h.budgetOf()
	foreign := newHouse(w, "Patagonia").budgetOf()
	id := func(path string) string { return path[strings.LastIndex(path, "/")+1:] }
	transfer := func(amount, to string) *answer {
		return h.call(h.manager, "POST", from+"/transfer", `{"to_budget":"`+to+`","amount":"`+amount+`"}`)
	}
	transfer("100.00", id(foreign)).refused(http.StatusNotFound, "budget_not_found")
	transfer("100.00", id(from)).refused(http.StatusUnprocessableEntity, "same_budget")
	transfer("200.01", id(to)).refused(http.StatusConflict, "approval_required")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { transfer("40.00", id(to)) })
		all.Go(func() {
			h.call(h.manager, "POST", to+"/transfer", `{"to_budget":"`+id(from)+`","amount":"40.00"}`)
		})
	}
	all.Wait()
	a, b := h.call(h.manager, "GET", from, nil).want(http.StatusOK), h.call(h.manager, "GET", to, nil).want(http.StatusOK)
	if a.str("limit.amount") != "1000.00" || b.str("limit.amount") != "1000.00" {
		t.Errorf("%s and %s after as much each way", a.str("limit.amount"), b.str("limit.amount"))
	}
}

func TestExtraSpendTakesTwoPeople(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	raise := func(key, limit string) *answer {
		return h.call(key, "PATCH", budget, `{"limit":{"amount":"`+limit+`","currency":"USD"}}`, "If-Match", "*")
	}
	if got := raise(h.manager, "1500.00").refused(http.StatusConflict, "approval_required"); got.str("propose") != budget+"/extra-spend" || got.str("available.amount") != "200.00" {
		t.Errorf("the way is not said: %s", got.text)
	}
	raise(h.finance, "1100.00").want(http.StatusOK)
	raise(h.manager, "1200.01").refused(http.StatusConflict, "approval_required")
	propose := func(amount string) *answer {
		return h.call(h.manager, "POST", budget+"/extra-spend", `{"amount":"`+amount+`","reason":"Black Friday"}`)
	}
	if got := propose("100.00").want(http.StatusCreated); got.str("state") != "approved" || got.at("within_threshold") != true || got.at("revision") != 1.0 {
		t.Errorf("what one person may raise is not raised at once: %s", got.text)
	}
	propose("0").refused(http.StatusUnprocessableEntity, "validation_failed")
	propose("500000.00").refused(http.StatusUnprocessableEntity, "unusual_amount")
	asked := propose("500.00").want(http.StatusCreated)
	at := "/api/v1/extra-spend/" + asked.str("id")
	if asked.str("state") != "proposed" || asked.at("revision") != 1.0 || asked.Header.Get("Location") != at {
		t.Errorf("proposed: %s", asked.text)
	}
	for _, key := range []string{h.manager, h.finance, h.analyst} {
		h.call(key, "POST", at+"/approve", nil).refused(http.StatusForbidden, "role_not_allowed")
	}
	second := w.key(h.id, partners.RoleApprover)
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, key := range []string{h.approver, second, h.approver, second} {
		all.Go(func() {
			status := h.call(key, "POST", at+"/approve", `{"note":"until Monday"}`).StatusCode
			mu.Lock()
			defer mu.Unlock()
			switch status {
			case http.StatusOK:
				won++
			case http.StatusConflict:
				lost++
			}
		})
	}
	all.Wait()
	if got := h.call(h.manager, "GET", budget, nil); won != 1 || lost != 3 || got.str("limit.amount") != "1700.00" || got.str("raise_left.amount") != "0.00" {
		t.Errorf("%d approvals and %d refusals: %s", won, lost, got.text)
	}
	h.call(h.approver, "POST", at+"/deny", nil).refused(http.StatusConflict, "extra_spend_decided")

	// An administrator is one person too.
	mine := h.call(adminSecret, "POST", budget+"/extra-spend", `{"amount":"900.00","reason":"more"}`).want(http.StatusCreated)
	h.call(adminSecret, "POST", "/api/v1/extra-spend/"+mine.str("id")+"/approve", nil).refused(http.StatusForbidden, "same_person")
	if got := h.call(h.approver, "POST", "/api/v1/extra-spend/"+mine.str("id")+"/deny", `{"reason":"not this month"}`).want(http.StatusOK); got.str("note") != "not this month" || got.str("reason") != "more" {
		t.Errorf("denied: %s", got.text)
	}

	late := propose("600.00").want(http.StatusCreated).str("id")
	w.sleep(14 * 24 * time.Hour)
	h.call(h.approver, "POST", "/api/v1/extra-spend/"+late+"/approve", nil).refused(http.StatusConflict, "extra_spend_decided")
	for state, want := range map[string]int{"": 4, "approved": 2, "denied": 1, "expired": 1, "proposed": 0} {
		query := ""
		if state != "" {
			query = "?state=" + state
		}
		if got := h.call(h.analyst, "GET", "/api/v1/extra-spend"+query, nil).want(http.StatusOK); got.len("items") != want {
			t.Errorf("%q: %d, want %d: %s", state, got.len("items"), want, got.text)
		}
	}
}

func TestAPartnersGuard(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	const at = "/api/v1/budget-guard"
	if got := h.call(h.analyst, "GET", at, nil).want(http.StatusOK); got.at("is_default") != true || got.num("approval_percent") != 20 || got.Header.Get("ETag") != `"1"` {
		t.Errorf("the default: %s", got.text)
	}
	strict := `{"max_step_percent":10,"max_day_percent":20,"approval_percent":5,"ceiling":{"amount":"1040.00","currency":"USD"}}`
	h.call(h.manager, "PUT", at, strict, "If-Match", `"1"`).refused(http.StatusForbidden, "role_not_allowed")
	h.call(h.approver, "PUT", at, `{"max_step_percent":0,"max_day_percent":1001,"approval_percent":-1}`, "If-Match", "*").
		refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.approver, "PUT", at, strict, "If-Match", `"1"`).want(http.StatusOK)
	h.call(h.approver, "PUT", at, strict, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale_revision")
	for limit, code := range map[string]string{"1040.01": "above_ceiling", "2000.00": "above_ceiling"} {
		h.call(h.manager, "PATCH", budget, `{"limit":{"amount":"`+limit+`","currency":"USD"}}`, "If-Match", "*").refused(http.StatusUnprocessableEntity, code)
	}

	h.call(h.approver, "PUT", at, `{"max_step_percent":50,"max_day_percent":100,"approval_percent":0}`, "If-Match", "*").want(http.StatusOK)
	h.call(h.manager, "PATCH", budget, `{"limit":{"amount":"1000.01","currency":"USD"}}`, "If-Match", "*").refused(http.StatusConflict, "approval_required")
}

// A total budget is held against what its last four weeks have taken, and says so
// before anybody asks.
func TestARaiseFarBeyondTheLastWeeks(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	campaign := h.active()
	budget := "/api/v1/budgets/" + h.call(h.manager, "GET", campaign+"/budget", nil).want(http.StatusOK).str("id")
	h.call(h.approver, "PUT", "/api/v1/budget-guard", `{"max_step_percent":1000,"max_day_percent":1000,"approval_percent":1000}`, "If-Match", "*").want(http.StatusOK)
	before := h.call(h.manager, "GET", budget, nil).want(http.StatusOK)
	if before.str("limit.amount") != "100.00" || before.str("raise_left.amount") != "1000.00" {
		t.Fatalf("nothing is known yet: %s", before.text)
	}
	for ago := 1; ago <= 8; ago++ {
		h.report("d"+strconv.Itoa(ago), path.Base(campaign), h.clock().AddDate(0, 0, -ago), `"metrics":{"spend":"0.25"}`)
	}
	limit := func(amount string) *answer {
		return h.call(h.manager, "PATCH", budget, `{"limit":{"amount":"`+amount+`","currency":"USD"}}`, "If-Match", "*")
	}
	if got := h.call(h.analyst, "GET", budget, nil).want(http.StatusOK); got.str("raise_left.amount") != "101.999999" {
		t.Errorf("2.00 spent in 28 days allow 200 more, less a micro: %s", got.text)
	}
	limit("202.00").refused(http.StatusUnprocessableEntity, "unusual_amount")
	limit("201.99").want(http.StatusOK)
}

// broken is Guards whose store does not answer.
type broken struct{ budgets.Guards }

func (broken) Policy(context.Context, uuid.UUID) (budgets.Policy, error) {
	return budgets.Policy{}, errors.New("unreadable")
}

// What cannot be read allows nothing but less.
func TestAGuardThatCannotBeReadLetsNothingUp(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	blind := w.services
	blind.Budgets = budgets.NewService(w.db.Budgets(), broken{}, planned{w}, w.clock)
	blind.Funding = budgets.NewFunding(blind.Budgets, w.db.Extras(), w.db.Extras())
	url := w.serveOver(blind, answers{w.db.Idempotency()})
	limit := func(key, amount string) *answer {
		return w.callAt(url, key, "PATCH", budget, `{"limit":{"amount":"`+amount+`","currency":"USD"}}`, "If-Match", "*")
	}
	for _, key := range []string{h.manager, adminSecret} {
		limit(key, "1001.00").refused(http.StatusServiceUnavailable, "guard_unavailable").retryAfter()
	}
	w.callAt(url, h.manager, "POST", budget+"/extra-spend", `{"amount":"1.00","reason":"more"}`).refused(http.StatusServiceUnavailable, "guard_unavailable")
	lower := limit(h.manager, "999.00").want(http.StatusOK)
	if lower.str("limit.amount") != "999.00" || lower.at("raise_left") != nil {
		t.Errorf("lowered: %s", lower.text)
	}
}

func TestTheCurveOfABudget(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	patch := func(curve string) *answer {
		return h.call(h.manager, "PATCH", budget, `{"pacing_curve":`+curve+`}`, "If-Match", "*")
	}
	patch(`{"shape":"custom","points":[{"time":0.5,"spent":1.5}]}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.manager, "POST", budget+"/spend", `{"spend_id":"s-1","amount":"100.00"}`).want(http.StatusCreated)
	w.sleep(3 * 24 * time.Hour) // a tenth of the schedule
	even := h.call(h.manager, "GET", budget, nil).want(http.StatusOK)
	steep := patch(`{"shape":"custom","points":[{"time":0.1,"spent":0.5}]}`).want(http.StatusOK)
	if even.str("pacing_curve.shape") != "even" || even.str("pacing.status") != "on_track" || even.at("pacing.expected_by_now") == nil {
		t.Errorf("even: %s", even.text)
	}
	if steep.str("pacing.status") != "behind" || steep.str("pacing.expected_by_now.amount") == even.str("pacing.expected_by_now.amount") || steep.str("pacing_curve.shape") != "custom" {
		t.Errorf("half within a tenth: %s", steep.text)
	}
}
