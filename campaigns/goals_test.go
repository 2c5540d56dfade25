package campaigns_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
)

func TestGoalsAreHeldAgainstTheirRules(t *testing.T) {
	for _, c := range []struct{ objective, targets, want string }{
		{"AWARENESS", `"impressions":100000`, ""},
		{"TRAFFIC", `"ctr":0.02`, ""},
		{"TRAFFIC", `"clicks":"500","cpc":{"amount":"0.45","currency":"USD"}`, ""},
		{"CONVERSIONS", `"cpa":"5.00"`, ""},
		{"CONVERSIONS", `"conversions":10,"roas":3.5,"revenue":1000,"leads":7,"brand_lift":"0.05","cpm":4,"ctr":1`, ""},

		{"AWARENESS", ``, "goals.target_metrics required"},
		{"CONVERSIONS", `"clicks":10`, "goals.target_metrics objective_target_missing"},
		{"TRAFFIC", `"conversions":10`, "goals.target_metrics objective_target_missing"},
		{"AWARENESS", `"likes":10`, "goals.target_metrics unknown_metric"},
		{"AWARENESS", `"impressions":0`, "goals.target_metrics.impressions out_of_range"},
		{"AWARENESS", `"impressions":1.5`, "goals.target_metrics.impressions out_of_range"},
		{"AWARENESS", `"clicks":-1`, "goals.target_metrics.clicks out_of_range"},
		{"AWARENESS", `"ctr":2`, "goals.target_metrics.ctr out_of_range"},
		{"AWARENESS", `"roas":1e3`, "goals.target_metrics.roas number_malformed"},
		{"AWARENESS", `"roas":1e400`, "goals.target_metrics.roas number_malformed"},
		{"AWARENESS", `"roas":"NaN"`, "goals.target_metrics.roas number_malformed"},
		{"AWARENESS", `"roas":null`, "goals.target_metrics.roas number_malformed"},
		{"AWARENESS", `"roas":0.1234567`, "goals.target_metrics.roas number_malformed"},
		{"AWARENESS", `"impressions":99999999999999`, "goals.target_metrics.impressions number_malformed"},
		{"AWARENESS", `"cpa":{"amount":"5.00","currency":"EUR"}`, "goals.target_metrics.cpa currency_mismatch"},
		{"AWARENESS", `"cpa":{"amount":5,"currency":"USD"}`, "goals.target_metrics.cpa money_malformed"},
		{"AWARENESS", `"clicks":{"amount":"5.00","currency":"USD"}`, "goals.target_metrics.clicks not_money"},
		{"TRAFFIC", `"cpa":0,"ctr":7`, "goals.target_metrics.ctr out_of_range, goals.target_metrics.cpa out_of_range"},
	} {
		in := spring(t)
		in.Objective, in.Goals = campaigns.Objective(c.objective), goals(t, c.targets)
		_, err := newWorld(t).Create(ctx, by, in)
		if got := wrong(err); got != c.want || (err != nil) != (c.want != "") {
			t.Errorf("%s %s: %q, want %q", c.objective, c.targets, got, c.want)
		}
	}
}

func TestGoalsTwiceForOneMetric(t *testing.T) {
	in := spring(t)
	in.Goals.Targets = append(in.Goals.Targets, in.Goals.Targets[0])
	_, err := newWorld(t).Create(ctx, by, in)
	if got := wrong(err); got != "goals.target_metrics.clicks duplicate" {
		t.Error(got)
	}
}

func TestGoalsInJSON(t *testing.T) {
	in := spring(t)
	in.Goals = goals(t, `"revenue":"900","roas":"3.50","clicks":1000,"ctr":0.02`)
	c := must(t)(newWorld(t).Create(ctx, by, in))
	got, err := json.Marshal(c.State().Goals)
	if want := `{"target_metrics":{"clicks":1000,"ctr":0.02,"roas":3.5,"revenue":{"amount":"900.00","currency":"USD"}}}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	var g campaigns.Goals
	if err := json.Unmarshal([]byte(`{"target_metrics":{},"more":1}`), &g); err == nil {
		t.Error("an unknown member was taken")
	}
	if target, ok := c.State().Goals.Target(campaigns.MetricCTR); !ok || target.Micros != 20_000 {
		t.Error(target, ok)
	}
	if _, ok := c.State().Goals.Target(campaigns.MetricCPA); ok {
		t.Error("there is a target that nobody set")
	}
}

func TestQuantityKeepsEveryDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := campaigns.Quantity{Micros: rapid.Int64().Draw(t, "micros")}
		if rapid.Bool().Draw(t, "money") {
			q.Currency = "USD"
		}
		body, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		var back campaigns.Quantity
		if err := json.Unmarshal(body, &back); err != nil || back != q {
			t.Fatalf("%+v became %s and %+v (%v)", q, body, back, err)
		}
	})
}

func TestAQuantityOfAnUnknownCurrencyIsNotWritten(t *testing.T) {
	g := campaigns.Goals{Targets: []campaigns.Target{{Metric: "cpa", Quantity: campaigns.Quantity{Micros: 1, Currency: "???"}}}}
	if body, err := json.Marshal(g); err == nil {
		t.Errorf("%s was written", body)
	}
}

// TestSuccessScore holds the score to the formula: the mean of min(1,
// actual/target), of min(1, target/actual) for costs, 0 for what is missing.
func TestSuccessScore(t *testing.T) {
	delivered := campaigns.Figures{
		Impressions: 100_000, Clicks: 1_000, Conversions: 20, Leads: 5, Spend: usd(200), Revenue: usd(500),
		Gauges: map[string]campaigns.Quantity{"brand_lift": {Micros: 30_000}},
	}
	nothing := campaigns.Figures{Spend: usd(0), Revenue: usd(0)}
	for _, c := range []struct {
		targets string
		of      campaigns.Figures
		want    float64
	}{
		{`"clicks":1000`, delivered, 1},
		{`"clicks":500`, delivered, 1}, // more than the target is not more than success
		{`"clicks":4000`, delivered, 0.25},
		{`"impressions":200000`, delivered, 0.5},
		{`"conversions":40,"leads":5`, delivered, 0.75},
		{`"ctr":0.02`, delivered, 0.5},   // 0.01
		{`"cpc":"0.10"`, delivered, 0.5}, // 0.20
		{`"cpc":"0.40"`, delivered, 1},   // cheaper than the target
		{`"cpa":"5.00"`, delivered, 0.5}, // 10.00
		{`"cpm":"1.00"`, delivered, 0.5}, // 2.00
		{`"roas":5`, delivered, 0.5},     // 2.5
		{`"revenue":"2000.00"`, delivered, .25},
		{`"brand_lift":"0.04"`, delivered, 0.75},
		{`"clicks":1000,"cpa":"5.00","roas":5`, delivered, 2.0 / 3},
		{`"ctr":0.02,"cpa":5,"roas":2,"brand_lift":0.1,"clicks":10`, nothing, 0},
		{`"revenue":10`, campaigns.Figures{Spend: usd(1), Revenue: usd(-10)}, 0}, // restated to less than nothing
		{`"cpc":1`, campaigns.Figures{Clicks: 10, Spend: usd(0), Revenue: usd(0)}, 1},
	} {
		got := goals(t, c.targets).SuccessScore(c.of)
		if math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.targets, got, c.want)
		}
	}
	if got := (campaigns.Goals{}).SuccessScore(delivered); got != 0 {
		t.Errorf("no targets: %v", got)
	}
}

func TestSuccessScoreIsAFraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(-1e6, 1e9)
		f := campaigns.Figures{
			Impressions: count.Draw(t, "impressions"), Clicks: count.Draw(t, "clicks"), Conversions: count.Draw(t, "conversions"),
			Leads: count.Draw(t, "leads"), Spend: usd(count.Draw(t, "spend")), Revenue: usd(count.Draw(t, "revenue")),
		}
		var g campaigns.Goals
		for _, m := range rapid.SliceOfNDistinct(rapid.SampledFrom(campaigns.Metrics), 1, 5, rapid.ID).Draw(t, "metrics") {
			g.Targets = append(g.Targets, campaigns.Target{Metric: m, Quantity: campaigns.Quantity{Micros: rapid.Int64Range(1, 1e15).Draw(t, "target")}})
		}
		score := g.SuccessScore(f)
		if !(score >= 0 && score <= 1) {
			t.Fatalf("score %v of %+v for %+v", score, f, g)
		}
		for _, i := range g.Indicators(f) {
			if (i.Actual == nil) != (i.Reason != "") || i.Reached != (i.Score == 1) || i.Actual == nil && i.Score != 0 {
				t.Fatalf("indicator %+v", i)
			}
		}
	})
}

func TestQuantityIsReadByPeople(t *testing.T) {
	for q, want := range map[campaigns.Quantity]string{
		campaigns.Count(1000): "1000", {Micros: 20_000}: "0.02", {Micros: -1_500_000}: "-1.5", {}: "0",
		{Micros: 5_000_000, Currency: "USD"}: "5.00 USD", {Micros: 7_000_000, Currency: "JPY"}: "7 JPY",
	} {
		if got := q.String(); got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
}

func TestMalformedQuantitiesHelp(t *testing.T) {
	var q campaigns.Quantity
	err := q.UnmarshalJSON([]byte(`"12,5"`))
	if e := fault.As(err); e == nil || !strings.Contains(e.Fix, "decimal string") || errors.Unwrap(e) == nil {
		t.Error(err)
	}
}
