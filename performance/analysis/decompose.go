package analysis

import (
	"math"

	"github.com/hexabuilders/campaignd/performance"
)

// Factor is one cause of a KPI's change: how it moved itself, and what that did
// to the KPI in the KPI's own unit.
type Factor struct {
	Name          string // "cpm", "ctr", "cvr", "aov"
	Before, After Value
	Contribution  int64 // micros of the KPI
}

// Decomposition is a change of a KPI, told exactly: the contributions of the
// factors add up to Change to the micro, and so do those of the groups.
type Decomposition struct {
	KPI           string
	Before, After Value
	Change        int64 // After - Before
	Factors       []Factor
	FactorsReason string // why there are none, e.g. "no_conversions"
	Groups        []GroupEffect
	GroupsReason  string
}

// identity is a KPI as a product of factors, each to the power +1 or -1.
type identity struct {
	kpi     string
	factors []power
}

type power struct {
	name      string
	up        float64 // +1 where the KPI rises with it, -1 where it falls
	unit      performance.Unit
	over      performance.Metric
	under     performance.Metric
	perTimes  int64 // cpm is of 1000
	undefined string
}

var (
	cpmPower = power{"cpm", +1, performance.Amount, performance.Spend, performance.Impressions, 1000, "no_impressions"}
	ctrPower = power{"ctr", -1, performance.Fraction, performance.Clicks, performance.Impressions, 1, "no_impressions"}
	cvrPower = power{"cvr", -1, performance.Fraction, performance.Conversions, performance.Clicks, 1, "no_clicks"}
	aovPower = power{"aov", +1, performance.Amount, performance.Revenue, performance.Conversions, 1, "no_conversions"}
)

func (p power) turned() power { p.up = -p.up; return p }

// CPA = CPM/(1000 CTR CVR), CPC = CPM/(1000 CTR), ROAS = AOV CVR CTR 1000/CPM,
// where AOV is the revenue of one conversion.
var identities = []identity{
	{"cpa", []power{cpmPower, ctrPower, cvrPower}},
	{"roas", []power{aovPower, cvrPower.turned(), ctrPower.turned(), cpmPower.turned()}},
	{"cpc", []power{cpmPower, ctrPower}},
}

// DecomposedKPIs are those that have an identity.
func DecomposedKPIs() []string { return []string{"cpa", "roas", "cpc"} }

// decompose tells the change of a KPI between two totals by its factors.
//
// With the logarithmic mean L = (after - before) / ln(after / before), each
// factor x contributes ±L ln(x after / x before): the logarithms add up to that
// of the KPI, so the contributions add up to the change without a remainder and
// whatever the order (logarithmic mean Divisia index: Ang, "The LMDI approach to
// decomposition analysis", Energy Policy 2005). What rounding to micros leaves
// goes one micro each to those that lost most.
//
// Where a factor is zero or undefined in one period it has no logarithm; the
// reason is given and nothing is guessed.
func (id identity) decompose(before, after *performance.Totals) Decomposition {
	f, _ := figureNamed(id.kpi) // a constant
	d := Decomposition{KPI: id.kpi, Before: f.of(before), After: f.of(after)}
	if !d.Before.Defined() || !d.After.Defined() {
		d.FactorsReason = d.Before.Reason + d.After.Reason
		if d.Before.Reason == d.After.Reason {
			d.FactorsReason = d.After.Reason
		}
		d.GroupsReason = d.FactorsReason
		return d
	}
	d.Change = d.After.Micros - d.Before.Micros
	logs := make([]float64, len(id.factors))
	sum := 0.0
	for i, p := range id.factors {
		x, y := p.value(before), p.value(after)
		d.Factors = append(d.Factors, Factor{Name: p.name, Before: x, After: y})
		if !x.Defined() || !y.Defined() || *before.At(p.over) <= 0 || *after.At(p.over) <= 0 {
			d.Factors, d.FactorsReason = nil, p.reason()
			return d
		}
		logs[i] = p.up * math.Log(p.exactly(after)/p.exactly(before))
		sum += logs[i]
	}
	mean := logMean(float64(d.Before.Micros), sum)
	for i := range logs {
		logs[i] *= mean
	}
	for i, c := range place(d.Change, logs) {
		d.Factors[i].Contribution = c
	}
	return d
}

// logMean is (after - before) / ln(after / before), from before and that
// logarithm: the rounded KPIs themselves would spoil it where they are close.
func logMean(before, log float64) float64 {
	if log == 0 {
		return before
	}
	return before * math.Expm1(log) / log
}

func (p power) exactly(t *performance.Totals) float64 {
	return float64(*t.At(p.over)) / float64(*t.At(p.under))
}

func (p power) value(t *performance.Totals) Value {
	return ratioValue(p.unit, t.Currency, *t.At(p.over), *t.At(p.under), p.perTimes, p.undefined)
}

// reason is what a zero factor is called.
func (p power) reason() string {
	return map[performance.Metric]string{
		performance.Spend: "no_spend", performance.Clicks: "no_clicks", performance.Conversions: "no_conversions", performance.Revenue: "no_revenue",
	}[p.over]
}
