package httpapi_test

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// analysed is a house whose campaign delivered in each of the last n local
// days, where the conversion rate of social fell by half in the last 7.
func analysed(t *testing.T, n int) (h *house, campaign string) {
	t.Helper()
	h = newHouse(newWorld(t), "Andes")
	campaign = h.active()
	var events []string
	for day := 1; day <= n; day++ {
		conversions := 20
		if day <= 7 {
			conversions = 10
		}
		for channel, c := range map[string]int{"social": conversions, "search": 20} {
			events = append(events, fmt.Sprintf(`{"event_id":"%s%d","campaign_id":%q,"occurred_at":%q,"channel":%q,"metrics":{"impressions":%d,"clicks":%d,"conversions":%d,"spend":"%d.00","revenue":"400.00"}}`,
				channel, day, path.Base(campaign), h.clock().AddDate(0, 0, -day).Format(time.RFC3339), channel, 20000+day%7*500, 400+day%7*10, c+day%3, 50+day%5*4))
		}
	}
	h.call(h.ingest, "POST", "/api/v1/metrics", `{"events":[`+strings.Join(events, ",")+`]}`).want(http.StatusOK)
	return h, campaign
}

// find is the place of the item of a list whose member has a value.
func (a *answer) find(list, member, value string) string {
	a.Helper()
	for i := range a.len(list) {
		if at := list + "." + strconv.Itoa(i); a.str(at+"."+member) == value {
			return at
		}
	}
	a.Fatalf("no %s with %s %s: %.600s", list, member, value, a.text)
	return ""
}

func TestAComparisonSaysWhereTheChangeComesFrom(t *testing.T) {
	h, campaign := analysed(t, 28)
	got := h.call(h.analyst, "GET", campaign+"/compare", nil).want(http.StatusOK)
	if got.str("period.last") != "2026-03-01" || got.str("period.first") != "2026-02-23" || got.str("against.last") != "2026-02-22" || !strings.Contains(string(got.text), `"by_weekday":true`) {
		t.Errorf("periods: %.500s", got.text)
	}
	cvr := got.find("items", "metric", "cvr")
	if got.str(cvr+".verdict") != "lower" || got.str(cvr+".method") == "" || got.num(cvr+".p_value") > 0.01 {
		t.Errorf("cvr: %.2000s", got.text)
	}
	cpa := got.find("decompositions", "kpi", "cpa")
	micros := func(at string) int64 {
		v, err := strconv.ParseFloat(got.str(at+".value.amount"), 64)
		if err != nil {
			t.Fatal(err)
		}
		return int64(math.Round(v * 1e6))
	}
	for _, list := range []string{".factors", ".groups"} {
		sum := int64(0)
		for i := range got.len(cpa + list) {
			sum += micros(fmt.Sprintf("%s%s.%d.contribution", cpa, list, i))
		}
		if want := micros(cpa + ".change"); sum != want || want <= 0 || want != micros(cpa+".after")-micros(cpa+".before") {
			t.Errorf("the %s sum to %d, the change is %d", list, sum, want)
		}
	}
	if got.str(cpa+".groups.0.group") != "social" {
		t.Errorf("groups: %.2000s", got.text)
	}
}

func TestInsightsAreSentencesInTwoLanguages(t *testing.T) {
	h, campaign := analysed(t, 28)
	english := h.call(h.analyst, "GET", campaign+"/insights", nil).want(http.StatusOK)
	spanish := h.call(h.analyst, "GET", campaign+"/insights", nil, "Accept-Language", "es-CO,es;q=0.9,en;q=0.5").want(http.StatusOK)
	asked := h.call(h.analyst, "GET", campaign+"/insights?lang=es", nil, "Accept-Language", "en").want(http.StatusOK)
	at := english.find("items", "code", "cpa_rose")
	if text := english.str(at + ".text"); !strings.HasPrefix(text, "CPA rose by ") || !strings.Contains(text, "from a lower conversion rate") || !strings.HasSuffix(text, "; mostly in social.") {
		t.Errorf("%q", text)
	}
	if text := spanish.str(at + ".text"); !strings.HasPrefix(text, "El CPA subió ") || !strings.Contains(text, "por una tasa de conversión más baja") || text != asked.str(at+".text") {
		t.Errorf("%q, asked for %q", text, asked.str(at+".text"))
	}
	if english.str(at+".tone") != "bad" || english.num(at+".q_value") > 0.1 || english.num(at+".change.sample.minimum") != 30 || english.num("tried") < 10 {
		t.Errorf("%.2000s", english.text)
	}
}

func TestALittleHistoryIsSaid(t *testing.T) {
	h, campaign := analysed(t, 1)
	h.call(h.analyst, "GET", campaign+"/forecast", nil).refused(http.StatusUnprocessableEntity, "too_little_history")
	got := h.call(h.analyst, "GET", campaign+"/insights", nil).want(http.StatusOK)
	if got.len("items") != 0 || got.len("untested") < 10 || got.num("days") != 1 {
		t.Errorf("%s", got.text)
	}
	trend := h.call(h.analyst, "GET", campaign+"/trends?metric=ctr", nil).want(http.StatusOK)
	if trend.str("items.0.direction") != "unknown" || trend.str("items.0.reason") != "too_few_days" || trend.str("items.0.slope_per_day.reason") != "too_few_days" {
		t.Errorf("%s", trend.text)
	}
	cmp := h.call(h.analyst, "GET", campaign+"/compare?period=yesterday", nil).want(http.StatusOK)
	if at := cmp.find("decompositions", "kpi", "cpa"); cmp.str(at+".factors_reason") != "no_conversions" || cmp.len(at+".factors") != 0 {
		t.Errorf("%s", cmp.text)
	}
}

func TestAForecastHasIntervalsAndItsRecord(t *testing.T) {
	h, campaign := analysed(t, 28)
	got := h.call(h.analyst, "GET", campaign+"/forecast?days=10", nil).want(http.StatusOK)
	at := got.find("items", "metric", "clicks")
	if got.len(at+".points") != 10 || got.str(at+".points.0.day") != "2026-03-02" || got.num("history_days") != 28 || got.str("confidence") == "low" || got.num(at+".accuracy.origins") < 1 {
		t.Errorf("%.3000s", got.text)
	}
	for i := range 10 {
		p := fmt.Sprintf("%s.points.%d.", at, i)
		bounds := []float64{got.num(p + "low_95.value"), got.num(p + "low_80.value"), got.num(p + "mid.value"), got.num(p + "high_80.value"), got.num(p + "high_95.value")}
		if !slices.IsSorted(bounds) || bounds[2] < 700 || bounds[2] > 1000 {
			t.Errorf("day %d: %v", i, bounds)
		}
	}
	if kpi := got.find("kpis", "metric", "cpa"); got.str(kpi+".total.value.amount") == "" {
		t.Errorf("%.3000s", got.text)
	}
	short, campaign := analysed(t, 4)
	if got := short.call(short.analyst, "GET", campaign+"/forecast", nil).want(http.StatusOK); got.str("confidence") != "low" {
		t.Errorf("four days: %.500s", got.text)
	}
}

// The world's campaign has a budget of 100.00 and has spent it.
func TestAForecastOfWhatDoesNotRunSaysSo(t *testing.T) {
	h, campaign := analysed(t, 28)
	got := h.call(h.analyst, "GET", campaign+"/forecast", nil).want(http.StatusOK)
	if at := got.find("factors", "name", "not_running"); got.num(at+".effect") != -1 || !strings.Contains(got.str(at+".text"), "budget is spent") {
		t.Errorf("%.3000s", got.text)
	}
}

func TestAPlannedBudgetIsAnsweredOrRefusedWithTheReason(t *testing.T) {
	h, campaign := analysed(t, 28)
	half := h.call(h.analyst, "GET", campaign+"/forecast?daily_budget=1.00", nil).want(http.StatusOK)
	if half.str("planned.daily_budget.amount") != "1.00" || half.str("planned.planned_daily_spend.amount") != "1.00" || half.len("planned.changes") != 5 {
		t.Errorf("%.3000s", half.text)
	}
	if at := half.find("factors", "name", "planned_budget"); half.num(at+".effect") > -0.5 {
		t.Errorf("%.3000s", half.text)
	}
	for amount, code := range map[string]string{"0": "validation_failed", "-1": "validation_failed", "1e9": "validation_failed", "many": "validation_failed", "1.0000001": "validation_failed"} {
		refused := h.call(h.analyst, "GET", campaign+"/forecast?daily_budget="+amount, nil).refused(http.StatusUnprocessableEntity, code)
		if refused.str("errors.0.path") != "daily_budget" {
			t.Errorf("%s: %s", amount, refused.text)
		}
	}
	short, campaign := analysed(t, 4)
	short.call(short.analyst, "GET", campaign+"/forecast?daily_budget=1.00", nil).refused(http.StatusUnprocessableEntity, "history_too_short")
}

// Late data and the days that pass do not change what was answered.
func TestAnAnswerCanBeReproduced(t *testing.T) {
	h, campaign := analysed(t, 20)
	paths := []string{"/trends?days=20", "/compare?period=last_7_days", "/insights?lang=en", "/forecast?days=3", "/forecast?daily_budget=1.00", "/compare?period=today"}
	var before []*answer
	for _, p := range paths {
		before = append(before, h.call(h.analyst, "GET", campaign+p, nil).want(http.StatusOK))
	}
	h.call(h.ingest, "POST", "/api/v1/metrics", fmt.Sprintf(`{"events":[{"event_id":"late","campaign_id":%q,"occurred_at":%q,"channel":"social","metrics":{"clicks":9000}}]}`,
		path.Base(campaign), h.clock().AddDate(0, 0, -3).Format(time.RFC3339))).want(http.StatusOK)
	h.sleep(50 * time.Hour)
	for i, p := range paths {
		moment := url.Values{"at": {before[i].str("at")}, "known_at": {before[i].str("known_at")}}.Encode()
		again := h.call(h.analyst, "GET", campaign+p+"&"+moment, nil).want(http.StatusOK)
		if !bytes.Equal(again.text, before[i].text) {
			t.Errorf("%s was\n%.1500s\nis\n%.1500s", p, before[i].text, again.text)
		}
		if now := h.call(h.analyst, "GET", campaign+p, nil).want(http.StatusOK); bytes.Equal(now.text, before[i].text) {
			t.Errorf("%s does not see the late data", p)
		}
	}
}

func TestWhatCannotBeAnalysedIsRefused(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	campaign := h.active()
	for path, code := range map[string]string{
		"/trends?metric=reach":                           "unknown_metric",
		"/trends?metric=nonsense":                        "unknown_metric",
		"/trends?days=0":                                 "invalid_days",
		"/trends?days=400":                               "invalid_days",
		"/forecast?days=0":                               "invalid_days",
		"/forecast?days=400":                             "invalid_days",
		"/forecast":                                      "too_little_history",
		"/compare?period=soon":                           "invalid_period",
		"/compare?period=last_0_days":                    "invalid_period",
		"/compare?period=last_400_days":                  "invalid_period",
		"/compare?period=2026-02-30/2026-03-01":          "invalid_period",
		"/compare?period=2026-02-05/2026-02-01":          "invalid_period",
		"/compare?period=2026-02-05/2027-02-01":          "invalid_period",
		"/compare?period=2016-02-05/2026-02-01":          "invalid_period",
		"/compare?period=2026-02-05/x":                   "invalid_period",
		"/compare?period=last_7_days&against=this_week/": "invalid_period",
		"/compare?period=last_7_days&against=yesterday":  "periods_overlap",
		"/compare?group_by=planet":                       "invalid_group_by",
	} {
		h.call(h.analyst, "GET", campaign+path, nil).refused(http.StatusUnprocessableEntity, code)
	}
	h.call(h.analyst, "GET", campaign+"/insights?lang=fr", nil).want(http.StatusBadRequest)
	h.call(h.analyst, "GET", campaign+"/trends?days=x", nil).want(http.StatusBadRequest)
	for _, p := range []string{"/trends", "/insights", "/compare"} {
		h.call(h.analyst, "GET", campaign+p, nil).want(http.StatusOK)
		h.call(h.analyst, "GET", "/api/v1/campaigns/"+newID().String()+p, nil).refused(http.StatusNotFound, "campaign_not_found")
	}
}
