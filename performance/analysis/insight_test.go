package analysis

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

func TestWhatIsToldIsSureLargeAndSaidOnce(t *testing.T) {
	cpa := &Decomposition{KPI: "cpa", Change: 100, Factors: []Factor{{Name: "cvr", Contribution: 95}, {Name: "cpm", Contribution: 4}, {Name: "ctr", Contribution: 1}}}
	found := []Insight{
		{Kind: "change", Metric: "cpa", Up: true, P: 0.0001, relative: 0.3, Decomposition: cpa},
		{Kind: "change", Metric: "cvr", P: 0.0001, relative: -0.25},     // why CPA rose
		{Kind: "change", Metric: "cpm", P: 0.0001, relative: 0.05},      // a trifle
		{Kind: "trend", Metric: "cpa", Up: true, P: 0.001, relative: 1}, // said
		{Kind: "trend", Metric: "ctr", Up: true, P: 0.02, relative: 0.4},
		{Kind: "change", Metric: "clicks", P: 0.2, relative: 0.9}, // may be chance
	}
	var codes []string
	for _, i := range chosen(found) {
		codes = append(codes, i.Code()+" "+i.Tone()+" "+string(i.Confidence))
	}
	if got := strings.Join(codes, ", "); got != "cpa_rose bad high, ctr_rising good medium" {
		t.Errorf("told: %s", got)
	}
	if chosen(nil) != nil {
		t.Error("something was found in nothing")
	}
}

// Where nothing happens, at most about a tenth of the campaigns is told anything.
func TestFewFalseDiscoveries(t *testing.T) {
	const n = 300
	told := 0
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		c := Comparison{Alignment: Alignment{Weekday: true}}
		before, after := simulated(r, 7, 0.05, 0.3), simulated(r, 7, 0.05, 0.3)
		for i := range figures {
			c.Items = append(c.Items, compare(&figures[i], before, after, true))
		}
		var out Insights
		found := append(out.changes(&c), out.trends(course{days: simulated(r, 28, 0.05, 0.3).days}, Period{First: 1, Last: 28})...)
		if len(chosen(found)) > 0 {
			told++
		}
	}
	if share := float64(told) / n; share > 0.12 {
		t.Errorf("%.2f of the campaigns are told something", share)
	}
}

func TestSentences(t *testing.T) {
	usd := func(micros int64) Value { return Value{Micros: micros, Unit: performance.Amount, Currency: "USD"} }
	rose := Insight{Kind: "change", Metric: "cpa", Up: true, Against: Period{First: 1, Last: 7},
		Change: &Change{Metric: "cpa", Before: usd(5_000_000), After: usd(6_200_000), Difference: usd(1_200_000), Relative: 0.24},
		Decomposition: &Decomposition{Change: 1_200_000, Factors: []Factor{{Name: "cpm", Before: usd(1), After: usd(2), Contribution: 300_000}, {Name: "cvr", Before: usd(2), After: usd(1), Contribution: 900_000}},
			Groups: []GroupEffect{{Group: "search", Rate: 1_000_000}, {Group: "social", Mix: 200_000}}}}
	fraction := func(micros int64) Value { return Value{Micros: micros, Unit: performance.Fraction} }
	ctr := Insight{Kind: "change", Metric: "ctr", Against: Period{First: 1, Last: 7}, Change: &Change{Metric: "ctr", After: fraction(18_500), Difference: fraction(-2_500), Relative: -0.12}}
	clicks := Insight{Kind: "trend", Metric: "clicks", Up: true, Period: Period{First: 1, Last: 28}, Trend: &Trend{Weekly: 0.031}}
	for _, c := range []struct {
		insight          Insight
		english, spanish string
	}{
		{rose, "CPA rose by 1.20 USD to 6.20 USD (+24.0 %) against the 7 days before: +0.90 USD from a lower conversion rate, +0.30 USD from dearer impressions; mostly in search.",
			"El CPA subió 1,20 USD hasta 6,20 USD (+24,0 %) frente a los 7 días anteriores: +0,90 USD por una tasa de conversión más baja, +0,30 USD por impresiones más caras; sobre todo en search."},
		{ctr, "CTR fell by 12.0 % to 1.85 % against the 7 days before.", "El CTR bajó un 12,0 % hasta 1,85 % frente a los 7 días anteriores."},
		{clicks, "Clicks have been rising for 28 days, by 3.1 % a week.", "Los clics llevan subiendo 28 días, un 3,1 % por semana."},
	} {
		if got := c.insight.Sentence("en", Plain("en")); got != c.english {
			t.Errorf("%q\nwant %q", got, c.english)
		}
		if got := c.insight.Sentence("es-CO", Plain("es-CO")); got != c.spanish {
			t.Errorf("%q\nwant %q", got, c.spanish)
		}
	}
	for lang, w := range map[string]*words{"en": &english, "es": &spanish} {
		for i := range figures {
			if w.names[figures[i].name] == "" {
				t.Errorf("%s has no name for %s", lang, figures[i].name)
			}
		}
	}
}

func TestYenHaveNoDecimals(t *testing.T) {
	yen := Value{Micros: 1250 * money.Unit, Unit: performance.Amount, Currency: "JPY"}
	if got := Plain("en").Value(yen); got != "1250 JPY" {
		t.Errorf("%q", got)
	}
	if got := Plain("es").Value(Value{Reason: "no_clicks"}); got != "–" {
		t.Errorf("%q", got)
	}
}

func TestConfidenceIsLowWithLittle(t *testing.T) {
	good := forecast.Forecast{Backtest: forecast.Backtest{Origins: 5, OWA: 0.8}}
	for days, want := range map[int]forecast.Confidence{4: forecast.Low, 5: forecast.High} {
		if got := confidenceOf(days, good); got != want {
			t.Errorf("%d days: %s", days, got)
		}
	}
	if got := confidenceOf(30, forecast.Forecast{Backtest: forecast.Backtest{OWA: math.NaN()}}); got != forecast.Low {
		t.Errorf("unrehearsed: %s", got)
	}
}
