package httpapi_test

import (
	"database/sql"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/performance"
)

// TestAnInjectedDifferenceIsNamed changes a sum behind the program's back: it is
// found, aged, explained, and open again when its amount changes.
func TestAnInjectedDifferenceIsNamed(t *testing.T) {
	folder := t.TempDir()
	h := newHouse(newWorldOn(t, folder), "Andes")
	campaign := path.Base(h.active())
	for id, channel := range map[string]string{"a": "social", "b": "search"} {
		h.report(id, campaign, h.clock().Add(-24*time.Hour), `"channel":"`+channel+`","source":"meta","metrics":{"spend":"60.00"}`)
	}
	read := func(query string) *answer {
		return h.call(h.finance, "GET", "/api/v1/reconciliation?"+query, nil).want(http.StatusOK)
	}
	clean := read("")
	if clean.len("items") != 0 || clean.str("totals.0.ledger.amount") != "120.00" || clean.str("totals.0.reported.amount") != "120.00" || clean.num("totals.0.within_tolerance") != 2 ||
		clean.str("payments.state") != "compared" {
		t.Fatalf("%s", clean.text)
	}
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(folder, sqlstore.FileName)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	harm := func(micros int64) {
		res, err := raw.ExecContext(t.Context(), `UPDATE metric_rollups SET spend = $1 WHERE width = $2 AND channel = 'social'`, micros, int64(performance.Day))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := res.RowsAffected(); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	harm(57_500_000)
	h.sleep(9 * 24 * time.Hour)
	found := read("")
	if found.len("items") != 1 || found.str("items.0.difference.amount") != "2.50" || found.str("items.0.channel") != "social" || found.str("items.0.campaign_id") != campaign ||
		found.num("items.0.age_days") != 10 || found.str("items.0.state") != "open" || found.str("items.0.cause") != "amounts_differ" || found.num("totals.0.ageing.2.count") != 1 {
		t.Fatalf("%s", found.text)
	}
	if read("tolerance=2.50").len("items") != 0 || read("tolerance=2.49").len("items") != 1 || read("from=2026-03-02").len("items") != 0 || read("from=2026-03-01&to=2026-03-02").len("items") != 1 {
		t.Error("tolerance or days are not kept")
	}
	explain := "/api/v1/reconciliation/" + found.str("items.0.id") + "/explain"
	h.call(h.analyst, "POST", explain, `{"note":"no"}`).want(http.StatusForbidden)
	h.call(h.finance, "POST", explain, `{"note":"  "}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.finance, "POST", explain+"?validate_only=true", `{"note":"Fee"}`).want(http.StatusOK)
	if read("state=open").len("items") != 1 {
		t.Error("a rehearsal explained it")
	}
	events := h.seq(h.id)
	h.call(h.finance, "POST", explain, `{"note":"Meta's fee, invoice 4711"}`).want(http.StatusOK)
	got := read("state=explained")
	if got.str("items.0.explanation.note") != "Meta's fee, invoice 4711" || got.num("totals.0.open") != 0 || got.num("totals.0.explained") != 1 || h.seq(h.id) != events+1 {
		t.Errorf("%s", got.text)
	}
	other := newHouse(h.world, "Patagonia")
	other.call(other.finance, "POST", explain, `{"note":"mine"}`).refused(http.StatusNotFound, "difference_not_found")
	harm(0)
	if again := read(""); again.str("items.0.state") != "open" || again.str("items.0.cause") != "not_reported" {
		t.Errorf("another amount: %s", again.text)
	}
	h.call(h.finance, "GET", "/api/v1/reconciliation?from=2026-03-02&to=2026-03-02", nil).refused(http.StatusBadRequest, "invalid_days")
	for _, bad := range []string{"tolerance=-1", "tolerance=x", "from=2026-02-30", "cursor=x"} {
		if a := h.call(h.finance, "GET", "/api/v1/reconciliation?"+bad, nil); a.StatusCode != http.StatusBadRequest || strings.Contains(string(a.text), "internal") {
			t.Errorf("%s: %d %s", bad, a.StatusCode, a.text)
		}
	}
}
