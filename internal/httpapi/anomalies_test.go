package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/performance/lookout"
)

// always is a lookout.Activity by which nothing was ever launched.
type always struct{}

func (always) Active(context.Context, uuid.UUID, uuid.UUID) ([]lookout.Period, error) {
	return nil, nil
}

// tenDays are hourly facts up to the world's present, with five times the
// spend in one hour.
func (h *house) tenDays(campaign string) (spike time.Time) {
	h.Helper()
	const hours = 10 * 24
	first := h.clock().Truncate(time.Hour).Add(-hours * time.Hour)
	spike = first.Add(200 * time.Hour)
	var events []string
	for i := range hours {
		at := first.Add(time.Duration(i) * time.Hour)
		n := 1000 + 400*((at.Hour()+7)%12) + i*37%90
		spend := n * 2
		if at.Equal(spike) {
			spend *= 5
		}
		events = append(events, fmt.Sprintf(`{"event_id":"h%d","campaign_id":%q,"occurred_at":%q,"channel":"search","metrics":{"impressions":%d,"clicks":%d,"spend":"%d.%02d"}}`,
			i, campaign, at.Add(30*time.Minute).Format(time.RFC3339), n*10, n/5, spend/100, spend%100))
	}
	h.call(h.ingest, "POST", "/api/v1/metrics", `{"events":[`+strings.Join(events, ",")+`]}`).want(http.StatusOK)
	if err := h.services.Anomalies.Tick(h.Context()); err != nil {
		h.Fatal(err)
	}
	return spike
}

func TestAnomaliesAreListed(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	at := h.active()
	campaign := strings.TrimPrefix(at, "/api/v1/campaigns/")
	spike := h.tenDays(campaign)

	hour := "?from=" + spike.Format(time.RFC3339) + "&to=" + spike.Add(time.Hour).Format(time.RFC3339)
	got := h.call(h.analyst, "GET", at+"/anomalies"+hour+"&kpi=spend&kind=spike&min_score=0.6", nil).want(http.StatusOK)
	if got.len("items") != 1 || got.str("items.0.campaign_id") != campaign || got.str("items.0.currency") != "USD" ||
		got.str("items.0.severity") != "CRITICAL" && got.str("items.0.severity") != "HIGH" || got.str("items.0.observed") != got.str("items.0.present") ||
		got.len("items.0.evidence") == 0 {
		t.Fatalf("the spike: %s", got.text)
	}
	first := h.call(h.analyst, "GET", at+"/anomalies"+hour+"&limit=1&fields=id,kpi,from", nil).want(http.StatusOK)
	second := h.call(h.analyst, "GET", at+"/anomalies"+hour+"&limit=1&cursor="+first.str("next_cursor"), nil).want(http.StatusOK)
	if first.str("items.0.id") <= second.str("items.0.id") {
		t.Errorf("not in order: %s %s", first.text, second.text)
	}
	if all := h.call(h.analyst, "GET", "/api/v1/anomalies"+hour+"&kpi=spend", nil).want(http.StatusOK); all.str("items.0.id") != got.str("items.0.id") {
		t.Errorf("of the partner: %s", all.text)
	}

	late := fmt.Sprintf(`{"events":[{"event_id":"late","campaign_id":%q,"occurred_at":%q,"channel":"search","metrics":{"spend":"-10.00"}}]}`, campaign, spike.Format(time.RFC3339))
	h.call(h.ingest, "POST", "/api/v1/metrics", late).want(http.StatusOK)
	restated := h.call(h.analyst, "GET", at+"/anomalies"+hour+"&kpi=spend", nil).want(http.StatusOK)
	if restated.str("items.0.observed") != got.str("items.0.observed") || restated.str("items.0.present") == got.str("items.0.observed") || !strings.Contains(string(restated.text), `"restated":true`) {
		t.Errorf("restated: %s", restated.text)
	}

	stranger := newHouse(w, "Patagonia")
	w.call(stranger.manager, "GET", at+"/anomalies", nil).refused(http.StatusNotFound, "campaign_not_found")
	w.call(stranger.manager, "GET", httpapi.Base+"/anomalies?campaign_id="+campaign, nil).refused(http.StatusNotFound, "campaign_not_found")
	if theirs := w.call(stranger.manager, "GET", httpapi.Base+"/anomalies", nil).want(http.StatusOK); theirs.len("items") != 0 {
		t.Errorf("a stranger sees %s", theirs.text)
	}
	h.call(h.analyst, "GET", at+"/anomalies?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", nil).refused(http.StatusUnprocessableEntity, "invalid_range")
	h.call(h.analyst, "GET", at+"/anomalies?kind=odd", nil).want(http.StatusBadRequest)
	h.call(h.analyst, "GET", at+"/anomalies?min_score=2", nil).want(http.StatusBadRequest)
}
