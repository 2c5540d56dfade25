package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// budgetOf is the path of an active campaign's budget, of 1 000 USD.
func (h *house) budgetOf() string {
	h.Helper()
	path := h.budgetPath(h.active())
	h.call(adminSecret, "PATCH", path, `{"limit":{"amount":"1000.00","currency":"USD"}}`, "If-Match", "*").want(http.StatusOK)
	return path
}

// budgetPath is the path of a campaign's budget.
func (h *house) budgetPath(campaign string) string {
	h.Helper()
	return "/api/v1/budgets/" + h.call(h.manager, "GET", campaign+"/budget", nil).want(http.StatusOK).str("id")
}

// stands wants a budget's figures.
func (h *house) stands(budget, settled, reserved, available, overdelivery string) {
	h.Helper()
	b := h.call(h.manager, "GET", budget, nil).want(http.StatusOK)
	got := [4]string{b.str("settled.amount"), b.str("reserved.amount"), b.str("available.amount"), b.str("overdelivery.amount")}
	if want := [4]string{settled, reserved, available, overdelivery}; got != want {
		h.Errorf("settled, reserved, available, overdelivery: %v, want %v", got, want)
	}
}

func TestAReservationComesToOneEnd(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	reserve := func(body string) *answer { return h.call(h.manager, "POST", budget+"/reservations", body) }
	first := reserve(`{"amount":"600.00","ttl_seconds":60}`).want(http.StatusCreated)
	if first.str("state") != "reserved" || first.at("revision") != 1.0 || first.str("amount.amount") != "600.00" || first.Header.Get("Location") != "/api/v1/reservations/"+first.str("id") {
		t.Errorf("%s", first.text)
	}
	h.stands(budget, "0.00", "600.00", "400.00", "0.00")
	refused := reserve(`{"amount":{"amount":"400.01","currency":"USD"}}`).refused(http.StatusConflict, "budget_exhausted")
	if refused.str("available.amount") != "400.00" || refused.str("scope") != "budget" {
		t.Errorf("%s", refused.text)
	}
	second := reserve(`{"amount":"400.00"}`).want(http.StatusCreated)
	at := func(r *answer, action string) string { return "/api/v1/reservations/" + r.str("id") + action }
	h.call(h.manager, "POST", at(first, "/commit"), `{"amount":"600.01"}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	done := h.call(h.manager, "POST", at(first, "/commit"), `{"amount":"450.00"}`).want(http.StatusOK)
	if done.str("state") != "committed" || done.at("revision") != 2.0 || done.str("committed.amount") != "450.00" {
		t.Errorf("%s", done.text)
	}
	h.stands(budget, "450.00", "400.00", "150.00", "0.00")
	h.call(h.manager, "POST", at(first, "/commit"), `{"amount":"450.00"}`).want(http.StatusOK) // again
	h.call(h.manager, "POST", at(first, "/commit"), `{"amount":"450.01"}`).refused(http.StatusConflict, "reservation_resolved")
	h.call(h.manager, "POST", at(first, "/release"), nil).refused(http.StatusConflict, "reservation_resolved")
	h.call(h.manager, "POST", at(second, "/release"), nil).want(http.StatusOK)
	h.call(h.manager, "POST", at(second, "/release"), nil).want(http.StatusOK)
	h.call(h.manager, "POST", at(second, "/commit"), `{"amount":"1.00"}`).refused(http.StatusConflict, "reservation_resolved")
	h.stands(budget, "450.00", "0.00", "550.00", "0.00")
}

func TestAReservationExpires(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	id := h.call(h.manager, "POST", budget+"/reservations", `{"amount":"1000.00","ttl_seconds":60}`).want(http.StatusCreated).str("id")
	w.sleep(time.Minute)
	if got := h.call(h.manager, "GET", "/api/v1/reservations/"+id, nil).want(http.StatusOK).str("state"); got != "expired" {
		t.Errorf("state %s", got)
	}
	h.stands(budget, "0.00", "0.00", "1000.00", "0.00")
	h.call(h.manager, "POST", budget+"/reservations", `{"amount":"1000.00"}`).want(http.StatusCreated)
	h.call(h.manager, "POST", "/api/v1/reservations/"+id+"/release", nil).refused(http.StatusConflict, "reservation_resolved")
	late := h.call(h.manager, "POST", "/api/v1/reservations/"+id+"/commit", `{"amount":"25.00"}`).want(http.StatusOK)
	if late.str("state") != "expired" || late.at("revision") != 3.0 || !strings.Contains(string(late.text), `"late":true`) || late.str("committed.amount") != "25.00" {
		t.Errorf("%s", late.text)
	}
	h.stands(budget, "0.00", "1000.00", "0.00", "25.00") // all is held by another: the late fact is beyond what was authorised
}

func TestSpendIsAlwaysRecorded(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	spend := func(id, amount string) *answer {
		return h.call(h.manager, "POST", budget+"/spend", fmt.Sprintf(`{"spend_id":%q,"amount":%q,"category":"social","occurred_at":%q}`, id, amount, w.clock().Format(time.RFC3339)))
	}
	spend("a", "900.00").want(http.StatusCreated)
	over := spend("b", "150.00").want(http.StatusCreated)
	if over.str("overdelivery.amount") != "50.00" {
		t.Errorf("%s", over.text)
	}
	spend("b", "150.00").want(http.StatusCreated)
	spend("b", "150.01").refused(http.StatusConflict, "spend_id_reused")
	h.stands(budget, "1000.00", "0.00", "0.00", "50.00")
	back := spend("c", "-2000.00").want(http.StatusCreated)
	if back.str("overdelivery.amount") != "-50.00" || back.str("credit.amount") != "950.00" {
		t.Errorf("%s", back.text)
	}
	h.stands(budget, "0.00", "0.00", "1000.00", "0.00")
	page := h.call(h.manager, "GET", budget+"/spend?limit=2", nil).want(http.StatusOK)
	if page.str("items.0.spend_id") != "c" || page.str("next_cursor") == "" {
		t.Errorf("%s", page.text)
	}
}

// A spend is found by the id that its sender has given it, whatever is in that.
func TestASpendIsReadByItsID(t *testing.T) {
	w := newWorld(t)
	h, other := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	budget := h.budgetOf()
	for _, id := range []string{"inv-7", "inv/7 ñ?#%2F", "inv+7"} {
		made := h.call(h.manager, "POST", budget+"/spend", map[string]string{"spend_id": id, "amount": "5.00"}).want(http.StatusCreated)
		at := made.Header.Get("Location")
		got := h.call(h.analyst, "GET", at, nil).want(http.StatusOK)
		if got.str("id") != id || got.str("spend_id") != id || got.at("revision") != 1.0 || got.str("amount.amount") != "5.00" || got.str("recorded_at") != made.str("recorded_at") {
			t.Errorf("%q at %s: %s", id, at, got.text)
		}
		other.call(other.manager, "GET", at, nil).refused(http.StatusNotFound, "budget_not_found")
	}
	h.call(h.manager, "GET", budget+"/spend/inv-8", nil).refused(http.StatusNotFound, "spend_not_found")
}

func TestReservationsThatCannotLast(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	budget := h.budgetOf()
	for _, seconds := range []string{"0", "-1", "9999999999"} {
		h.call(h.manager, "POST", budget+"/reservations", `{"amount":"1.00","ttl_seconds":`+seconds+`}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	}
}

func TestTheLedgerShowsWhatHappened(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	budget := h.budgetOf()
	id := h.call(h.manager, "POST", budget+"/reservations", `{"amount":"100.00","channel":"social"}`).want(http.StatusCreated).str("id")
	h.call(h.manager, "POST", "/api/v1/reservations/"+id+"/commit", `{"amount":"60.00"}`).want(http.StatusOK)
	got := h.call(h.finance, "GET", "/api/v1/ledger?type=committed&channel=social", nil).want(http.StatusOK)
	if got.str("items.0.lines.0.reference") != id || got.str("items.0.lines.0.postings.0.account") != "available" || got.str("items.0.lines.0.postings.0.amount.amount") != "40.00" {
		t.Errorf("%s", got.text)
	}
	h.call(h.finance, "GET", "/api/v1/ledger?type=nonsense", nil).refused(http.StatusBadRequest, "malformed_request")
	all := h.call(h.finance, "GET", "/api/v1/ledger?limit=1", nil).want(http.StatusOK)
	next := h.call(h.finance, "GET", "/api/v1/ledger?limit=1&cursor="+all.str("next_cursor"), nil).want(http.StatusOK)
	if !strings.Contains(string(all.text), `"seq":4`) || !strings.Contains(string(next.text), `"seq":3`) || next.str("items.0.lines.0.type") != "reserved" {
		t.Errorf("%s\n%s", all.text, next.text)
	}
}

func TestPartnersAndContractsBindToo(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	first, second := h.budgetOf(), h.budgetOf()
	bind := func(body string) {
		h.call(adminSecret, "PATCH", "/api/v1/partners/"+h.id, body, "If-Match", "*").want(http.StatusOK)
	}
	bind(`{"limits":{"daily_budget":{"amount":"1500.00","currency":"USD"}}}`)
	reserve := func(budget, amount string) *answer {
		return h.call(h.manager, "POST", budget+"/reservations", `{"amount":"`+amount+`","ttl_seconds":60}`)
	}
	reserve(first, "900.00").want(http.StatusCreated)
	if got := reserve(second, "700.00").refused(http.StatusConflict, "budget_exhausted"); got.str("scope") != "partner_day" || got.str("available.amount") != "600.00" {
		t.Errorf("%s", got.text)
	}
	bind(`{"limits":{"daily_budget":null},"contract":{"limit":{"amount":"1000.00","currency":"USD"}}}`)
	if got := reserve(second, "100.01").refused(http.StatusConflict, "budget_exhausted"); got.str("scope") != "contract" || got.str("available.amount") != "100.00" {
		t.Errorf("%s", got.text)
	}
	w.sleep(time.Minute) // what the first budget held is due, and the second may have it
	reserve(second, "1000.00").want(http.StatusCreated)
}
