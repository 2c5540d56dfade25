package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// billed is a house with spend in March within and beyond its budget of 100
// USD, and a restatement of it in April when March is closed.
func billed(t *testing.T) *house {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	report := func(id, channel, spend string, on time.Time) {
		h.report(id, path.Base(at), on, `"channel":"`+channel+`","source":"meta","metrics":{"spend":"`+spend+`"}`)
	}
	march := h.clock()
	report("a", "social", "60.00", march)
	report("b", "search", "50.00", march)
	report("c", "social", "-5.00", march)
	h.sleep(40 * 24 * time.Hour) // 11 April
	report("d", "search", "-20.00", march)
	report("e", "search", "7.00", h.clock())
	return h
}

func TestStatementsOverHTTP(t *testing.T) {
	h := billed(t)
	all := h.call(h.analyst, "GET", "/api/v1/statements", nil).want(http.StatusOK)
	if all.len("items") != 2 || all.str("items.0.month") != "2026-04" || all.str("items.1.state") != "closed" || strings.Contains(string(all.text), `"lines"`) {
		t.Fatalf("%s", all.text)
	}
	if all.str("items.1.currencies.0.closing.amount") != all.str("items.0.currencies.0.opening.amount") {
		t.Errorf("April does not begin where March ended: %s", all.text)
	}
	first := h.call(h.analyst, "GET", "/api/v1/statements?limit=1", nil).want(http.StatusOK)
	second := h.call(h.analyst, "GET", "/api/v1/statements?limit=1&cursor="+first.str("next_cursor"), nil).want(http.StatusOK)
	if second.str("items.0.month") != "2026-03" || second.str("next_cursor") != "" {
		t.Errorf("%s", second.text)
	}
	if one := h.call(h.finance, "GET", "/api/v1/statements?month=2026-03&fields=month", nil).want(http.StatusOK); one.str("items.0.month") != "2026-03" || one.len("items") != 1 {
		t.Errorf("%s", one.text)
	}
	march := h.call(h.finance, "GET", "/api/v1/statements/2026-03", nil).want(http.StatusOK)
	for member, want := range map[string]string{"opening": "0.00", "spent": "100.00", "overdelivery": "5.00", "credits": "0.00", "adjustments": "0.00", "closing": "-105.00"} {
		if got := march.str("currencies.0." + member + ".amount"); got != want {
			t.Errorf("March %s: %s, want %s", member, got, want)
		}
	}
	april := h.call(h.finance, "GET", "/api/v1/statements/2026-04", nil).want(http.StatusOK)
	if april.str("currencies.0.adjustments.amount") != "20.00" || april.str("currencies.0.adjusted.0.concerns") != "2026-03" || april.str("currencies.0.adjusted.0.channel") != "search" ||
		april.str("currencies.0.closing.amount") != "-92.00" || april.str("state") != "open" {
		t.Errorf("April %s", april.text)
	}
	h.call(h.finance, "GET", "/api/v1/statements/2026-3", nil).refused(http.StatusBadRequest, "invalid_month")
	h.call(h.finance, "GET", "/api/v1/journal?month=now", nil).refused(http.StatusBadRequest, "invalid_month")
	h.call(adminSecret, "GET", "/api/v1/statements/2026-03", nil).refused(http.StatusUnprocessableEntity, "partner_required")
	h.call(adminSecret, "GET", "/api/v1/statements/2026-03?partner_id="+h.id, nil).want(http.StatusOK)
	if empty := h.call(h.finance, "GET", "/api/v1/statements/2026-01", nil).want(http.StatusOK); empty.len("currencies") != 0 {
		t.Errorf("%s", empty.text)
	}
}

func TestStatementFiles(t *testing.T) {
	h := billed(t)
	for target, want := range map[string]string{
		"/statements/2026-03?format=csv":    "closing,2026-03,2026-03,USD,,,,0.00,0.00,0.00,100.00,5.00,0.00,0.00,-105.00\r\n",
		"/journal?month=2026-03&format=csv": "2100,Partner balances,55.00,0.00,USD,",
		"/ledger/export":                    "overdelivery,USD,",
		"/ledger/export?format=ndjson":      `"account":"overdelivery"`,
	} {
		got := h.call(h.analyst, "GET", "/api/v1"+target, nil).want(http.StatusOK)
		if !strings.Contains(string(got.text), want) || got.Trailer.Get("X-Export-Complete") != "true" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %v %s", target, got.Trailer, got.text)
		}
	}
	for _, target := range []string{"/statements/2026-03?format=xlsx", "/ledger/export?format=xlsx"} {
		got := h.call(h.analyst, "GET", "/api/v1"+target, nil).want(http.StatusOK)
		file, err := excelize.OpenReader(bytes.NewReader(got.text))
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := file.GetRows(file.GetSheetList()[0]); err != nil || len(rows) < 4 {
			t.Errorf("%s: %v %v", target, rows, err)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(h.call(h.analyst, "GET", "/api/v1/ledger/export", nil).text)).ReadAll()
	if err != nil || len(rows) < 20 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if campaign := slices.Index(rows[0], "campaign"); campaign < 0 || rows[1][campaign] == "" {
		t.Errorf("no campaign is named: %q", rows[:2])
	}
	if rounded := h.call(h.analyst, "GET", "/api/v1/journal?month=2026-04&round=true", nil).want(http.StatusOK); rounded.str("totals.0.debit.amount") != "27.00" {
		t.Errorf("%s", rounded.text)
	}
	journal := h.call(h.analyst, "GET", "/api/v1/journal?month=2026-04", nil).want(http.StatusOK)
	if journal.str("totals.0.debit.amount") != "27.00" || journal.str("totals.0.credit.amount") != "27.00" || journal.str("entries.0.lines.0.account_code") == "" {
		t.Errorf("%s", journal.text)
	}
}
