package httpapi_test

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
)

const conversions = `"channel":"social","metrics":{"impressions":100,"conversions":2,"revenue":"10.00","spend":"4.00"}`

func (h *house) declare(source string, click, view int) *answer {
	h.Helper()
	return h.call(h.manager, "PUT", "/api/v1/partners/"+h.id+"/sources/"+source,
		fmt.Sprintf(`{"attribution_window":{"click_days":%d,"view_days":%d}}`, click, view))
}

func TestSourcesAreDeclared(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := "/api/v1/partners/" + h.id + "/sources"
	first := h.declare("meta%20ads", 7, 1).want(http.StatusOK)
	if again := h.declare("meta%20ads", 7, 1).want(http.StatusOK); again.Header.Get("ETag") != first.Header.Get("ETag") {
		t.Errorf("declared again: %s", again.text)
	}
	h.call(h.manager, "PUT", at+"/meta%20ads", `{"attribution_window":{"click_days":28,"view_days":0}}`, "If-Match", `"9"`).refused(http.StatusPreconditionFailed, "stale_revision")
	h.declare("meta%20ads", 91, 0).want(http.StatusUnprocessableEntity)
	h.call(h.analyst, "PUT", at+"/x", bodies["declare-source"]).want(http.StatusForbidden)
	if list := h.call(h.analyst, "GET", at, nil).want(http.StatusOK); list.len("items") != 1 || list.str("items.0.source") != "meta ads" || list.num("items.0.attribution_window.click_days") != 7 {
		t.Errorf("sources %s", list.text)
	}
	h.call(h.manager, "DELETE", at+"/meta%20ads", nil).want(http.StatusNoContent)
	h.call(h.manager, "DELETE", at+"/meta%20ads", nil).refused(http.StatusNotFound, "source_not_found")
	h.call(h.manager, "GET", at+"/meta%20ads", nil).refused(http.StatusNotFound, "source_not_found")
	if back := h.declare("meta%20ads", 1, 1).want(http.StatusOK); back.num("revision") != 3 {
		t.Errorf("declared once more: %s", back.text)
	}
}

func TestConversionsUnderDifferentWindowsHaveNoSum(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	for i, source := range []string{"meta", "google", "crm"} {
		h.report(fmt.Sprint(i), path.Base(at), h.clock(), `"source":"`+source+`",`+conversions)
	}
	h.report("seen", path.Base(at), h.clock(), `"source":"video","channel":"video","metrics":{"impressions":50}`)
	// Nobody has declared anything: one group, added up.
	if got := h.read(at + "/metrics").want(http.StatusOK); got.num("items.0.metrics.conversions") != 6 || got.at("mixed") != false {
		t.Errorf("undeclared %s", got.text)
	}
	h.declare("meta", 7, 1).want(http.StatusOK)
	refused := h.read(at+"/metrics").refused(http.StatusUnprocessableEntity, "mixed_attribution_windows")
	for _, word := range []string{"meta", "google", "crm", "7-day click, 1-day view", "undeclared", "allow_mixed"} {
		if !strings.Contains(string(refused.text), word) {
			t.Errorf("the refusal does not say %q: %s", word, refused.text)
		}
	}
	h.declare("google", 7, 1).want(http.StatusOK)
	mixed := h.read(at+"/metrics", "allow_mixed", "true").want(http.StatusOK)
	if mixed.len("items") != 2 || mixed.at("mixed") != true || mixed.num("items.0.metrics.conversions")+mixed.num("items.1.metrics.conversions") != 6 {
		t.Errorf("mix %s", mixed.text)
	}
	for i := range 2 {
		item := fmt.Sprintf("items.%d.", i)
		declared, _ := mixed.at(item + "mix.attribution_declared").(bool)
		if want := map[bool]float64{true: 4, false: 2}[declared]; mixed.num(item+"metrics.conversions") != want {
			t.Errorf("declared %v: %s", declared, mixed.text)
		}
	}
	// What mixes nothing is answered: by source, and another channel.
	if got := h.read(at+"/metrics", "group_by", "source").want(http.StatusOK); got.len("items") != 4 || got.at("mixed") != false {
		t.Errorf("by source %s", got.text)
	}
	h.declare("crm", 7, 1).want(http.StatusOK)
	if got := h.read(at + "/metrics").want(http.StatusOK); got.len("items") != 1 || got.num("items.0.metrics.conversions") != 6 || got.num("items.0.metrics.impressions") != 350 {
		t.Errorf("one window %s", got.text)
	}
}

func TestAPartnersTotalsRefuseToLie(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	euros := func(zone string) string {
		body := strings.NewReplacer(`"currency":"USD"`, `"currency":"EUR"`).Replace(draft)
		if zone != "" {
			body = strings.Replace(body, `{`, `{"timezone":"`+zone+`",`, 1)
		}
		return path.Base(h.call(h.manager, "POST", "/api/v1/campaigns", body).want(http.StatusCreated).Header.Get("Location"))
	}
	one, two := path.Base(h.draft()), path.Base(h.draft())
	h.report("1", one, h.clock(), `"source":"a","metrics":{"impressions":10,"spend":"1.00","reach":5}`)
	h.report("2", two, h.clock(), `"source":"b","metrics":{"impressions":20,"spend":"2.00","reach":6}`)
	at := "/api/v1/partners/" + h.id + "/metrics"
	sum := h.read(at).want(http.StatusOK)
	if sum.len("items") != 1 || sum.num("items.0.metrics.impressions") != 30 || sum.str("items.0.metrics.spend.amount") != "3.00" ||
		sum.at("items.0.metrics.reach") != nil || sum.str("items.0.metrics.reach_reason") != "reach_not_additive" || sum.str("items.0.kpis.frequency.reason") != "reach_not_additive" {
		t.Errorf("sum %s", sum.text)
	}
	if got := h.read(at, "group_by", "campaign").want(http.StatusOK); got.len("items") != 2 || got.num("items.0.metrics.reach")+got.num("items.1.metrics.reach") != 11 {
		t.Errorf("by campaign %s", got.text)
	}
	h.report("3", euros("Asia/Tokyo"), h.clock(), `"source":"a","metrics":{"impressions":40,"spend":"4.00"}`)
	h.read(at).refused(http.StatusUnprocessableEntity, "mixed_currencies")
	mixed := h.read(at, "allow_mixed", "true").want(http.StatusOK)
	if mixed.len("items") != 2 || mixed.at("mixed") != true || mixed.str("currency") != "" || mixed.str("items.0.mix.currency") == mixed.str("items.1.mix.currency") {
		t.Errorf("mix %s", mixed.text)
	}
	if got := h.read(at, "group_by", "type", "granularity", "day").want(http.StatusUnprocessableEntity); got.str("code") != "mixed_currencies" {
		t.Errorf("days %s", got.text)
	}
	then := h.read(at, "known_at", sum.str("known_at")).want(http.StatusOK)
	if then.num("items.0.metrics.impressions") != 30 || then.len("items") != 1 {
		t.Errorf("as known then %s", then.text)
	}
	h.read(at, "group_by", "planet").refused(http.StatusUnprocessableEntity, "invalid_group_by")
}

func TestDaysOfDifferentZonesHaveNoSum(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	tokyo := path.Base(h.call(h.manager, "POST", "/api/v1/campaigns", strings.Replace(draft, `{`, `{"timezone":"Asia/Tokyo",`, 1)).want(http.StatusCreated).Header.Get("Location"))
	h.report("1", path.Base(h.draft()), h.clock(), `"metrics":{"clicks":1}`)
	h.report("2", tokyo, h.clock(), `"metrics":{"clicks":2}`)
	at := "/api/v1/partners/" + h.id + "/metrics"
	from := h.clock().AddDate(0, 0, -3).Format("2006-01-02T00:00:00Z")
	if got := h.read(at, "granularity", "hour").want(http.StatusOK); got.num("items.0.metrics.clicks") != 3 {
		t.Errorf("by hour %s", got.text)
	}
	days := []string{"granularity", "day", "from", from, "to", h.clock().AddDate(0, 0, 1).Format("2006-01-02T15:04:05Z")}
	refused := h.read(at, days...).refused(http.StatusUnprocessableEntity, "mixed_time_zones")
	if !strings.Contains(string(refused.text), "Asia/Tokyo") {
		t.Errorf("the refusal does not name the zones: %s", refused.text)
	}
	got := h.read(at, append(days, "allow_mixed", "true")...).want(http.StatusOK)
	if got.len("items") != 2 || got.str("items.0.mix.timezone") == got.str("items.1.mix.timezone") {
		t.Errorf("by day %s", got.text)
	}
}
