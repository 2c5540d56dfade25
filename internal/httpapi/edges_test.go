package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
)

// impossible are no amounts: none of them may post anything, wherever it is sent.
var impossible = []string{
	`"9223372036854.775807"`, `"9223372036854.775808"`, `"-9223372036854.775808"`, `"-9223372036854.775809"`, // the ends of int64, and beyond
	`"0"`, `"-0"`, `"0.000000"`, `"1e400"`, `"1e3"`, `"NaN"`, `"Infinity"`, `"-Infinity"`, `"1.0000001"`, `"1,50"`, `""`, `"0x10"`, `"١"`, `null`, `true`, `[]`,
	`9007199254740993`, `1.5`, // numbers lose digits: only text is money
	`{"amount":"1.00","currency":"EUR"}`, `{"amount":"1.00","currency":"ZZZ"}`, `{"amount":"1.00","currency":"usd"}`, `{"amount":"1.00","currency":"XAU"}`,
	`{"amount":"1.00","currency":"JPY"}`, `{"amount":9007199254740993,"currency":"USD"}`, `{"amount":"1.5","currency":"CLF"}`,
}

// Every way in for an amount refuses what is no possible amount of the budget
// with a typed error, and leaves the ledger and the budget as they were.
func TestNoImpossibleAmountIsPosted(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	budget, other := h.budgetOf(), h.budgetOf()
	h.call(h.manager, "PUT", budget+"/allocations", `{"allocations":[{"category":"search","amount":"300.00"},{"category":"social","amount":"300.00"}]}`, "If-Match", "*").want(http.StatusOK)
	reservation := "/api/v1/reservations/" + h.call(h.manager, "POST", budget+"/reservations", `{"amount":"10.00"}`).want(http.StatusCreated).str("id")
	before := h.call(h.finance, "GET", budget, nil).want(http.StatusOK).text
	head := h.call(h.finance, "GET", "/api/v1/ledger?limit=1", nil).want(http.StatusOK).text
	ways := []struct {
		method, path, body string
		fine               []string // what is possible here
	}{
		{"POST", budget + "/reservations", `{"amount":%s}`, nil},
		{"POST", budget + "/spend", `{"spend_id":"edge","amount":%s}`, nil},
		{"PATCH", budget, `{"limit":%s}`, []string{`null`}}, // leaves it as it is
		{"PUT", budget + "/allocations", `{"allocations":[{"category":"search","amount":%s}]}`, nil},
		{"POST", budget + "/reallocate", `{"from":"search","to":"social","amount":%s}`, nil},
		{"POST", budget + "/transfer", `{"to_budget":"` + path.Base(other) + `","amount":%s}`, nil},
		{"POST", budget + "/extra-spend", `{"amount":%s,"reason":"edge"}`, nil},
		{"POST", reservation + "/commit", `{"amount":%s}`, []string{`"0"`, `"-0"`, `"0.000000"`}},
		{"POST", "/api/v1/campaigns", strings.Replace(draft, `{"amount":"100.00","currency":"USD"}`, `%s`, 1), // in a currency of its own
			[]string{`{"amount":"1.00","currency":"EUR"}`, `{"amount":"1.00","currency":"JPY"}`, `{"amount":"1.5","currency":"CLF"}`}},
	}
	for _, way := range ways {
		for _, amount := range impossible {
			if slices.Contains(way.fine, amount) {
				continue
			}
			got := h.call(h.manager, way.method, way.path, fmt.Sprintf(way.body, amount), "If-Match", "*")
			if (got.StatusCode != http.StatusUnprocessableEntity && got.StatusCode != http.StatusBadRequest) || got.str("code") == "" {
				t.Errorf("%s %s with %s: %d %s", way.method, path.Base(way.path), amount, got.StatusCode, got.text)
			}
		}
	}
	if after := h.call(h.finance, "GET", budget, nil).want(http.StatusOK).text; !bytes.Equal(after, before) {
		t.Errorf("the budget was\n%s\nand is\n%s", before, after)
	}
	if after := h.call(h.finance, "GET", "/api/v1/ledger?limit=1", nil).want(http.StatusOK).text; !bytes.Equal(after, head) {
		t.Errorf("the ledger ended with\n%s\nand ends with\n%s", head, after)
	}
}

// What is possible but unusual is exact: the largest amounts, and negative
// spends, which take back.
func TestTheLargestAmountsAreExact(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	budget := h.budgetOf()
	spend := func(id, amount string) *answer {
		return h.call(h.manager, "POST", budget+"/spend", `{"spend_id":"`+id+`","amount":"`+amount+`"}`)
	}
	const most = "1000000000000.00" // MaxLimit
	if got := spend("most", most).want(http.StatusCreated); got.str("overdelivery.amount") != "999999999000.00" {
		t.Errorf("%s", got.text)
	}
	for i := range 8 {
		spend(fmt.Sprint("more-", i), most).want(http.StatusCreated)
	}
	spend("beyond what can be held", most).refused(http.StatusUnprocessableEntity, "money_overflow")
	for i := range 9 {
		spend(fmt.Sprint("back-", i), "-"+most).want(http.StatusCreated)
	}
	h.stands(budget, "0.00", "0.00", "1000.00", "0.00")
	if got := spend("a micro", "-0.000001").want(http.StatusCreated); got.str("credit.amount") != "0.000001" {
		t.Errorf("%s", got.text)
	}
	for _, digits := range []string{"9007199254.740993", "0.000001", "123456789012.345678"} {
		if got := spend(digits, digits).want(http.StatusCreated); got.str("amount.amount") != digits {
			t.Errorf("%s became %s", digits, got.text)
		}
	}
}

// A limit may come as text in the budget's currency, and what is no amount is
// told what to send instead.
func TestALimitIsReadAsOtherAmountsAre(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	budget := h.budgetOf()
	patch := func(limit string) *answer {
		return h.call(adminSecret, "PATCH", budget, `{"limit":`+limit+`}`, "If-Match", "*")
	}
	for _, same := range []string{`"1234.5"`, `{"amount":"1234.50","currency":"USD"}`} {
		if got := patch(same).want(http.StatusOK); got.str("limit.amount") != "1234.50" || got.str("limit.currency") != "USD" {
			t.Errorf("%s: %s", same, got.text)
		}
	}
	for limit, want := range map[string][2]string{
		`1234.5`:                          {"limit", "money_malformed"},
		`true`:                            {"limit", "money_malformed"},
		`"1,5"`:                           {"limit", "money_malformed"},
		`{"amount":"1.00"}`:               {"limit", "money_malformed"},
		`{"amount":1.5,"currency":"USD"}`: {"limit", "money_malformed"},
		`{"amount":"1.0000001","currency":"USD"}`:            {"limit", "money_too_precise"},
		`{"amount":"9223372036854.775808","currency":"USD"}`: {"limit", "money_overflow"},
		`{"amount":"1.00","currency":"ZZZ"}`:                 {"limit.currency", "unknown_currency"},
		`{"amount":"1.00","currency":"EUR"}`:                 {"limit.currency", "currency_mismatch"},
	} {
		got := patch(limit).refused(http.StatusUnprocessableEntity, "validation_failed")
		if is := [2]string{got.str("errors.0.path"), got.str("errors.0.code")}; is != want {
			t.Errorf("%s: %v, want %v", limit, is, want)
		}
	}
}

// A budget in mid-day keeps its zone: with another, one local day would have
// had its money twice, or none.
func TestABudgetDoesNotMoveToAnotherZone(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	zone := h.call(h.manager, "GET", at, nil).want(http.StatusOK).str("timezone")
	h.call(h.manager, "PATCH", at, `{"timezone":"Pacific/Apia"}`, "If-Match", "*").refused(http.StatusUnprocessableEntity, "validation_failed")
	for _, is := range [][2]string{{"timezone", "Pacific/Apia"}, {"currency", "EUR"}, {"kind", "daily"}} {
		got := h.call(adminSecret, "PATCH", h.budgetPath(at), `{"`+is[0]+`":"`+is[1]+`","limit":"7.00"}`, "If-Match", "*").refused(http.StatusUnprocessableEntity, "validation_failed")
		if got.str("errors.0.path") != is[0] || got.str("errors.0.code") != "immutable" || !strings.Contains(got.str("errors.0.detail"), "never changes") {
			t.Errorf("the refusal does not say that the %s never changes: %s", is[0], got.text)
		}
	}
	h.call(h.manager, "PATCH", h.budgetPath(at), `{"timezone":"`+zone+`","currency":"USD","kind":"total"}`, "If-Match", "*").want(http.StatusOK) // as it is
	h.call(adminSecret, "PATCH", "/api/v1/partners/"+h.id, `{"timezone":"Pacific/Apia"}`, "If-Match", "*").want(http.StatusOK)
	if got := h.call(h.manager, "GET", at+"/budget", nil).want(http.StatusOK).str("timezone"); got != zone {
		t.Errorf("the budget's days are of %s, the campaign's of %s", got, zone)
	}
}
