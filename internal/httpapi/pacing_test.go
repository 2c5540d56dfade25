package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// planned is what the program wires pacing to: the plan of a budget is its
// limit over thirty days in Bogotá, its history what was delivered.
type planned struct{ w *world }

func (p planned) Subject(ctx context.Context, partner, budget uuid.UUID) (pacing.Subject, error) {
	b, err := p.w.services.Budgets.Get(ctx, partner, budget)
	if err != nil {
		return pacing.Subject{}, err
	}
	s := b.State()
	zone, err := time.LoadLocation(s.Timezone)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	return pacing.Subject{
		Partner: s.Partner, Budget: s.ID, Campaign: s.Campaign, Currency: s.Currency, Spent: s.Settled,
		Plan: pacing.Plan{Limit: s.Limit, Curve: s.Curve, Zone: zone, From: from, To: from.AddDate(0, 0, 30)},
	}, err
}

func (p planned) Days(ctx context.Context, s pacing.Subject, from, to time.Time) ([]pacing.ChannelDay, time.Time, error) {
	found, err := p.w.services.Performance.Metrics(ctx, s.Partner, s.Campaign, performance.Query{From: from, To: to, Granularity: "day", GroupBy: []string{"channel"}})
	var days []pacing.ChannelDay
	for _, item := range found.Items {
		days = append(days, pacing.ChannelDay{Day: localday.Of(item.From, s.Plan.Zone), Channel: item.Group["channel"], Spend: item.Spend,
			Results: map[pacing.Result]int64{pacing.Conversions: item.Conversions}})
	}
	return days, found.KnownAt, err
}

func TestPacingForecastAndEfficiencyThroughHTTP(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	campaign := strings.TrimPrefix(at, "/api/v1/campaigns/")
	budget := "/api/v1/budgets/" + h.call(h.manager, "GET", at+"/budget", nil).want(http.StatusOK).str("id")
	none := h.call(h.finance, "GET", budget+"/pacing", nil).want(http.StatusOK)
	if none.at("run_rate") != nil || none.at("projected_end") != nil || none.str("confidence") != "low" {
		t.Errorf("%s", none.text)
	}
	h.call(h.finance, "GET", budget+"/forecast", nil).refused(http.StatusUnprocessableEntity, "no_complete_day")
	var events []string
	for i := range 20 {
		for _, channel := range []string{"search", "display"} {
			events = append(events, fmt.Sprintf(`{"event_id":"p-%d-%s","campaign_id":%q,"occurred_at":%q,"channel":%q,
				"metrics":{"impressions":1000,"clicks":30,"conversions":%d,"spend":"%d.50"}}`, i, channel, campaign,
				h.clock().AddDate(0, 0, -i).Format(time.RFC3339), channel, 2+i%3, 1+(i*7)%5))
		}
	}
	h.call(h.manager, "POST", "/api/v1/metrics", `{"events":[`+strings.Join(events, ",")+`]}`).want(http.StatusOK)

	pace := h.call(h.finance, "GET", budget+"/pacing", nil).want(http.StatusOK)
	if pace.num("complete_days") != 19 || pace.str("run_rate.amount") == "" || pace.at("index") == nil || pace.at("known_at") == nil {
		t.Errorf("%s", pace.text)
	}
	ahead := h.call(h.finance, "GET", budget+"/forecast?days=7", nil).want(http.StatusOK)
	if ahead.len("days") != 7 || ahead.str("until") != "2026-03-08" || ahead.num("backtest.outlooks") == 0 || ahead.str("confidence") != "high" {
		t.Errorf("%s", ahead.text)
	}
	h.call(h.finance, "GET", budget+"/forecast?days=400", nil).want(http.StatusBadRequest)
	cost := h.call(h.finance, "GET", budget+"/efficiency?days=30", nil).want(http.StatusOK)
	if cost.len("items") != 2 || cost.str("items.0.average_cost.value.amount") == "" || cost.str("items.0.marginal_cost.value.amount") == "" {
		t.Errorf("%s", cost.text)
	}
	h.call(h.finance, "GET", budget+"/efficiency?result=joy", nil).want(http.StatusBadRequest)
}
