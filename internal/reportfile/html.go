package reportfile

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/hexabuilders/campaignd/performance/report"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Parse(page))

// htmlPage is a document in words.
type htmlPage struct {
	*report.Document
	L                     *language
	Subject, Period, Past string
	Known, At, Names      string
	ZoneList              string
	Sections              []htmlSection
	AlertLines            []htmlAlert
}

type htmlSection struct {
	Code      string
	Figures   []figure
	Chart     template.HTML
	ChartNote string
	Tables    []htmlTable
	Empty     bool
}

type htmlTable struct {
	Title string
	Head  []string
	Rows  [][]string
}

type htmlAlert struct{ Severity, Title, Campaign, Since string }

// T is a word of the page's language.
func (p htmlPage) T(key string) string { return p.L.t(key) }

func writeHTML(w io.Writer, d *report.Document) error {
	l := languageOf(d.Lang)
	p := htmlPage{Document: d, L: l, Subject: l.subject(d), Period: l.period(d), Past: l.before(d), Known: l.moment(d.KnownAt), Names: l.moment(d.FactsAt), ZoneList: strings.Join(d.Zones, ", ")}
	if d.Definition.At != nil {
		p.At = l.moment(*d.Definition.At)
	}
	for _, c := range d.Currencies {
		p.Sections = append(p.Sections, sectionOf(l, d, c))
	}
	for _, a := range d.Alerts {
		p.AlertLines = append(p.AlertLines, htmlAlert{a.Severity, a.Title, d.CampaignsOf[a.Campaign.String()].Name, l.moment(a.FiredAt)})
	}
	return pageTemplate.Execute(w, p)
}

func sectionOf(l *language, d *report.Document, c report.Currency) htmlSection {
	s := htmlSection{Code: c.Code, Figures: l.figures(c), Empty: len(c.Campaigns) == 0}
	if chart := newChart(l, d, c); chart != nil && !s.Empty {
		s.Chart = svg(l, chart, c.Code)
		s.ChartNote = l.t("course.day")
		if d.ByMonth {
			s.ChartNote = l.t("course.month")
		}
	}
	s.Tables = tablesOf(l, d, c)
	return s
}

// tablesOf are the tables of a currency; one without rows is left out.
func tablesOf(l *language, d *report.Document, c report.Currency) []htmlTable {
	campaigns := htmlTable{Title: l.t("campaigns"), Head: l.lineHead("campaign")}
	for _, line := range c.Campaigns {
		campaigns.Rows = append(campaigns.Rows, l.cells(line.Name, line.Totals))
	}
	channels := htmlTable{Title: l.t("channels"), Head: l.lineHead("channel")}
	for _, line := range c.Channels {
		channels.Rows = append(channels.Rows, l.cells(l.channelName(line.Name), line.Totals))
	}
	budgets := htmlTable{Title: l.t("budgets"), Head: []string{l.t("campaign"), l.t("limit"), l.t("spent"), l.t("used")}}
	for _, b := range c.Budgets {
		limit := l.amount(b.Limit, c.Code)
		if b.Daily {
			limit += " " + l.t("daily")
		}
		used := ""
		if b.Limit > 0 {
			used = l.number(rounded(int64(float64(b.Spent)/float64(b.Limit)*100e6), 1)) + l.percent
		}
		budgets.Rows = append(budgets.Rows, []string{b.Name, limit, l.amount(b.Spent, c.Code), used})
	}
	days := htmlTable{Title: l.t("day"), Head: l.lineHead("day")}
	if d.Granularity == "day" && !d.ByMonth && len(c.Campaigns) > 0 {
		for _, p := range c.Course {
			p.Currency = c.Code
			days.Rows = append(days.Rows, l.cells(l.date(p.Day), p.Totals))
		}
	}
	var shown []htmlTable
	for _, t := range []htmlTable{campaigns, channels, budgets, days} {
		if len(t.Rows) > 0 {
			shown = append(shown, t)
		}
	}
	return shown
}

// svg draws the chart; every number in it is ours.
func svg(l *language, c *chart, code string) template.HTML {
	const width, height, left, right, top, bottom = 860.0, 240.0, 8.0, 8.0, 18.0, 24.0
	w, h := width-left-right, height-top-bottom
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(l.t("course.day")))
	fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/><line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`,
		left, width-right, top, top, left, width-right, top+h, top+h)
	for _, bar := range c.Bars {
		fmt.Fprintf(&b, `<rect class="bar" x="%.2f" y="%.2f" width="%.2f" height="%.2f"/>`, left+bar.X*w, top+h*(1-bar.Height), bar.Width*w, bar.Height*h)
	}
	b.WriteString(`<polyline class="line" points="`)
	for _, p := range c.Line {
		fmt.Fprintf(&b, "%.2f,%.2f ", left+p.X*w, top+h*(1-p.Y))
	}
	b.WriteString(`"/>`)
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" class="spend">%s %s</text>`, left, top-6, template.HTMLEscapeString(l.t("spend")), template.HTMLEscapeString(l.money(c.TopSpend, code)))
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" class="conv" text-anchor="end">%s %s</text>`, width-right, top-6, template.HTMLEscapeString(l.t("conversions")), template.HTMLEscapeString(l.count(c.TopConversions)))
	for i, t := range c.Ticks {
		anchor := "middle"
		if i == 0 {
			anchor, t.X = "start", 0 // or it would be cut off
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, left+t.X*w, height-6, anchor, template.HTMLEscapeString(t.Text))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped above
}
