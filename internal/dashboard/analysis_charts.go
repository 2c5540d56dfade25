package dashboard

import (
	"fmt"
	"math"
	"strings"

	"github.com/hexabuilders/campaignd/performance/analysis"
)

// waterfall is a KPI before, what each factor did to it, and after. Positions
// are percents of the width.
type waterfall struct {
	Label  string
	Start  string // where the bars begin
	Height int
	Bars   []fallBar
}

type fallBar struct {
	Name, Value string
	Detail      string // how the factor itself moved
	X, Width    string // percents
	TextY, BarY int
	Tone        string
}

const fallRow = 48 // pixels of a bar with its line of text

func (l *locale) waterfall(d *analysis.Decomposition) *waterfall {
	w := &waterfall{Label: l.T("analysis.fall.label", "kpi", l.Metric(d.KPI), "before", l.Figure(figureOf("", d.Before)), "after", l.Figure(figureOf("", d.After)))}
	low, high := min(d.Before.Micros, d.After.Micros), max(d.Before.Micros, d.After.Micros)
	at := d.Before.Micros
	for _, f := range d.Factors {
		at += f.Contribution
		low, high = min(low, at), max(high, at)
	}
	low = max(0, low-(high-low)/2) // so that small changes of a large figure can be seen
	start := d.After
	start.Micros = low
	w.Start = l.T("analysis.fall.start", "value", l.Figure(figureOf("", start)))
	x := func(v int64) float64 { return 100 * float64(v-low) / math.Max(1, float64(high-low)) }
	add := func(name, value, detail, tone string, from, to int64) {
		a, b := x(min(from, to)), x(max(from, to))
		n := len(w.Bars)
		w.Bars = append(w.Bars, fallBar{name, value, detail, percent(a), percent(math.Max(0.6, b-a)), n*fallRow + 16, n*fallRow + 24, tone})
	}
	add(l.T("analysis.before"), l.Figure(figureOf("", d.Before)), "", "", low, d.Before.Micros)
	at = d.Before.Micros
	for _, f := range d.Factors {
		value := d.After
		value.Micros = f.Contribution
		detail := l.Figure(figureOf("", f.Before)) + " → " + l.Figure(figureOf("", f.After))
		add(l.Metric(f.Name), l.signedValue(value), detail, fallTone(d.KPI, f.Contribution), at, at+f.Contribution)
		at += f.Contribution
	}
	add(l.T("analysis.after"), l.Figure(figureOf("", d.After)), "", "", low, d.After.Micros)
	w.Height = len(w.Bars) * fallRow
	return w
}

// fallTone is what a contribution is for the KPI.
func fallTone(kpi string, contribution int64) string {
	switch {
	case contribution == 0:
		return ""
	case (contribution > 0) == costs[kpi]:
		return "bad"
	}
	return "good"
}

func percent(v float64) string { return fmt.Sprintf("%.2f%%", v) }

// trendTile is one of the small multiples.
type trendTile struct {
	Metric, Words, Detail string
	Tone, Icon            string
	Spark                 string
	Last                  figure
}

func (v *visit) addTrends(p *analysisPage, s subject) error {
	found, err := v.d.Analysis.Trends(v.r.Context(), s.Partner, s.ID, "", analysis.DefaultTrendDays, analysis.AsOf{})
	if err != nil {
		return err
	}
	p.TrendDays = v.locale.days(found.Period, s.zone)
	for _, name := range trendFigures {
		for i := range found.Items {
			if found.Items[i].Metric == name {
				p.Trends = append(p.Trends, v.locale.trendTile(&found.Items[i], found.Currency))
			}
		}
	}
	return nil
}

func (l *locale) trendTile(t *analysis.FigureTrend, code string) trendTile {
	tile := trendTile{Metric: t.Metric, Last: figure{Metric: t.Metric, Reason: "no_data"}}
	var course []int64
	for _, p := range t.Points {
		if p.Defined() {
			course = append(course, p.Micros)
			tile.Last = figureOf(t.Metric, p.Value)
		}
	}
	if len(course) > 2 {
		tile.Spark = sparkPath(course)
	}
	tile.Words = l.T("analysis.trend." + t.Direction)
	switch t.Direction {
	case "unknown":
		tile.Detail = l.T("analysis.trend.needs", "days", l.N("analysis.sample.days", t.Days), "minimum", analysis.MinTrendDays)
	case "none":
		tile.Detail = l.T("analysis.trend.chance", "chance", l.chance(t.P), "days", l.N("analysis.sample.days", t.Days))
	default:
		tile.Icon = map[bool]string{true: "up", false: "down"}[t.Slope > 0]
		tile.Tone = toneOf(t.Metric, int64(math.Copysign(1, t.Slope)))
		slope, low, high := t.Measured(analysis.Value{Unit: t.Unit, Currency: code})
		slope.Micros, low.Micros, high.Micros = 7*slope.Micros, 7*low.Micros, 7*high.Micros
		tile.Detail = l.T("analysis.trend.slope", "slope", l.signedValue(slope), "low", l.signedValue(low), "high", l.signedValue(high), "chance", l.chance(t.P))
	}
	return tile
}

func (l *locale) between(low, high analysis.Value) string {
	return l.measured(low) + " – " + l.measured(high)
}

// fan places days and values on 100 by 100.
type fan struct {
	steps int
	top   int64
}

func (f fan) x(step int) float64 { return 100 * float64(step) / math.Max(1, float64(f.steps)) }

func (f fan) y(v int64) float64 { return 100 - 96*float64(v)/math.Max(1, float64(f.top)) }

func (f fan) line(from int, values []int64) string {
	var b strings.Builder
	for i, v := range values {
		fmt.Fprintf(&b, "%c%.2f %.2f", "ML"[min(i, 1)], f.x(from+i), f.y(v))
	}
	return b.String()
}

// band is the area between two lines.
func (f fan) band(from int, low, high []int64) string {
	var b strings.Builder
	b.WriteString(f.line(from, high))
	for i := len(low) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "L%.2f %.2f", f.x(from+i), f.y(low[i]))
	}
	return b.String() + "Z"
}
