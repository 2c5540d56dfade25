package rule

import (
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Metric is the figure that a rule watches.
type Metric string

// The figures beside the KPIs and sums of performance, which have their names.
const (
	BudgetUsed      Metric = "budget_used"      // reported spend as a share of the limit
	BudgetAvailable Metric = "budget_available" // the limit less the reported spend, not below zero
	Pacing          Metric = "pacing"           // share spent over share of time passed; 1 is on track
	NoImpressions   Metric = "hours_without_impressions"
	NoSpend         Metric = "hours_without_spend"
	Anomaly         Metric = "anomaly" // the score of a detected anomaly
)

// family is how a figure is read.
type family uint8

const (
	ofKPI family = iota
	ofSum
	ofBudget
	ofPacing
	ofDelivery
	ofAnomaly
)

// spec is what can be said about a figure.
type spec struct {
	family
	units     []Unit // that are understood
	sampleOf  string // what the minimum sample counts; "" for none
	minSample int64
	least     int64 // the lowest threshold that makes sense, micros
	most      int64
	operators []Operator
}

const million = money.Unit

var (
	rates     = []Unit{Percent, Fraction}
	ratios    = []Unit{Ratio}
	returns   = []Unit{Percent, Fraction, Ratio}
	amounts   = []Unit{Amount}
	counts    = []Unit{Count}
	hours     = []Unit{Hours}
	bothWays  = []Operator{Below, AtMost, Above, AtLeast, Outside}
	upwards   = []Operator{Above, AtLeast}
	atLeast   = []Operator{AtLeast}
	outOfBand = []Operator{Outside, Below, Above}
)

// specs are the figures. The samples are those with which targets are judged
// (performance): below them a rate is chance.
var specs = map[Metric]spec{
	"ctr":           {ofKPI, rates, "impressions", 1000, 1, million, bothWays},
	"cvr":           {ofKPI, rates, "clicks", 100, 1, million, bothWays},
	"cpc":           {ofKPI, amounts, "clicks", 100, 1, performance.MaxMoney, bothWays},
	"cpm":           {ofKPI, amounts, "impressions", 1000, 1, performance.MaxMoney, bothWays},
	"cpa":           {ofKPI, amounts, "conversions", 30, 1, performance.MaxMoney, bothWays},
	"roas":          {ofKPI, ratios, "conversions", 30, 1, 1000 * million, bothWays},
	"roi":           {ofKPI, returns, "conversions", 30, -million, 1000 * million, bothWays},
	"impressions":   {ofSum, counts, "", 0, million, performance.MaxMoney, upwards},
	"clicks":        {ofSum, counts, "", 0, million, performance.MaxMoney, upwards},
	"conversions":   {ofSum, counts, "", 0, million, performance.MaxMoney, upwards},
	"leads":         {ofSum, counts, "", 0, million, performance.MaxMoney, upwards},
	"spend":         {ofSum, amounts, "", 0, 1, performance.MaxMoney, upwards},
	"revenue":       {ofSum, amounts, "", 0, 1, performance.MaxMoney, upwards},
	BudgetUsed:      {ofBudget, rates, "", 0, 1, 10 * million, upwards},
	BudgetAvailable: {ofBudget, amounts, "", 0, 0, performance.MaxMoney, []Operator{Below, AtMost}},
	Pacing:          {ofPacing, ratios, "", 0, 1, 100 * million, outOfBand},
	NoImpressions:   {ofDelivery, hours, "", 0, million / 4, 720 * million, atLeast},
	NoSpend:         {ofDelivery, hours, "", 0, million / 4, 720 * million, atLeast},
	Anomaly:         {ofAnomaly, []Unit{Fraction, Percent}, "", 0, 0, million, atLeast},
}

// Metrics are the names of all figures, in order.
func Metrics() []Metric {
	names := make([]Metric, 0, len(specs))
	for m := range specs {
		names = append(names, m)
	}
	slices.Sort(names)
	return names
}

// Units are the units that a metric's threshold may have; none for an unknown
// metric.
func (m Metric) Units() []Unit { return slices.Clone(specs[m].units) }

// Operators are the comparisons that make sense for a metric.
func (m Metric) Operators() []Operator { return slices.Clone(specs[m].operators) }

// MinimumSample is the usual minimum sample of a metric and what it counts; 0
// and "" for a figure that is no rate.
func (m Metric) MinimumSample() (n int64, of string) { return specs[m].minSample, specs[m].sampleOf }

// Windowed reports whether a window can be chosen: budgets, pacing, delivery
// and anomalies have their own.
func (m Metric) Windowed() bool {
	s, ok := specs[m]
	return ok && s.family <= ofSum
}

// Timed reports whether only time can tell: the figure is judged every minute
// rather than at commits.
func (m Metric) Timed() bool {
	s := specs[m]
	return s.family == ofPacing || s.family == ofDelivery
}

// canonical is the unit that values of the metric are kept and shown in.
func (m Metric) canonical() Unit {
	switch u := specs[m].units; {
	case len(u) == 0:
		return ""
	case m == "roi":
		return Ratio
	case u[0] == Percent:
		return Fraction
	default:
		return u[0]
	}
}

// Operator says which side of the threshold is the wrong one.
type Operator string

// The operators. Outside is below low or above high.
const (
	Above   Operator = "above"
	AtLeast Operator = "at_least"
	Below   Operator = "below"
	AtMost  Operator = "at_most"
	Outside Operator = "outside"
)

func listed[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}
