package reportfile

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/hexabuilders/campaignd/performance/report"
)

//go:embed fonts/hg-regular.ttf
var regular []byte

//go:embed fonts/hg-bold.ttf
var bold []byte

// Millimetres of an A4 page.
const (
	margin   = 16.0
	inner    = 210 - 2*margin
	lineHigh = 5.0
)

// printer writes one document.
type printer struct {
	*fpdf.Fpdf
	l *language
	d *report.Document
}

// writePDF writes the document on A4 pages. Its dates are those of the data,
// its fonts and catalogue in a fixed order, so that the same document is the
// same file.
func writePDF(w io.Writer, d *report.Document) error {
	p := &printer{fpdf.New("P", "mm", "A4", ""), languageOf(d.Lang), d}
	p.SetCreationDate(d.KnownAt)
	p.SetModificationDate(d.KnownAt)
	p.SetCatalogSort(true)
	p.SetProducer("campaignd", true)
	p.SetTitle(p.l.t("title")+" · "+p.l.subject(d), true)
	p.SetLang(d.Lang)
	p.AddUTF8FontFromBytes("hg", "", regular)
	p.AddUTF8FontFromBytes("hg", "B", bold)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin+6)
	p.AliasNbPages("{pages}")
	p.SetFooterFunc(p.footer)
	p.AddPage()
	p.head()
	for _, c := range d.Currencies {
		p.section(c)
	}
	p.alerts()
	p.notes()
	return p.Output(w)
}

func (p *printer) ink(r, g, b int) { p.SetTextColor(r, g, b) }

func (p *printer) text(size float64, style string, soft bool, text string) {
	p.SetFont("hg", style, size)
	p.ink(22, 24, 29)
	if soft {
		p.ink(86, 90, 99)
	}
	p.MultiCell(inner, size*0.5, text, "", "L", false)
}

func (p *printer) footer() {
	p.SetY(-14)
	p.SetFont("hg", "", 8)
	p.ink(86, 90, 99)
	left := p.l.subject(p.d) + " · " + p.l.period(p.d) + " · " + p.l.t("known") + " " + p.l.moment(p.d.KnownAt)
	p.CellFormat(inner-24, 4, p.fit(left, inner-26), "", 0, "L", false, 0, "")
	p.CellFormat(24, 4, fmt.Sprintf("%s %d %s {pages}", p.l.t("page"), p.PageNo(), p.l.t("of")), "", 0, "R", false, 0, "")
}

func (p *printer) head() {
	p.text(9, "", true, p.d.Partner+" · "+p.l.t("title"))
	p.Ln(1)
	p.text(22, "B", false, p.l.subject(p.d))
	p.Ln(3)
	period := p.l.period(p.d)
	if before := p.l.before(p.d); before != "" {
		period += " (" + p.l.t("compared") + " " + before + ")"
	}
	rows := [][2]string{{p.l.t("period"), period}, {p.l.t("zone"), strings.Join(p.d.Zones, ", ")}, {p.l.t("known"), p.l.moment(p.d.KnownAt)}}
	if p.d.Definition.At != nil {
		rows = append(rows, [2]string{p.l.t("at"), p.l.moment(*p.d.Definition.At)})
	}
	rows = append(rows, [2]string{p.l.t("names"), p.l.moment(p.d.FactsAt)})
	for _, row := range rows {
		p.SetFont("hg", "", 9)
		p.ink(86, 90, 99)
		p.CellFormat(52, lineHigh, row[0], "", 0, "L", false, 0, "")
		p.ink(22, 24, 29)
		p.MultiCell(inner-52, lineHigh, row[1], "", "L", false)
	}
}

func (p *printer) section(c report.Currency) {
	p.Ln(6)
	p.text(14, "B", false, c.Code)
	p.Ln(2)
	if len(c.Campaigns) == 0 {
		p.text(10, "", true, p.l.t("no_delivery"))
		return
	}
	p.tiles(p.l.figures(c))
	if chart := newChart(p.l, p.d, c); chart != nil {
		p.chart(chart, c.Code)
	}
	for _, t := range tablesOf(p.l, p.d, c) {
		p.table(t)
	}
}

func (p *printer) tiles(figures []figure) {
	const columns, high = 4, 19.0
	wide := inner / columns
	top := p.GetY()
	p.SetDrawColor(227, 228, 225)
	p.SetLineWidth(0.2)
	for i, f := range figures {
		x, y := margin+float64(i%columns)*wide, top+float64(i/columns)*high
		p.Rect(x, y, wide, high, "D")
		p.at(x+3, y+2.5, 8, "", true, f.Label, wide-6)
		p.at(x+3, y+6.8, 12, "B", false, f.Value, wide-6)
		p.at(x+3, y+13, 8, "", true, f.Change, wide-6)
	}
	p.SetXY(margin, top+high*float64((len(figures)+columns-1)/columns))
}

// at writes one line of text at a place, no wider than given.
func (p *printer) at(x, y, size float64, style string, soft bool, text string, wide float64) {
	p.SetXY(x, y)
	p.SetFont("hg", style, size)
	p.ink(22, 24, 29)
	if soft {
		p.ink(86, 90, 99)
	}
	p.CellFormat(wide, size*0.45, p.fit(text, wide), "", 0, "L", false, 0, "")
}

// fit cuts a text so that it fits, with three dots where something is missing.
func (p *printer) fit(text string, wide float64) string {
	if p.GetStringWidth(text) <= wide {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && p.GetStringWidth(string(letters)+"...") > wide {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "..."
}

func (p *printer) chart(c *chart, code string) {
	const high = 46.0
	p.room(high + 18)
	p.Ln(6)
	top := p.GetY() + 5
	p.SetDrawColor(227, 228, 225)
	p.Line(margin, top, margin+inner, top)
	p.Line(margin, top+high, margin+inner, top+high)
	p.SetFillColor(28, 62, 211)
	for _, b := range c.Bars {
		if b.Height > 0 {
			p.Rect(margin+b.X*inner, top+high*(1-b.Height), b.Width*inner, b.Height*high, "F")
		}
	}
	p.SetDrawColor(12, 107, 72)
	p.SetLineWidth(0.5)
	for i := 1; i < len(c.Line); i++ {
		a, b := c.Line[i-1], c.Line[i]
		p.Line(margin+a.X*inner, top+high*(1-a.Y), margin+b.X*inner, top+high*(1-b.Y))
	}
	p.SetLineWidth(0.2)
	p.SetFont("hg", "", 8)
	p.ink(28, 62, 211)
	p.SetXY(margin, top-5)
	p.CellFormat(inner/2, 4, p.l.t("spend")+" "+p.l.money(c.TopSpend, code), "", 0, "L", false, 0, "")
	p.ink(12, 107, 72)
	p.CellFormat(inner/2, 4, p.l.t("conversions")+" "+p.l.count(c.TopConversions), "", 0, "R", false, 0, "")
	p.ink(86, 90, 99)
	for _, t := range c.Ticks {
		wide := p.GetStringWidth(t.Text)
		p.SetXY(min(max(margin, margin+t.X*inner-wide/2), margin+inner-wide), top+high+1)
		p.CellFormat(wide, 4, t.Text, "", 0, "L", false, 0, "")
	}
	p.SetXY(margin, top+high+6)
}

// room begins a new page when so much no longer fits.
func (p *printer) room(high float64) {
	if p.GetY()+high > 297-margin-6 {
		p.AddPage()
	}
}

func (p *printer) table(t htmlTable) {
	p.room(22)
	p.Ln(5)
	p.text(11, "B", false, t.Title)
	p.Ln(1)
	first := inner * 0.34
	other := (inner - first) / float64(len(t.Head)-1)
	p.row(t.Head, first, other, true)
	for _, row := range t.Rows {
		if p.GetY()+6 > 297-margin-6 {
			p.AddPage()
			p.row(t.Head, first, other, true)
		}
		p.row(row, first, other, false)
	}
}

func (p *printer) row(cells []string, first, other float64, head bool) {
	p.SetFont("hg", "", 8)
	p.ink(22, 24, 29)
	if head {
		p.ink(86, 90, 99)
	}
	p.SetDrawColor(227, 228, 225)
	for i, text := range cells {
		if i == 0 {
			p.CellFormat(first, 6, p.fit(text, first-1), "B", 0, "L", false, 0, "")
		} else {
			p.CellFormat(other, 6, p.fit(text, other-0.5), "B", 0, "R", false, 0, "")
		}
	}
	p.Ln(6)
}

func (p *printer) alerts() {
	if len(p.d.Alerts) == 0 {
		return
	}
	p.room(20)
	p.Ln(6)
	p.text(14, "B", false, p.l.t("alerts"))
	p.Ln(1)
	for _, a := range p.d.Alerts {
		p.text(9, "", false, a.Title+" · "+p.d.CampaignsOf[a.Campaign.String()].Name+" · "+a.Severity)
	}
	if p.d.MoreAlerts {
		p.text(9, "", true, p.l.t("more_alerts"))
	}
}

func (p *printer) notes() {
	p.room(26)
	p.Ln(8)
	p.text(8, "", true, p.l.t("formulas"))
	if len(p.d.Currencies) > 1 {
		p.text(8, "", true, p.l.t("mixed"))
	}
	p.text(8, "", true, p.l.t("same"))
}
