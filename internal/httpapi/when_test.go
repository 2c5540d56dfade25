package httpapi_test

import (
	"net/http"
	"path"
	"strings"
	"testing"
	"time"
)

// A date is the start of that day where the campaign, or the partner, is.
func TestARangeIsOfMomentsOrOfLocalDays(t *testing.T) {
	h := newHouse(newWorld(t), "Andes") // Bogota, five hours behind
	at := h.active()
	day := h.clock().UTC().Truncate(24 * time.Hour)
	before, after := day.Add(5*time.Hour-time.Second), day.Add(5*time.Hour)
	if now := h.clock(); now.Before(after) {
		t.Fatalf("the tests' clock stands at %s, before Bogota's morning", now)
	}
	h.report("before", path.Base(at), before, `"channel":"social","metrics":{"clicks":1,"impressions":1}`)
	h.report("after", path.Base(at), after, `"channel":"social","metrics":{"clicks":10,"impressions":10}`)
	date, next := day.Format(time.DateOnly), day.Add(24*time.Hour).Format(time.DateOnly)
	for _, c := range []struct {
		from, to string
		clicks   float64
	}{
		{date, next, 10}, {"", date, 1}, {date, "", 10}, {"", "", 11},
		{day.Format(time.RFC3339), next, 11}, {before.Format(time.RFC3339), date, 1},
	} {
		for _, of := range []string{at + "/metrics", "/api/v1/partners/" + h.id + "/metrics"} {
			var args []string
			if c.from != "" {
				args = append(args, "from", c.from)
			}
			if c.to != "" {
				args = append(args, "to", c.to)
			}
			if got := h.read(of, args...).want(http.StatusOK); got.num("items.0.metrics.clicks") != c.clicks {
				t.Errorf("%s from %q to %q: %s, want %v clicks", of, c.from, c.to, got.text, c.clicks)
			}
		}
		for _, of := range []string{"/api/v1/ledger", "/api/v1/anomalies", at + "/anomalies", at + "/metrics/export", "/api/v1/ledger/export"} {
			h.read(of, "from", date, "to", next).want(http.StatusOK)
		}
	}
}

func TestRefusalsOfParametersSayWhatIsAllowed(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.draft()
	for _, c := range []struct{ of, name, value, code, allow string }{
		{at + "/metrics", "from", "yesterday", "invalid_time", "2026-11-01"},
		{at + "/metrics", "to", "2026-02-30", "invalid_time", "2026-11-01"},
		{at + "/metrics", "at", "2026-11-01", "invalid_time", "RFC 3339"},
		{at + "/metrics", "breakdown", "channel", "unknown_parameter", "allow_mixed, at, from, granularity, group_by, known_at, to"},
		{"/api/v1/campaigns/" + path.Base(at), "x", "1", "unknown_parameter", "none"},
	} {
		got := h.read(c.of, c.name, c.value).refused(http.StatusBadRequest, "malformed_request")
		if got.str("errors.0.path") != c.name || got.str("errors.0.code") != c.code || !strings.Contains(got.str("errors.0.allowed"), c.allow) {
			t.Errorf("%s=%s: %s, want %s and %q", c.name, c.value, got.text, c.code, c.allow)
		}
	}
}
