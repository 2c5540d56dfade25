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

// Days that were reported for the first time are one line; the restated ones
// come seven a page, the newest first.
func TestRestatedDaysComeInPages(t *testing.T) {
	w := newWorld(t)
	s := w.running("Restated", campaigns.Social)
	w.deliver(s.ID, 72*time.Hour, 1000, 20, 2, 10)
	w.deliver(s.ID, 96*time.Hour, 1000, 20, 2, 10)
	first := func(back int) performance.Event {
		return performance.Event{
			ID: "refund " + time.Duration(back).String(), Campaign: s.ID, OccurredAt: time.Now().AddDate(0, 0, -back).UnixMicro(),
			Cause: performance.CauseRefund, Reference: "CN", Metrics: performance.Metrics{Clicks: 1},
		}
	}
	var events []performance.Event
	for back := 10; back < 18; back++ {
		events = append(events, first(back))
	}
	_, err := w.metrics.Record(t.Context(), w.by, events)
	must(t, err)
	analyst := w.session(partners.RoleAnalyst)
	at := "/campaigns/" + s.ID.String() + "/explore?since=30d"
	for query, want := range map[string]struct {
		listed int
		says   []string
	}{
		"":               {7, []string{"2 days were reported for the first time after they were over", "Page 1 of 2", "days=2"}},
		"&days=2":        {1, []string{"Page 2 of 2", "days=1"}},
		"&days=99":       {1, []string{"Page 2 of 2"}},
		"&days=nonsense": {7, []string{"Page 1 of 2"}},
	} {
		status, page, _ := w.get(at+query, analyst, "en")
		if got := strings.Count(page, `class="deltas"`); status != http.StatusOK || got != want.listed {
			t.Errorf("%q: %d, %d days are listed, want %d", query, status, got, want.listed)
		}
		for _, text := range want.says {
			if !strings.Contains(page, text) {
				t.Errorf("%q does not say %q", query, text)
			}
		}
	}
}
