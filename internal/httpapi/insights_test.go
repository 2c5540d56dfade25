package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/insight"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// judged shows campaigns to targeting insights.
type judged struct{ *world }

func newInsights(w *world) *insight.Service { return insight.NewService(judged{w}, w.clock) }

func (j judged) Subject(ctx context.Context, partner, campaign uuid.UUID) (insight.Subject, error) {
	c, err := j.services.Campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return insight.Subject{}, err
	}
	s := c.State()
	return insight.Subject{Partner: s.Partner, Currency: s.Currency, Targeting: s.Targeting}, nil
}

func (j judged) Parts(ctx context.Context, partner, campaign uuid.UUID, dimension string, from, to time.Time) (parts []insight.Part, known time.Time, err error) {
	found, err := j.services.Performance.Metrics(ctx, partner, campaign, performance.Query{From: from, To: to, GroupBy: []string{dimension}})
	for _, item := range found.Items {
		parts = append(parts, insight.Part{
			Dimension: dimension, Value: item.Group[dimension],
			Impressions: item.Impressions, Clicks: item.Clicks, Conversions: item.Conversions, Spend: item.Spend,
		})
	}
	return parts, found.KnownAt, err
}

func (j judged) People(ctx context.Context, partner uuid.UUID, c targeting.Configuration) (insight.Reach, bool) {
	e, err := j.services.Reach.Estimate(ctx, partner, reach.Request{Configuration: c})
	return insight.Reach{Low: e.Low, Mid: e.Mid, High: e.High}, err == nil
}

func TestTargetingInsightsThroughHTTP(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	campaign := h.active()
	id := strings.TrimPrefix(campaign, "/api/v1/campaigns/")
	empty := h.call(h.analyst, "GET", campaign+"/targeting/insights", nil).want(http.StatusOK)
	if empty.len("responses") != 0 || empty.len("notes") == 0 {
		t.Errorf("%s", empty.text)
	}
	at := h.clock().Add(-time.Hour).Format(time.RFC3339)
	var events []string
	for i, e := range []struct {
		device, audience string
		conversions      int
	}{{"mobile", "age=25-34|gender=female", 90}, {"desktop", "age=65+|gender=male", 31}} {
		events = append(events, fmt.Sprintf(`{"event_id":"insight-%d","campaign_id":%q,"occurred_at":%q,"channel":"social","source":"test","device":%q,"audience":%q,
			"metrics":{"impressions":20000,"clicks":900,"conversions":%d,"spend":"20.00"}}`, i, id, at, e.device, e.audience, e.conversions))
	}
	h.call(h.manager, "POST", "/api/v1/metrics", `{"events":[`+strings.Join(events, ",")+`]}`).want(http.StatusOK)
	found := h.call(h.analyst, "GET", campaign+"/targeting/insights?days=7", nil).want(http.StatusOK)
	if found.len("responses") != 6 || found.str("responses.0.dimension") != "age" || found.num("compared") == 0 || found.str("known_at") == "" {
		t.Fatalf("%s", found.text)
	}
	if !strings.Contains(string(found.text), `"verdict":"worse"`) || found.str("suggestions.0.action") != "narrow" ||
		found.num("suggestions.0.expected.cost_per_conversion.value") >= 0 || found.num("suggestions.0.expected.reach_before.mid") == 0 {
		t.Errorf("%s", found.text)
	}
	h.call(h.analyst, "GET", campaign+"/targeting/insights?days=0", nil).refused(http.StatusBadRequest, "malformed_request")
	h.call(h.ingest, "GET", campaign+"/targeting/insights", nil).refused(http.StatusForbidden, "role_not_allowed")

	// What is suggested can be sent as it is, taken back, and is not applied by
	// being looked at.
	suggestion, _ := found.at("suggestions.0.targeting").(map[string]any)
	h.call(h.manager, "POST", campaign+"/targeting/refine", suggestion).want(http.StatusOK)
	back := h.call(h.manager, "POST", campaign+"/targeting/rollback", `{"reason":"It was better before."}`).want(http.StatusOK)
	if back.at("targeting.exclusions") != nil {
		t.Errorf("%s", back.text)
	}
}
