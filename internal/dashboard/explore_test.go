package dashboard

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// The page answers without scripts: by day and dimension, as of then, with what
// was restated, in both languages.
func TestExploreAnswersAsOfAnyMoment(t *testing.T) {
	w := newWorld(t)
	s := w.running("Exploración", campaigns.Social)
	w.deliver(s.ID, 26*time.Hour, 1000, 20, 2, 10)
	w.deliver(s.ID, time.Minute, 500, 10, 0, 5)
	_, err := w.metrics.Record(t.Context(), w.by, []performance.Event{{
		ID: "credit", Campaign: s.ID, OccurredAt: time.Now().Add(-26 * time.Hour).UnixMicro(), Cause: performance.CauseRefund, Reference: "CN-77",
		Dimensions: performance.Dimensions{Source: "=meta"}, Metrics: performance.Metrics{Spend: -4_000_000},
	}})
	must(t, err)
	analyst := w.session(partners.RoleAnalyst)
	at := "/campaigns/" + s.ID.String() + "/explore"
	for _, c := range []struct{ query, lang, want string }{
		{"", "en", "As we knew it at"},
		{"", "es", "Máquina del tiempo"},
		{"?since=7d", "en", "Refund"},
		{"?since=7d", "en", "CN-77"},
		{"?since=7d", "en", "1 event"},
		{"?step=day&by=source", "en", "=meta"},
		{"?step=total&range=all", "en", "1,500"},
		{"?known=2001-01-01T00:00", "en", "As known at"},
		{"?known=2999-01-01T00:00", "en", "lies in the future"},
		{"?at=2001-01-01T00:00", "en", "As happened by"},
		{"", "en", "known_at="},
		{"?range=custom&from=2026-03-02&to=2026-03-01", "en", "from must be before to"},
		{"?range=nonsense&step=week&by=planet", "en", "Restated days"},
	} {
		status, page, _ := w.get(at+c.query, analyst, c.lang)
		if !strings.Contains(page, c.want) || status >= 500 {
			t.Errorf("%q in %s: %d without %q", c.query, c.lang, status, c.want)
		}
	}
	status, table, header := w.get(at+"?step=day&by=source&download=csv", analyst, "en")
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/csv") || !strings.Contains(table, ",'=meta,USD,") {
		t.Errorf("%d %v\n%s", status, header, table)
	}
}
