package predict

import (
	"slices"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

var kpiNames = []string{"ctr", "cvr", "cpm", "cpc", "cpa", "roas", "roi"}

// nothing is as good as nothing to divide by: a thousandth of one in all.
const nothing = 1e-3

// leastDefined is how many of the futures must have a ratio for it to have an
// interval: a cost per conversion is none where conversions may well not come.
const leastDefined = 0.975

// kpi is a ratio of one day's, or of all days', amounts.
func (s *subject) kpi(name string, d day) analysis.Value {
	k := performance.KPIOf(name, func(m performance.Metric) float64 {
		i := slices.Index(metrics[:], m)
		switch {
		case d[i] < nothing:
			return 0
		case m.IsMoney():
			return d[i] * money.Unit
		}
		return d[i]
	}, string(s.State.Currency))
	return analysis.Value{Micros: k.Value, Unit: k.Unit, Currency: k.Currency, Reason: k.Reason}
}

func (s *subject) kpis(p *paths) []KPI {
	out := make([]KPI, len(kpiNames))
	for i, name := range kpiNames {
		k := KPI{Metric: name, Total: s.kpi(name, totalOf(p.mid))}
		for d := range p.mid {
			k.Points = append(k.Points, analysis.Point{Day: s.First + localday.Day(d), Value: s.kpi(name, p.mid[d])})
		}
		var drawn []float64
		for _, days := range p.drawn {
			if v := s.kpi(name, totalOf(days)); v.Defined() {
				drawn = append(drawn, float64(v.Micros))
			}
		}
		if k.Total.Defined() && float64(len(drawn)) >= leastDefined*float64(len(p.drawn)) {
			k.Range = asRange(k.Total, drawn)
		}
		out[i] = k
	}
	return out
}

func asRange(mid analysis.Value, drawn []float64) *analysis.Range {
	i := around(float64(mid.Micros), drawn)
	v := func(micros float64) analysis.Value {
		like := mid
		like.Micros = int64(micros)
		return like
	}
	return &analysis.Range{Mid: mid, Low80: v(i.Low80), High80: v(i.High80), Low95: v(i.Low95), High95: v(i.High95)}
}
