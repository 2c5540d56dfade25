package performance

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/money"
)

// Unit says what a KPI's number means.
type Unit string

// The units of KPIs.
const (
	Fraction Unit = "fraction" // 0.01 is 1 %
	Ratio    Unit = "ratio"    // 1 is break-even (roas), twice each (frequency)
	Amount   Unit = "money"    // of the campaign's currency
)

// KPI is a derived figure. It is exact to 6 decimals, rounded half to even,
// and undefined, with a reason, where its denominator is not positive: unknown
// is not zero.
type KPI struct {
	Value    int64 // micros
	Unit     Unit
	Currency string // of an Amount
	Reason   string // why there is no value; empty when there is one
	Sample   int64  // the denominator: how many facts it rests on, money in micros
}

// Defined reports whether the KPI has a value.
func (k KPI) Defined() bool { return k.Reason == "" }

// MarshalJSON writes {"value":0.01,"unit":"fraction"},
// {"value":{"amount":"1.25","currency":"USD"},"unit":"money"} or
// {"value":null,"reason":"no_clicks"}.
func (k KPI) MarshalJSON() ([]byte, error) {
	switch {
	case !k.Defined():
		return json.Marshal(struct {
			Value  *int   `json:"value"`
			Unit   Unit   `json:"unit"`
			Reason string `json:"reason"`
		}{nil, k.Unit, k.Reason})
	case k.Unit == Amount:
		return json.Marshal(struct {
			Value money.Money `json:"value"`
			Unit  Unit        `json:"unit"`
		}{money.New(k.Value, money.Currency(k.Currency)), k.Unit})
	default:
		return json.Marshal(struct {
			Value json.RawMessage `json:"value"`
			Unit  Unit            `json:"unit"`
		}{json.RawMessage(Decimal(k.Value)), k.Unit})
	}
}

// Decimal writes micros as the shortest decimal, such as 0.01 or 3.
func Decimal(micros int64) string {
	text := money.FormatMicros(micros)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// formula is how a KPI is computed: scale * (over - minus) / under.
type formula struct {
	name        string
	unit        Unit
	over, minus Metric // minus is NumMetrics for none
	under       Metric
	scale       int64 // to micros of the result
	reason      string
	lowerBetter bool
	minSample   int64 // of under, before thresholds and changes are judged
	sampleOf    Metric
}

const million = 1_000_000

// The formulas, as the trade has them. cpm is the cost of a thousand
// impressions; roi = (revenue - spend) / spend; frequency is impressions per
// person reached.
var formulas = []formula{
	{"ctr", Fraction, Clicks, NumMetrics, Impressions, million, "no_impressions", false, 1000, Impressions},
	{"cpc", Amount, Spend, NumMetrics, Clicks, 1, "no_clicks", true, 100, Clicks},
	{"cpm", Amount, Spend, NumMetrics, Impressions, 1000, "no_impressions", true, 1000, Impressions},
	{"cpa", Amount, Spend, NumMetrics, Conversions, 1, "no_conversions", true, 30, Conversions},
	{"cvr", Fraction, Conversions, NumMetrics, Clicks, million, "no_clicks", false, 100, Clicks},
	{"roas", Ratio, Revenue, NumMetrics, Spend, million, "no_spend", false, 30, Conversions},
	{"roi", Ratio, Revenue, Spend, Spend, million, "no_spend", false, 30, Conversions},
	{"frequency", Ratio, Impressions, NumMetrics, Reach, million, "no_reach", true, 1000, Impressions},
}

// KPIs derives every KPI from totals.
func KPIs(t Totals) map[string]KPI {
	out := make(map[string]KPI, len(formulas))
	for i := range formulas {
		out[formulas[i].name] = formulas[i].of(&t.Metrics, t.Currency)
	}
	if k := out["frequency"]; t.ReachMixed {
		k.Reason = "reach_not_additive"
		out["frequency"] = k
	}
	return out
}

// KPIOf derives one KPI from amounts that need not be whole, such as expected
// ones, in the units of Metrics: counts, and money in micros. It has no Sample.
func KPIOf(name string, at func(Metric) float64, currency string) KPI {
	i := slices.IndexFunc(formulas, func(f formula) bool { return f.name == name })
	f := &formulas[i]
	kpi := KPI{Unit: f.unit}
	if f.unit == Amount {
		kpi.Currency = currency
	}
	under := at(f.under)
	if under <= 0 {
		kpi.Reason = f.reason
		return kpi
	}
	over := at(f.over)
	if f.minus != NumMetrics {
		over -= at(f.minus)
	}
	const most = 9e18 // what does not fit is as much as fits
	kpi.Value = int64(math.Round(min(most, max(-most, over*float64(f.scale)/under))))
	return kpi
}

// Judged is a KPI or a sum with what it takes to judge it.
type Judged struct {
	Micros      int64  // the figure: a fraction, a ratio, an amount or a count, in micros
	Sample      int64  // facts it rests on, such as impressions of a ctr
	MinSample   int64  // fewer say too little
	SampleOf    Metric // what the sample counts
	LowerBetter bool   // costs
	Unit        Unit   // empty for a count
}

// Judge finds the figure of that name. ok is false when it has no value, or
// there is no such figure.
func Judge(name string, t *Totals) (j Judged, ok bool) {
	for i := range formulas {
		if f := &formulas[i]; f.name == name {
			kpi := f.of(&t.Metrics, t.Currency)
			return Judged{kpi.Value, *t.At(f.sampleOf), f.minSample, f.sampleOf, f.lowerBetter, f.unit}, kpi.Defined()
		}
	}
	m, ok := MetricNamed(name)
	if !ok || m.IsGauge() {
		return Judged{}, false
	}
	j = Judged{Micros: asMicros(m, *t.At(m)), Sample: *t.At(m), SampleOf: m}
	if m.IsMoney() {
		j.Unit = Amount
	}
	return j, true
}

func (f *formula) of(m *Metrics, currency string) KPI {
	kpi := KPI{Unit: f.unit, Sample: *m.At(f.under)}
	if f.unit == Amount {
		kpi.Currency = currency
	}
	if kpi.Sample <= 0 {
		kpi.Reason = f.reason
		return kpi
	}
	over := *m.At(f.over)
	var err error
	if f.minus != NumMetrics {
		over, err = money.SubMicros(over, *m.At(f.minus))
	}
	if err == nil {
		kpi.Value, err = money.MulDiv(over, f.scale, kpi.Sample, money.HalfEven)
	}
	if err != nil {
		kpi.Reason = "out_of_range"
	}
	return kpi
}
