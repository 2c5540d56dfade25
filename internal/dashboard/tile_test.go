package dashboard

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

func TestAChangeIsGoodOrBadByItsMetric(t *testing.T) {
	l := mustLocale(t, language.English)
	for _, c := range []struct {
		metric      string
		now, before int64
		tone, text  string
		up          bool
	}{
		{"conversions", 120, 100, "good", "20.0%", true},
		{"conversions", 80, 100, "bad", "20.0%", false},
		{"cpa", 80, 100, "good", "20.0%", false},
		{"cpa", 120, 100, "bad", "20.0%", true},
		{"spend", 120, 100, "", "20.0%", true},
		{"ctr", 100, 100, "", "0.0%", false},
	} {
		d := l.compare(known(c.metric, c.now, "USD"), known(c.metric, c.before, "USD"), "vs")
		if d.Tone != c.tone || d.Text != c.text || d.Up != c.up {
			t.Errorf("%s from %d to %d: %+v", c.metric, c.before, c.now, d)
		}
	}
	for name, pair := range map[string][2]figure{
		"nothing before": {known("clicks", 1, ""), known("clicks", 0, "")}, "unknown before": {known("ctr", 1, ""), unknown("ctr", "no_impressions", "")}, "unknown now": {unknown("ctr", "no_impressions", ""), known("ctr", 1, "")},
	} {
		if d := l.compare(pair[0], pair[1], "vs"); d != nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestAGoalIsReachedFromItsOwnSide(t *testing.T) {
	l := mustLocale(t, language.English)
	for _, c := range []struct {
		metric         string
		actual, target int64
		met            bool
		width          int64
	}{
		{"conversions", 50, 100, false, 50}, {"conversions", 150, 100, true, 100}, {"cpa", 200, 100, false, 50}, {"cpa", 100, 100, true, 100}, {"cpa", 50, 100, true, 100}, {"revenue", -5, 100, false, 0},
	} {
		g := l.newGoal(known(c.metric, c.actual, "USD"), known(c.metric, c.target, "USD"))
		if g.Met != c.met || g.Meter.Width != c.width {
			t.Errorf("%s %d of %d: met %v, width %d", c.metric, c.actual, c.target, g.Met, g.Meter.Width)
		}
	}
	if g := l.newGoal(unknown("cpa", "no_conversions", "USD"), known("cpa", 100, "USD")); g.Met || g.Meter.Width != 0 {
		t.Errorf("an unknown cost: %+v", g)
	}
}

// Unknown is a dash with its reason, never a zero.
func TestUnknownIsNotZero(t *testing.T) {
	l := mustLocale(t, language.Spanish)
	var none performance.Totals
	none.Currency = "USD"
	for metric, reason := range map[string]string{"ctr": "Aún sin impresiones", "cpc": "Aún sin clics", "cpa": "Aún sin conversiones", "roas": "Aún sin gasto", "brand_lift": "Aún sin datos", "nonsense": "Aún no se sabe"} {
		f := figureIn(metric, none)
		if f.Known || l.Figure(f) != "–" || l.Reason(f.Reason) != reason {
			t.Errorf("%s: %q because %q", metric, l.Figure(f), l.Reason(f.Reason))
		}
	}
	if f := figureIn("clicks", none); !f.Known || l.Figure(f) != "0" {
		t.Errorf("clicks: %+v", f)
	}
}

func TestASparkLineStaysInItsBox(t *testing.T) {
	for _, values := range [][]int64{{1, 2}, {5, 5, 5}, {-3, 0, 9, 2}, {0, 9_000_000_000_000}} {
		path := sparkPath(values)
		if !strings.HasPrefix(path, "M0.0 ") || strings.Count(path, "L") != len(values)-1 {
			t.Errorf("%v: %s", values, path)
		}
	}
	if sparkPath([]int64{1}) != "" || sparkPath(nil) != "" {
		t.Error("one value is no line")
	}
}

// The chart has every bucket once, also on the days when clocks change.
func TestBucketsHaveNoGaps(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	must(t, err)
	now := time.Date(2026, 10, 26, 9, 30, 0, 0, time.UTC) // the day after the clocks went back
	days := bucketStarts(now, madrid, "day")
	if len(days) != daysBack {
		t.Fatalf("%d days", len(days))
	}
	for i := 1; i < len(days); i++ {
		if length := days[i].Sub(days[i-1]); length != 24*time.Hour && length != 25*time.Hour {
			t.Errorf("%s is %s long", days[i-1], length)
		}
		if at := days[i].In(madrid); at.Hour() != 0 {
			t.Errorf("a day begins at %s", at)
		}
	}
	if n := len(bucketStarts(now, madrid, "minute")); n != minutesBack {
		t.Errorf("%d minutes", n)
	}
	items := []performance.Item{{From: days[3]}, {From: now.AddDate(-1, 0, 0)}}
	items[0].Spend, items[0].Clicks = 1_234_560_000, 7
	all := points(days, items)
	if all[3].Spend != "1234.56" || all[3].Clicks != 7 || all[4].Spend != "0" {
		t.Errorf("points %+v", all[3:5])
	}
}

func TestTheMostUrgentComesFirst(t *testing.T) {
	w := newWorld(t)
	w.busy()
	_, body, _ := w.get("/", w.session("manager"), "en")
	last := -1
	for _, text := range []string{"6 things need you.", "Paused: its budget is spent", "CTR is 0.412%", "CPA is $14.54, above the goal", "Only $109.60 of the budget is left", "3 steps are missing", "its start has come"} {
		at := strings.Index(body, text)
		if at <= last {
			t.Errorf("%q comes at %d, after %d", text, at, last)
		}
		last = at
	}
}

func TestThePeriodDecidesWhatIsSummed(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, 0, 1000, 10, 1, 10)
	w.deliver(s.ID, 5*24*time.Hour, 2000, 10, 1, 20)
	w.deliver(s.ID, 12*24*time.Hour, 4000, 10, 1, 40)
	who := w.session("analyst")
	for period, want := range map[string]string{"today": "$10.00", "7d": "$30.00", "30d": "$70.00"} {
		_, body, _ := w.get("/?period="+period, who, "en")
		_, tile, _ := strings.Cut(body, `data-tile="spend"`)
		tile, _, _ = strings.Cut(tile, "tile-note")
		has(t, tile, want)
	}
	_, body, _ := w.get("/?period=7d", who, "en")
	has(t, body, "25.0%", "vs previous 7 days") // 30 after 40
}

// Amounts in two currencies are shown one at a time and never added.
func TestCurrenciesAreNotMixed(t *testing.T) {
	w := newWorld(t)
	dollars := w.running("Dólares", campaigns.Social)
	w.deliver(dollars.ID, 0, 1000, 10, 1, 10)
	c, err := w.campaigns.Create(t.Context(), w.by, campaigns.NewCampaign{
		Name: "Pesos", Type: campaigns.Social, Objective: campaigns.Traffic, Timezone: "America/Bogota",
		Goals: campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricClicks, Quantity: campaigns.Count(5)}}}, Budget: campaigns.BudgetTerms{Amount: money.New(9e12, "COP")},
	})
	must(t, err)
	w.deliver(c.State().ID, 0, 9999, 10, 1, 50000)
	_, body, _ := w.get("/", w.session("analyst"), "en")
	has(t, body, `currency=COP"`, `currency=USD" aria-current="true"`, "$10.00")
}
