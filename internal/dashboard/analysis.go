package dashboard

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance/analysis"
)

// What the analysis page offers; the first is shown unless asked otherwise.
var (
	analysisPeriods = []string{"last_7_days", "last_28_days", "yesterday", "today", "this_month"}
	analysisKPIs    = analysis.DecomposedKPIs()
	forecastMetrics = []string{"conversions", "spend", "clicks", "impressions", "revenue"}
	comparedFigures = []string{"spend", "impressions", "clicks", "conversions", "revenue", "ctr", "cvr", "cpm", "cpc", "cpa", "roas"}
	trendFigures    = []string{"spend", "conversions", "cpa", "roas", "ctr", "cvr"}
)

// analysisPage is what a campaign's numbers mean.
type analysisPage struct {
	Head       campaignHead
	Period     string
	Periods    []string
	KPI        string
	KPIs       []string
	Metric     string
	Metrics    []string
	Review     []reviewRow // none of a campaign that does not run
	Insights   []insightRow
	NoInsights string
	Comparison *comparisonCard
	NoPeriod   string
	Trends     []trendTile
	TrendDays  string
	Forecast   *forecastCard
	NoForecast string
	WhatIf     whatIf
	AsOf       string
}

type insightRow struct{ Icon, Tone, Text, Evidence string }

// analyse shows the page.
func (v *visit) analyse() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	head, _, err := v.head(s, "analysis")
	if err != nil {
		return err
	}
	p := analysisPage{
		Head: head, Periods: analysisPeriods, KPIs: analysisKPIs, Metrics: forecastMetrics,
		Period: offeredOr(analysisPeriods, v.r.FormValue("period")), KPI: offeredOr(analysisKPIs, v.r.FormValue("kpi")),
		Metric: offeredOr(forecastMetrics, v.r.FormValue("metric")),
	}
	for _, add := range []func(*analysisPage, subject) error{v.addReview, v.addInsights, v.addComparison, v.addTrends, v.addForecast} {
		if err := add(&p, s); err != nil {
			return err
		}
	}
	return v.page(http.StatusOK, "analysis", s.Name, "campaigns", p)
}

func offeredOr(all []string, asked string) string {
	if slices.Contains(all, asked) {
		return asked
	}
	return all[0]
}

// spelled prints numbers in sentences as the rest of the page does.
type spelled struct{ *locale }

// Value implements analysis.Printer.
func (l spelled) Value(v analysis.Value) string { return l.measured(v) }

// measured prints a value of an analysis.
func (l *locale) measured(v analysis.Value) string { return l.Figure(figureOf("", v)) }

// Group implements analysis.Printer.
func (l spelled) Group(code string) string { return l.Channel(code) }

// Amount implements targeting.Printer.
func (l spelled) Amount(m money.Money) string { return l.Money(m.Micros, string(m.Currency)) }

// Number implements targeting.Printer.
func (l spelled) Number(value float64) string {
	return l.decimal(strconv.FormatFloat(math.Round(value*10_000)/10_000, 'f', -1, 64))
}

// Percent implements analysis.Printer.
func (l spelled) Percent(fraction float64) string { return l.locale.Percent(shareOf(fraction), 1) }

// shareOf is a fraction in micros.
func shareOf(fraction float64) int64 { return int64(math.Round(fraction * float64(money.Unit))) }

// figureOf is a value of an analysis as a figure of the pages.
func figureOf(metric string, v analysis.Value) figure {
	f := figure{Metric: metric, Kind: string(v.Unit), Value: v.Micros, Currency: v.Currency, Known: v.Defined(), Reason: v.Reason}
	switch v.Unit {
	case analysis.Count:
		f.Kind, f.Value = kindCount, (v.Micros+money.Unit/2)/money.Unit
	case "money":
		f.Kind = kindMoney
	case "fraction":
		f.Kind = kindFraction
	default:
		f.Kind = kindTimes
	}
	return f
}

func (v *visit) addInsights(p *analysisPage, s subject) error {
	found, err := v.d.Analysis.Insights(v.r.Context(), s.Partner, s.ID, analysis.AsOf{})
	if err != nil {
		return err
	}
	l := v.locale
	for _, i := range found.Items {
		row := insightRow{Tone: i.Tone(), Icon: "up", Text: i.Sentence(l.Lang, spelled{l})}
		if !i.Up {
			row.Icon = "down"
		}
		sample := l.N("analysis.sample.days", i.Period.Days())
		if i.Change != nil {
			sample = l.T("analysis.sample.change", "of", l.Metric(i.Change.SampleOf), "before", l.Count(i.Change.Sample[0]), "after", l.Count(i.Change.Sample[1]))
		}
		row.Evidence = l.T("analysis.evidence", "confidence", l.T("confidence."+string(i.Confidence)), "chance", l.chance(i.P), "sample", sample, "period", l.days(i.Period, s.zone))
		p.Insights = append(p.Insights, row)
	}
	p.NoInsights = l.T("analysis.insights.none", "tried", found.Tried)
	if found.Days < 2*7 {
		p.NoInsights = l.T("analysis.insights.little", "days", l.N("analysis.sample.days", found.Days))
	}
	p.AsOf = l.T("analysis.as_of", "time", l.Stamp(found.KnownAt.In(s.zone)), "zone", s.Timezone)
	return nil
}

// chance puts a p-value into words of probability.
func (l *locale) chance(p float64) string {
	if p < 0.001 {
		return "< " + l.Percent(1000, 1)
	}
	return l.Percent(shareOf(p), 1)
}

// days prints a range of local days.
func (l *locale) days(p analysis.Period, zone *time.Location) string {
	first, last := l.date(p.First, zone), l.date(p.Last, zone)
	if p.First == p.Last {
		last = ""
	} else {
		first += " – "
	}
	if p.Partial {
		return first + last + ", " + l.T("analysis.until", "time", l.Time(p.To.In(zone)))
	}
	return first + last
}

func (l *locale) date(d localday.Day, zone *time.Location) string {
	from, _ := localday.Bounds(d, zone)
	return l.Day(from.In(zone))
}

// comparisonCard is two periods and where the change of a KPI comes from.
type comparisonCard struct {
	Period, Against string
	Note            string
	Rows            []changeRow
	Fall            *waterfall
	NoFall          string
	Groups          []groupRow
}

type changeRow struct {
	Metric        string
	Before, After figure
	Change        string
	Tone, Icon    string
	Range         string // of the difference
	Verdict       string
}

type groupRow struct {
	Name                   string
	Before, After          figure
	Mix, Rate, Alone, Both string
}

func (v *visit) addComparison(p *analysisPage, s subject) error {
	c, err := v.d.Analysis.Compare(v.r.Context(), s.Partner, s.ID, analysis.CompareQuery{Period: p.Period, Dimension: "channel"})
	if errors.Is(err, analysis.ErrPeriod) {
		p.NoPeriod = v.locale.T("analysis.period.empty")
		return nil
	}
	if err != nil {
		return err
	}
	l := v.locale
	card := &comparisonCard{Period: l.days(c.Period, s.zone), Against: l.days(c.Against, s.zone), Note: l.T("analysis.aligned")}
	if !c.Weekday {
		card.Note = l.T("analysis.unaligned")
	}
	for _, name := range comparedFigures {
		if item := c.Item(name); item.Before.Micros != 0 || item.After.Micros != 0 {
			card.Rows = append(card.Rows, l.changeRow(item))
		}
	}
	d := c.Decomposition(p.KPI)
	if d.FactorsReason != "" {
		card.NoFall = l.T("analysis.fall.none", "kpi", l.Metric(p.KPI), "reason", l.Reason(d.FactorsReason))
	} else {
		card.Fall = l.waterfall(d)
	}
	for _, g := range d.Groups {
		card.Groups = append(card.Groups, l.groupRow(p.KPI, g, d.After))
	}
	p.Comparison = card
	return nil
}

func (l *locale) changeRow(c *analysis.Change) changeRow {
	row := changeRow{Metric: c.Metric, Before: figureOf(c.Metric, c.Before), After: figureOf(c.Metric, c.After), Change: "–", Icon: "up"}
	if c.HasRelative {
		row.Change = l.signed(float64(c.Difference.Micros), l.Percent(shareOf(math.Abs(c.Relative)), 1))
	}
	if c.Difference.Micros < 0 {
		row.Icon = "down"
	}
	row.Verdict = l.T("analysis.verdict." + c.Verdict)
	switch c.Verdict {
	case "unknown":
		row.Icon, row.Verdict = "", l.Or("analysis.unknown.", c.Reason, l.Reason(c.Reason))
	case "no_difference":
		row.Icon = ""
	default:
		row.Tone = toneOf(c.Metric, c.Difference.Micros)
	}
	if c.Tested && c.Low.Defined() && c.High.Defined() {
		row.Range = l.T("analysis.range", "low", l.signedValue(c.Low), "high", l.signedValue(c.High))
	}
	return row
}

func (l *locale) groupRow(kpi string, g analysis.GroupEffect, unit analysis.Value) groupRow {
	in := func(micros int64) string {
		unit.Micros = micros
		return l.signedValue(unit)
	}
	row := groupRow{Name: l.Channel(g.Group), Before: figureOf(kpi, g.Before), After: figureOf(kpi, g.After), Mix: in(g.Mix), Rate: in(g.Rate), Both: in(g.Total())}
	if g.Alone != 0 {
		row.Alone, row.Mix, row.Rate = in(g.Alone), "", ""
	}
	if row.Name == "" {
		row.Name = l.T("analysis.group.unnamed")
	}
	return row
}

// signed puts a sign before a number that is printed without one.
func (l *locale) signed(v float64, text string) string {
	switch {
	case v > 0:
		return "+" + text
	case v < 0:
		return "−" + text
	}
	return text
}

func (l *locale) signedValue(v analysis.Value) string {
	micros := v.Micros
	v.Micros = max(micros, -micros)
	return l.signed(float64(micros), l.Figure(figureOf("", v)))
}
