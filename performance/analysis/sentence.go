package analysis

import (
	"fmt"
	"math"
	"strings"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Printer writes numbers in a reader's habit.
type Printer interface {
	Value(v Value) string
	Percent(fraction float64) string // one decimal at most, without a plus
	Group(code string) string        // what a channel is called
}

// words are what a language makes sentences of.
type words struct {
	names   map[string]string // with the article, at the start of a sentence
	plural  map[string]bool
	verbs   [2][2]string // fell, rose; singular, plural
	going   [2][2]string // has been falling, has been rising
	change  string       // name, verb, by how much, to what, relative
	rate    string       // of a rate: name, verb, relative, to what
	trend   string       // name, verb, days, a week
	against string
	from    string // contribution, cause
	causes  map[string][2]string
	mostly  string
}

var english = words{
	names: map[string]string{
		"impressions": "Impressions", "clicks": "Clicks", "conversions": "Conversions", "leads": "Leads", "spend": "Spend", "revenue": "Revenue",
		"ctr": "CTR", "cvr": "Conversion rate", "cpm": "CPM", "cpc": "CPC", "cpa": "CPA", "roas": "ROAS", "roi": "ROI",
	},
	plural:  map[string]bool{"impressions": true, "clicks": true, "conversions": true, "leads": true},
	verbs:   [2][2]string{{"fell", "fell"}, {"rose", "rose"}},
	going:   [2][2]string{{"has been falling", "have been falling"}, {"has been rising", "have been rising"}},
	change:  "%s %s by %s to %s (%s)",
	rate:    "%s %s by %s to %s",
	trend:   "%s %s for %d days, by %s a week",
	against: " against the %d days before",
	from:    "%s from %s",
	causes: map[string][2]string{
		"cpm": {"cheaper impressions", "dearer impressions"}, "ctr": {"a lower click rate", "a higher click rate"},
		"cvr": {"a lower conversion rate", "a higher conversion rate"}, "aov": {"less revenue a conversion", "more revenue a conversion"},
	},
	mostly: "mostly in %s",
}

var spanish = words{
	names: map[string]string{
		"impressions": "Las impresiones", "clicks": "Los clics", "conversions": "Las conversiones", "leads": "Los leads", "spend": "El gasto", "revenue": "Los ingresos",
		"ctr": "El CTR", "cvr": "La tasa de conversión", "cpm": "El CPM", "cpc": "El CPC", "cpa": "El CPA", "roas": "El ROAS", "roi": "El ROI",
	},
	plural:  map[string]bool{"impressions": true, "clicks": true, "conversions": true, "leads": true, "revenue": true},
	verbs:   [2][2]string{{"bajó", "bajaron"}, {"subió", "subieron"}},
	going:   [2][2]string{{"lleva bajando", "llevan bajando"}, {"lleva subiendo", "llevan subiendo"}},
	change:  "%s %s %s hasta %s (%s)",
	rate:    "%s %s un %s hasta %s",
	trend:   "%s %s %d días, un %s por semana",
	against: " frente a los %d días anteriores",
	from:    "%s por %s",
	causes: map[string][2]string{
		"cpm": {"impresiones más baratas", "impresiones más caras"}, "ctr": {"una tasa de clics más baja", "una tasa de clics más alta"},
		"cvr": {"una tasa de conversión más baja", "una tasa de conversión más alta"}, "aov": {"menos ingresos por conversión", "más ingresos por conversión"},
	},
	mostly: "sobre todo en %s",
}

func wordsOf(lang string) *words {
	if strings.HasPrefix(strings.ToLower(lang), "es") {
		return &spanish
	}
	return &english
}

// Sentence says the finding in Spanish for any lang that begins with "es", else
// in English, such as "CPA rose by 1.20 USD to 6.20 USD (+24 %) against the 7
// days before: +0.90 USD from a lower conversion rate, +0.30 USD from dearer
// impressions; mostly in search."
func (i Insight) Sentence(lang string, p Printer) string {
	w := wordsOf(lang)
	many, up := index(w.plural[i.Metric]), index(i.Up)
	name := w.names[i.Metric]
	if i.Kind == "trend" {
		return fmt.Sprintf(w.trend, name, w.going[up][many], i.Period.Days(), p.Percent(math.Abs(i.Trend.Weekly))) + "."
	}
	by := i.Change.Difference
	by.Micros = max(by.Micros, -by.Micros)
	var said string
	if by.Unit == performance.Fraction {
		said = fmt.Sprintf(w.rate, name, w.verbs[up][many], p.Percent(math.Abs(i.Change.Relative)), p.Value(i.Change.After))
	} else {
		said = fmt.Sprintf(w.change, name, w.verbs[up][many], p.Value(by), p.Value(i.Change.After), signed(i.Change.Relative, p.Percent(math.Abs(i.Change.Relative))))
	}
	said += fmt.Sprintf(w.against, i.Against.Days())
	if causes := w.because(&i, p); causes != "" {
		said += ": " + causes
	}
	if g := i.culprit(); g != "" {
		said += "; " + fmt.Sprintf(w.mostly, p.Group(g))
	}
	return said + "."
}

func (w *words) because(i *Insight, p Printer) string {
	var parts []string
	for _, f := range i.causes() {
		v := i.Change.Difference
		v.Micros = max(f.Contribution, -f.Contribution)
		cause := w.causes[f.Name][index(f.After.Micros > f.Before.Micros)]
		parts = append(parts, fmt.Sprintf(w.from, signed(float64(f.Contribution), p.Value(v)), cause))
	}
	return strings.Join(parts, ", ")
}

func signed(v float64, text string) string {
	if v < 0 {
		return "−" + text
	}
	return "+" + text
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Plain prints numbers for a language without a region: two decimals, and the
// currency's code behind an amount.
func Plain(lang string) Printer {
	if wordsOf(lang) == &spanish {
		return plain(",")
	}
	return plain(".")
}

type plain string // the sign before decimals

func (s plain) Value(v Value) string {
	switch {
	case !v.Defined():
		return "–"
	case v.Unit == Count:
		return s.fixed(v.Micros, 0)
	case v.Unit == performance.Fraction:
		return s.fixed(bounded(float64(v.Micros)*100), 2) + " %"
	case v.Unit == performance.Amount:
		return s.fixed(v.Micros, money.Currency(v.Currency).Exponent()) + " " + v.Currency
	}
	return s.fixed(v.Micros, 2)
}

func (s plain) Percent(fraction float64) string { return s.fixed(micros(fraction*100), 1) + " %" }

func (s plain) Group(code string) string { return code }

func (s plain) fixed(micros int64, decimals int) string {
	text := fmt.Sprintf("%.*f", decimals, float64(micros)/float64(money.Unit))
	return strings.Replace(text, ".", string(s), 1)
}
