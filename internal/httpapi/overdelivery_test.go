package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

func (p planned) PlatformDays(ctx context.Context, b *budgets.Budget, from, to localday.Day) ([]budgets.PlatformDay, error) {
	s := b.State()
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return nil, err
	}
	start, _ := localday.Bounds(from, zone)
	end, _ := localday.Bounds(to, zone)
	found, err := p.w.services.Performance.Metrics(ctx, s.Partner, s.Campaign, performance.Query{From: start, To: end, Granularity: "day", GroupBy: []string{"source"}})
	if errors.Is(err, performance.ErrNotFound) {
		return nil, nil
	}
	var days []budgets.PlatformDay
	for _, item := range found.Items {
		days = append(days, budgets.PlatformDay{Day: localday.Of(item.From, zone), Platform: item.Group["source"], Spend: item.Spend})
	}
	return days, err
}

// What a platform announces to spend beyond a daily limit is told from what it
// does not.
func TestOverdeliveryIsHeldAgainstThePlatformsOwnRules(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	kind := strings.Replace(draft, `"budget":{`, `"budget":{"kind":"daily",`, 1)
	at := h.call(h.manager, "POST", "/api/v1/campaigns", kind).want(http.StatusCreated).Header.Get("Location")
	budget := "/api/v1/budgets/" + h.call(h.manager, "GET", at+"/budget", nil).want(http.StatusOK).str("id")
	h.call(h.manager, "PATCH", budget, `{"limit":{"amount":"100.00","currency":"USD"},"confirm_unusual":true}`, "If-Match", "*").want(http.StatusOK)
	report := func(id string, ago int, source, spend string) {
		h.report(id, path.Base(at), h.clock().AddDate(0, 0, -ago), `"source":"`+source+`","metrics":{"spend":"`+spend+`"}`)
	}
	report("google", 2, "google_ads", "200.00")
	report("meta", 1, "meta_ads", "130.00")
	if got := h.call(h.analyst, "GET", budget, nil).want(http.StatusOK); got.at("overdelivery_abnormal") != nil {
		t.Errorf("nothing of today lies beyond: %s", got.text)
	}
	report("other", 0, "tiktok_ads", "100.50")
	if got := h.call(h.analyst, "GET", budget, nil).want(http.StatusOK); got.at("overdelivery_abnormal") != true {
		t.Errorf("nobody announces it: %s", got.text)
	}
	got := h.call(h.analyst, "GET", budget+"/overdelivery", nil).want(http.StatusOK)
	if got.len("items") != 3 || got.num("abnormal_days") != 2 || got.at("items.0.abnormal") != true || got.at("items.1.abnormal") != true || got.at("items.2.abnormal") != false {
		t.Fatalf("%s", got.text)
	}
	for member, want := range map[string]string{
		"items.1.within_limit": "100.00", "items.1.overdelivery": "30.00", "items.1.announced": "26.00", "items.1.platforms.0.spend": "130.00",
		"items.2.announced": "100.00", "items.2.platforms.0.month_spend": "200.00",
	} {
		if got.str(member+".amount") != want {
			t.Errorf("%s is %s, want %s", member, got.str(member+".amount"), want)
		}
	}
	if got.num("items.2.platforms.0.month_rule_percent") != 3040 || got.at("items.1.platforms.0.month_rule_percent") != nil || got.num("items.0.platforms.0.day_rule_percent") != 100 {
		t.Errorf("%s", got.text)
	}
	yesterday := got.str("items.1.day")
	if one := h.call(h.analyst, "GET", budget+"/overdelivery?from="+yesterday+"&to="+got.str("items.0.day"), nil).want(http.StatusOK); one.len("items") != 1 || one.str("items.0.day") != yesterday {
		t.Errorf("%s", one.text)
	}
	h.call(h.analyst, "GET", budget+"/overdelivery?from="+yesterday+"&to="+yesterday, nil).refused(http.StatusBadRequest, "invalid_days")
}
