package reportfile

import (
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/report"
)

// language is what a report says and how it writes numbers.
type language struct {
	Tag            string
	decimal, group string
	percent        string
	words          map[string]string
	months         [12]string
	day            func(day int, month string, year int) string
}

var english = &language{
	Tag: "en", decimal: ".", group: ",", percent: "%",
	months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	day:    func(d int, m string, y int) string { return m + " " + strconv.Itoa(d) + ", " + strconv.Itoa(y) },
	words: map[string]string{
		"title": "Performance report", "scope.partner": "All campaigns", "scope.campaign": "Campaign", "scope.campaigns": "Campaigns", "scope.channel": "Channel",
		"period": "Period", "zone": "Local days of", "known": "As known at", "at": "What had happened by", "names": "Names, budgets and alerts as of",
		"compared": "compared with", "spend": "Spend", "impressions": "Impressions", "clicks": "Clicks", "conversions": "Conversions", "leads": "Leads", "revenue": "Revenue",
		"ctr": "CTR", "cpc": "CPC", "cpm": "CPM", "cpa": "CPA", "cvr": "Conversion rate", "roas": "ROAS", "roi": "ROI",
		"course.day": "Spend and conversions by day", "course.month": "Spend and conversions by month", "campaigns": "Campaigns", "channels": "Channels", "budgets": "Budgets",
		"campaign": "Campaign", "channel": "Channel", "budget": "Budget", "limit": "Limit", "spent": "Spent", "used": "Used", "daily": "a day", "before": "before",
		"none": "none", "no_delivery": "Nothing was delivered in this period.", "alerts": "Open alerts", "more_alerts": "There are more.", "no_channel": "without a channel",
		"formulas": "CTR = clicks / impressions. CPC = spend / clicks. CPM = 1000 x spend / impressions. CPA = spend / conversions. Conversion rate = conversions / clicks. ROAS = revenue / spend. ROI = (revenue - spend) / spend. A dash is a figure whose denominator is 0: unknown is not zero. Reach is not added up.",
		"same":     "Asked for again with this moment of knowledge, the report is the same to the byte.", "page": "Page", "of": "of", "day": "Day", "mixed": "Amounts of different currencies are not added up.",
	},
}

var spanish = &language{
	Tag: "es", decimal: ",", group: ".", percent: "\u00a0%",
	months: [12]string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"},
	day:    func(d int, m string, y int) string { return strconv.Itoa(d) + " " + m + " " + strconv.Itoa(y) },
	words: map[string]string{
		"title": "Informe de rendimiento", "scope.partner": "Todas las campañas", "scope.campaign": "Campaña", "scope.campaigns": "Campañas", "scope.channel": "Canal",
		"period": "Período", "zone": "Días locales de", "known": "Según lo conocido a", "at": "Lo ocurrido hasta", "names": "Nombres, presupuestos y alertas a",
		"compared": "comparado con", "spend": "Gasto", "impressions": "Impresiones", "clicks": "Clics", "conversions": "Conversiones", "leads": "Contactos", "revenue": "Ingresos",
		"ctr": "CTR", "cpc": "CPC", "cpm": "CPM", "cpa": "CPA", "cvr": "Tasa de conversión", "roas": "ROAS", "roi": "ROI",
		"course.day": "Gasto y conversiones por día", "course.month": "Gasto y conversiones por mes", "campaigns": "Campañas", "channels": "Canales", "budgets": "Presupuestos",
		"campaign": "Campaña", "channel": "Canal", "budget": "Presupuesto", "limit": "Límite", "spent": "Gastado", "used": "Usado", "daily": "al día", "before": "antes",
		"none": "ninguna", "no_delivery": "No se entregó nada en este período.", "alerts": "Alertas abiertas", "more_alerts": "Hay más.", "no_channel": "sin canal",
		"formulas": "CTR = clics / impresiones. CPC = gasto / clics. CPM = 1000 x gasto / impresiones. CPA = gasto / conversiones. Tasa de conversión = conversiones / clics. ROAS = ingresos / gasto. ROI = (ingresos - gasto) / gasto. Un guion es una cifra cuyo denominador es 0: desconocido no es cero. El alcance no se suma.",
		"same":     "Pedido de nuevo con este momento de conocimiento, el informe es idéntico byte a byte.", "page": "Página", "of": "de", "day": "Día", "mixed": "Los importes de monedas distintas no se suman.",
	},
}

func languageOf(lang string) *language {
	if strings.HasPrefix(lang, "es") {
		return spanish
	}
	return english
}

func (l *language) t(key string) string {
	if text, ok := l.words[key]; ok {
		return text
	}
	return key
}

// number puts the language's signs into a plain decimal.
func (l *language) number(plain string) string {
	sign := ""
	if rest, ok := strings.CutPrefix(plain, "-"); ok {
		sign, plain = "\u2212", rest
	}
	whole, rest, fraction := strings.Cut(plain, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if left := len(whole) - i; i > 0 && left%3 == 0 {
			b.WriteString(l.group)
		}
		b.WriteRune(digit)
	}
	if fraction {
		b.WriteString(l.decimal + rest)
	}
	return b.String()
}

func (l *language) count(n int64) string { return l.number(strconv.FormatInt(n, 10)) }

// rounded is micros with so many decimals, half to even.
func rounded(micros int64, decimals int) string {
	unit := int64(1)
	for range max(0, 6-decimals) {
		unit *= 10
	}
	n, err := money.MulDiv(micros, 1, unit, money.HalfEven)
	if err != nil {
		return "0"
	}
	negative := n < 0
	if negative {
		n = -n
	}
	text := strconv.FormatInt(n, 10)
	for len(text) <= decimals {
		text = "0" + text
	}
	if decimals > 0 {
		text = text[:len(text)-decimals] + "." + text[len(text)-decimals:]
	}
	if negative {
		text = "-" + text
	}
	return text
}

func (l *language) money(micros int64, code string) string {
	return l.amount(micros, code) + "\u00a0" + code
}

// amount is money where its currency is said already.
func (l *language) amount(micros int64, code string) string {
	return l.number(rounded(micros, money.Currency(code).Exponent()))
}

// kpi is a KPI with its unit; a dash when it is not defined.
func (l *language) kpi(k performance.KPI) string {
	switch {
	case !k.Defined():
		return "\u2013"
	case k.Unit == performance.Amount:
		return l.money(k.Value, k.Currency)
	case k.Unit == performance.Fraction:
		hundred, err := money.MulDiv(k.Value, 100, 1, money.HalfEven)
		if err != nil {
			return "\u2013"
		}
		return l.number(rounded(hundred, 2)) + l.percent
	}
	return l.number(rounded(k.Value, 2)) + "\u00d7"
}

// change is by how much a figure has changed, in percent of what it was.
func (l *language) change(now, before int64) string {
	if before <= 0 {
		return ""
	}
	share, err := money.MulDiv(now-before, 100*money.Unit, before, money.HalfEven)
	if err != nil {
		return ""
	}
	text := l.number(rounded(share, 1)) + l.percent
	if share > 0 {
		text = "+" + text
	}
	return text
}

func (l *language) date(d localday.Day) string {
	t := time.Unix(int64(d)*24*60*60, 0).UTC()
	return l.day(t.Day(), l.months[t.Month()-1], t.Year())
}

func (l *language) moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// period is the days, both ends included, or two moments.
func (l *language) period(d *report.Document) string {
	if d.Dates != nil {
		if d.Dates.To-d.Dates.From == 1 {
			return l.date(d.Dates.From)
		}
		return l.date(d.Dates.From) + " \u2013 " + l.date(d.Dates.To-1)
	}
	return l.moment(*d.From) + " \u2013 " + l.moment(*d.To)
}

func (l *language) before(d *report.Document) string {
	if d.Before != nil {
		return l.date(d.Before.From) + " \u2013 " + l.date(d.Before.To-1)
	}
	if d.BeforeFrom != nil {
		return l.moment(*d.BeforeFrom) + " \u2013 " + l.moment(*d.From)
	}
	return ""
}

// subject is what the report is about.
func (l *language) subject(d *report.Document) string {
	switch {
	case d.Subject != "":
		return d.Subject
	case d.Scope.Type == report.ScopeChannel:
		return l.t("scope.channel") + ": " + strings.Join(d.Scope.IDs, ", ")
	}
	return l.t("scope." + string(d.Scope.Type))
}

// figures are the tiles of a currency.
type figure struct{ Label, Value, Change string }

func (l *language) figures(c report.Currency) []figure {
	now, before := performance.KPIs(c.Now), performance.KPIs(c.Before)
	out := []figure{
		{l.t("spend"), l.money(c.Now.Spend, c.Code), l.change(c.Now.Spend, c.Before.Spend)},
		{l.t("impressions"), l.count(c.Now.Impressions), l.change(c.Now.Impressions, c.Before.Impressions)},
		{l.t("clicks"), l.count(c.Now.Clicks), l.change(c.Now.Clicks, c.Before.Clicks)},
		{l.t("conversions"), l.count(c.Now.Conversions), l.change(c.Now.Conversions, c.Before.Conversions)},
	}
	for _, name := range []string{"ctr", "cpc", "cpa", "roas"} {
		f := figure{Label: l.t(name), Value: l.kpi(now[name])}
		if now[name].Defined() && before[name].Defined() {
			f.Change = l.change(now[name].Value, before[name].Value)
		}
		out = append(out, f)
	}
	return out
}

// lineHead and cells are the columns of campaigns and channels.
func (l *language) lineHead(first string) []string {
	return []string{l.t(first), l.t("spend"), l.t("impressions"), l.t("clicks"), l.t("ctr"), l.t("conversions"), l.t("cpa"), l.t("roas")}
}

func (l *language) cells(name string, t performance.Totals) []string {
	k := performance.KPIs(t)
	cpa := l.kpi(k["cpa"])
	if k["cpa"].Defined() {
		cpa = l.amount(k["cpa"].Value, t.Currency)
	}
	return []string{name, l.amount(t.Spend, t.Currency), l.count(t.Impressions), l.count(t.Clicks), l.kpi(k["ctr"]), l.count(t.Conversions), cpa, l.kpi(k["roas"])}
}

func (l *language) channelName(name string) string {
	if name == "" {
		return l.t("no_channel")
	}
	return name
}
