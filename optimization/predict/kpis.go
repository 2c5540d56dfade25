package predict

import (
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

// ratios are the KPIs, with the formulas of performance.KPIs over expectations,
// which need not be whole numbers.
var ratios = []struct {
	name   string
	unit   performance.Unit
	reason string // why there is none
	of     func(d day) (over, under float64)
}{
	{"ctr", performance.Fraction, "no_impressions", func(d day) (float64, float64) { return d[clicks], d[impressions] }},
	{"cvr", performance.Fraction, "no_clicks", func(d day) (float64, float64) { return d[conversions], d[clicks] }},
	{"cpm", performance.Amount, "no_impressions", func(d day) (float64, float64) { return 1000 * d[spend], d[impressions] }},
	{"cpc", performance.Amount, "no_clicks", func(d day) (float64, float64) { return d[spend], d[clicks] }},
	{"cpa", performance.Amount, "no_conversions", func(d day) (float64, float64) { return d[spend], d[conversions] }},
	{"roas", performance.Ratio, "no_spend", func(d day) (float64, float64) { return d[revenue], d[spend] }},
	{"roi", performance.Ratio, "no_spend", func(d day) (float64, float64) { return d[revenue] - d[spend], d[spend] }},
}

// nothing is as good as nothing to divide by: a thousandth of one in all.
const nothing = 1e-3

// leastDefined is how many of the futures must have a ratio for it to have an
// interval: a cost per conversion is none where conversions may well not come.
const leastDefined = 0.975

func (s *subject) kpis(p *paths) []KPI {
	out := make([]KPI, len(ratios))
	for i, r := range ratios {
		value := func(d day) (analysis.Value, float64) {
			v := analysis.Value{Unit: r.unit}
			if r.unit == performance.Amount {
				v.Currency = string(s.State.Currency)
			}
			over, under := r.of(d)
			if under < nothing {
				v.Reason = r.reason
				return v, 0
			}
			v.Micros = micros(over / under)
			return v, over / under
		}
		k := KPI{Metric: r.name}
		for d := range p.mid {
			v, _ := value(p.mid[d])
			k.Points = append(k.Points, analysis.Point{Day: s.First + localday.Day(d), Value: v})
		}
		total, mid := value(totalOf(p.mid))
		k.Total = total
		var drawn []float64
		for _, days := range p.drawn {
			if v, x := value(totalOf(days)); v.Defined() {
				drawn = append(drawn, x)
			}
		}
		if total.Defined() && float64(len(drawn)) >= leastDefined*float64(len(p.drawn)) {
			k.Range = asRange(total, mid, drawn)
		}
		out[i] = k
	}
	return out
}

func asRange(like analysis.Value, mid float64, drawn []float64) *analysis.Range {
	i := around(mid, drawn)
	v := func(x float64) analysis.Value {
		like.Micros = micros(x)
		return like
	}
	return &analysis.Range{Mid: v(i.Mean), Low80: v(i.Low80), High80: v(i.High80), Low95: v(i.Low95), High95: v(i.High95)}
}
