package performance

import (
	"encoding/json"
	"math"
	"testing"
)

func TestKPIs(t *testing.T) {
	full := Metrics{Impressions: 3000, Clicks: 70, Conversions: 7, Spend: 100_000_000, Revenue: 250_000_000, Reach: 1500, Present: 1 << Reach}
	tests := []struct {
		name string
		m    Metrics
		want map[string]string // as JSON
	}{
		{"all of them", full, map[string]string{
			"ctr":       `{"value":0.023333,"unit":"fraction"}`, // 0.0233333...
			"cpc":       `{"value":{"amount":"1.428571","currency":"USD"},"unit":"money"}`,
			"cpm":       `{"value":{"amount":"33.333333","currency":"USD"},"unit":"money"}`,
			"cpa":       `{"value":{"amount":"14.285714","currency":"USD"},"unit":"money"}`,
			"cvr":       `{"value":0.1,"unit":"fraction"}`,
			"roas":      `{"value":2.5,"unit":"ratio"}`,
			"roi":       `{"value":1.5,"unit":"ratio"}`,
			"frequency": `{"value":2,"unit":"ratio"}`,
		}},
		{"nothing yet", Metrics{}, map[string]string{
			"ctr":       `{"value":null,"unit":"fraction","reason":"no_impressions"}`,
			"cpc":       `{"value":null,"unit":"money","reason":"no_clicks"}`,
			"cpm":       `{"value":null,"unit":"money","reason":"no_impressions"}`,
			"cpa":       `{"value":null,"unit":"money","reason":"no_conversions"}`,
			"cvr":       `{"value":null,"unit":"fraction","reason":"no_clicks"}`,
			"roas":      `{"value":null,"unit":"ratio","reason":"no_spend"}`,
			"roi":       `{"value":null,"unit":"ratio","reason":"no_spend"}`,
			"frequency": `{"value":null,"unit":"ratio","reason":"no_reach"}`,
		}},
		{"zero is a value", Metrics{Impressions: 10, Spend: 1}, map[string]string{
			"ctr": `{"value":0,"unit":"fraction"}`, "cpm": `{"value":{"amount":"0.0001","currency":"USD"},"unit":"money"}`, "roi": `{"value":-1,"unit":"ratio"}`,
		}},
		{"half to even", Metrics{Clicks: 2, Spend: 5, Impressions: 2_000_000, Conversions: 3}, map[string]string{
			"cpc": `{"value":{"amount":"0.000002","currency":"USD"},"unit":"money"}`, // 2.5 micros
			"ctr": `{"value":0.000001,"unit":"fraction"}`,
		}},
		{"taken back below zero", Metrics{Impressions: -5, Clicks: -1, Spend: -1}, map[string]string{
			"ctr": `{"value":null,"unit":"fraction","reason":"no_impressions"}`, "roas": `{"value":null,"unit":"ratio","reason":"no_spend"}`,
		}},
		{"more than can be held", Metrics{Impressions: 1, Clicks: math.MaxInt64, Revenue: math.MinInt64, Spend: 1}, map[string]string{
			"ctr": `{"value":null,"unit":"fraction","reason":"out_of_range"}`, "roi": `{"value":null,"unit":"ratio","reason":"out_of_range"}`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kpis := KPIs(Totals{Currency: "USD", Metrics: tt.m})
			for name, want := range tt.want {
				if got, err := json.Marshal(kpis[name]); err != nil || string(got) != want {
					t.Errorf("%s is %s, want %s (%v)", name, got, want, err)
				}
			}
		})
	}
}

func TestReachIsNotAddedAcrossChannels(t *testing.T) {
	search, social := cellOf(Reach, 1000), cellOf(Reach, 800)
	search.Sums[Impressions] = 4000
	one := Sum(Subject{}, &search)
	if !one.Present.Has(Reach) || one.Reach != 1000 || KPIs(one)["frequency"].Value != 4_000_000 {
		t.Errorf("one channel: %+v", one)
	}
	both := Sum(Subject{}, &search, &social)
	if both.Present.Has(Reach) || !both.ReachMixed || KPIs(both)["frequency"].Reason != "reach_not_additive" {
		t.Errorf("two channels: %+v", both)
	}
}

// cellOf is a cell of one event with one value.
func cellOf(m Metric, value int64) (c Cell) {
	e := Event{}
	e.Set(m, value)
	c.Add(&e)
	return c
}

func TestTheLatestGaugeHoldsInAnyOrder(t *testing.T) {
	values := []Gauge{{1, 70, true}, {3, 10, true}, {2, 99, true}, {3, 12, true}}
	for shift := range values {
		var c Cell
		for i := range values {
			v := values[(i+shift)%len(values)]
			e := Event{OccurredAt: v.At}
			e.Set(QualityScore, v.Value)
			c.Add(&e)
		}
		if got := Sum(Subject{}, &c).QualityScore; got != 12 {
			t.Errorf("from %d: %d", shift, got)
		}
	}
}

func TestDecimal(t *testing.T) {
	for micros, want := range map[int64]string{0: "0", 10_000: "0.01", 3_000_000: "3", -1_500_000: "-1.5", 1: "0.000001", 100_000_000: "100"} {
		if got := Decimal(micros); got != want {
			t.Errorf("Decimal(%d) = %s, want %s", micros, got, want)
		}
	}
}
