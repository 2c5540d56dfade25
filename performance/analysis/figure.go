package analysis

import (
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Count is the unit of a metric that counts; the other units are those of KPIs.
const Count performance.Unit = "count"

// ErrMetric refuses a name that is no figure.
var ErrMetric = fault.New(fault.Invalid, "unknown_metric", "The metric is not known.",
	"Use "+strings.Join(Names(), ", ")+".")

// Value is one number in micros of its unit, a count too: 3 clicks are
// 3 000 000. It is undefined where Reason says why.
type Value struct {
	Micros   int64
	Unit     performance.Unit
	Currency string // of money
	Reason   string
}

// Defined reports whether there is a number.
func (v Value) Defined() bool { return v.Reason == "" }

// figure is a metric that adds up, or a KPI, as what is divided by what:
// (over - minus) / under. A metric is divided by days.
type figure struct {
	name               string
	unit               performance.Unit
	over, minus, under performance.Metric // NumMetrics for none
	sampleOf           performance.Metric // what its certainty rests on
	minimum            int64              // of sampleOf, in each period
	lowerBetter        bool
	// noise is the squared relative error of one counted sampleOf: 1 for what is
	// counted itself, 2 for money per result (the count, and amounts that
	// scatter as much as their mean). 0 means that counting says nothing of it.
	noise float64
}

const none = performance.NumMetrics

// The figures, in the order in which they are shown. The minimum samples are
// those of the guide: 1 000 impressions, 200 clicks for a conversion rate,
// 30 conversions, in each of two periods (mureo's evidence windows).
var figures = []figure{
	{"impressions", Count, performance.Impressions, none, none, performance.Impressions, 1000, false, 1},
	{"clicks", Count, performance.Clicks, none, none, performance.Clicks, 30, false, 1},
	{"conversions", Count, performance.Conversions, none, none, performance.Conversions, 30, false, 1},
	{"leads", Count, performance.Leads, none, none, performance.Leads, 30, false, 1},
	{"spend", performance.Amount, performance.Spend, none, none, performance.Impressions, 1000, false, 0},
	{"revenue", performance.Amount, performance.Revenue, none, none, performance.Conversions, 30, false, 2},
	{"ctr", performance.Fraction, performance.Clicks, none, performance.Impressions, performance.Impressions, 1000, false, 1},
	{"cvr", performance.Fraction, performance.Conversions, none, performance.Clicks, performance.Clicks, 200, false, 1},
	{"cpm", performance.Amount, performance.Spend, none, performance.Impressions, performance.Impressions, 1000, true, 1},
	{"cpc", performance.Amount, performance.Spend, none, performance.Clicks, performance.Clicks, 100, true, 1},
	{"cpa", performance.Amount, performance.Spend, none, performance.Conversions, performance.Conversions, 30, true, 1},
	{"roas", performance.Ratio, performance.Revenue, none, performance.Spend, performance.Conversions, 30, false, 2},
	{"roi", performance.Ratio, performance.Revenue, performance.Spend, performance.Spend, performance.Conversions, 30, false, 2},
}

// Names are the figures that can be asked for.
func Names() []string {
	names := make([]string, len(figures))
	for i := range figures {
		names[i] = figures[i].name
	}
	return names
}

func figureNamed(name string) (*figure, error) {
	i := slices.IndexFunc(figures, func(f figure) bool { return f.name == name })
	if i < 0 {
		return nil, ErrMetric.With("%q is no metric or KPI that can be analysed.", name)
	}
	return &figures[i], nil
}

func (f *figure) isKPI() bool { return f.under != none }

// of is the exact figure of some totals.
func (f *figure) of(t *performance.Totals) Value {
	v := Value{Unit: f.unit}
	if f.unit == performance.Amount {
		v.Currency = t.Currency
	}
	if !f.isKPI() {
		v.Micros = *t.At(f.over)
		if f.unit == Count {
			v.Micros = counted(v.Micros)
		}
		return v
	}
	kpi := performance.KPIs(*t)[f.name]
	v.Micros, v.Reason = kpi.Value, kpi.Reason
	return v
}

// counted is a count in micros; one that has no room there, above nine trillion,
// is the largest that has.
func counted(n int64) int64 {
	const most = 1<<63 - 1
	switch {
	case n > most/money.Unit:
		return most
	case n < -most/money.Unit:
		return -most
	}
	return n * money.Unit
}

// parts are what is divided by what, in floats; a metric is divided by days.
func (f *figure) parts(m *performance.Metrics, days float64) (x, y float64) {
	x = float64(*m.At(f.over))
	if f.minus != none {
		x -= float64(*m.At(f.minus))
	}
	if !f.isKPI() {
		return x, days
	}
	return x, float64(*m.At(f.under))
}

// number is the figure of one day for statistics, in its own unit (money in
// units, not micros); defined is false where it divides by nothing.
func (f *figure) number(m *performance.Metrics) (value float64, defined bool) {
	x, y := f.parts(m, 1)
	return x / y * f.scale(), y > 0
}

// scale takes a quotient of stored numbers to the figure's unit.
func (f *figure) scale() float64 {
	switch {
	case f.name == "cpm":
		return 1000 / float64(money.Unit)
	case f.unit == performance.Amount:
		return 1 / float64(money.Unit)
	}
	return 1
}
