package targeting

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

// Sentence says in plain words whom the configuration is for, what is left out
// and how it bids: in Spanish for any lang that begins with "es", else in
// English, with numbers as the API writes them. Long lists are cut short with
// how many more there are.
func (c Configuration) Sentence(lang string) string { return c.SentenceFor(lang, plain{}) }

// Printer prints the numbers of a sentence.
type Printer interface {
	Amount(m money.Money) string
	Number(value float64) string // with the digits that it has, four behind the point at most
}

// plain prints as the API does.
type plain struct{}

func (plain) Amount(m money.Money) string { return m.String() }

func (plain) Number(value float64) string {
	return strconv.FormatFloat(math.Round(value*10_000)/10_000, 'f', -1, 64)
}

// SentenceFor is Sentence with numbers as a reader writes them.
func (c Configuration) SentenceFor(lang string, p Printer) string {
	w := wordsOf(lang)
	w.print = p
	sentences := []string{w.people(c)}
	if left := w.exclusions(c.Exclusions); left != "" {
		sentences = append(sentences, left)
	}
	if f := c.FrequencyCap; f != nil {
		sentences = append(sentences, fmt.Sprintf(w.atMost, f.Impressions, w.plural(f.Impressions, w.time, w.times), w.term("per_"+string(f.Period))))
	}
	if b := c.BidStrategy; b != nil {
		sentences = append(sentences, w.bid(*b))
	}
	return strings.Join(sentences, ". ") + "."
}

func wordsOf(lang string) words {
	if strings.HasPrefix(strings.ToLower(lang), "es") {
		return spanish
	}
	return english
}

// people is the first sentence: "Women aged 25 to 45 in Peru who speak Spanish;
// interests: 607".
func (w words) people(c Configuration) string {
	parts := []string{w.genders(c.Genders)}
	if c.AgeRange != nil {
		parts = append(parts, w.age(*c.AgeRange))
	}
	if len(c.Locations) > 0 {
		parts = append(parts, w.places(c.Locations))
	}
	if len(c.Languages) > 0 {
		parts = append(parts, w.whoSpeak+" "+w.either(each(c.Languages, w.language)))
	}
	said := strings.Join(parts, " ")
	for _, l := range c.Lists() {
		if l.Criterion != ByGender && l.Criterion != ByLanguage && len(l.Values) > 0 {
			said += "; " + w.criteria[l.Criterion] + ": " + w.values(l.Criterion, l.Values)
		}
	}
	return said
}

func (w words) genders(genders []Gender) string {
	if len(genders) == 0 {
		return capital(w.anybody)
	}
	return capital(w.joined(each(texts(genders), w.term), w.and))
}

func (w words) age(r AgeRange) string {
	if r.Open() {
		return fmt.Sprintf(w.agedFrom, r.Min)
	}
	return fmt.Sprintf(w.aged, r.Min, r.Max)
}

func (w words) places(locations []Location) string {
	said := make([]string, len(locations))
	for i, l := range locations {
		said[i] = w.place(l)
	}
	return w.either(said)
}

func (w words) place(l Location) string {
	var names []string
	for _, name := range []string{l.PostalCode, l.City, l.Region, w.country(l.Country)} {
		if name != "" {
			names = append(names, name)
		}
	}
	where := strings.Join(names, ", ")
	if l.RadiusKM == 0 {
		return w.in + " " + where
	}
	if p := l.Point; p != nil {
		where = fmt.Sprintf("%.4f, %.4f (%s)", p.Latitude, p.Longitude, where)
	}
	return fmt.Sprintf(w.within, w.print.Number(l.RadiusKM), where)
}

func (w words) country(code string) string {
	if region, err := language.ParseRegion(code); err == nil && Country(code) {
		return w.regions.Name(region)
	}
	return code
}

func (w words) language(tag string) string {
	if t, err := language.Parse(tag); err == nil {
		return cmp.Or(w.languages.Name(t), tag)
	}
	return tag
}

// interest is what the taxonomy calls an id.
func interest(id string) string {
	if n, ok := taxonomy.Get(id); ok {
		return n.Name()
	}
	return id
}

// Called is a value of the criterion as people call it, in Spanish for any lang
// that begins with "es", else in English.
func (c Criterion) Called(value, lang string) string { return wordsOf(lang).called(c, value) }

func (w words) called(by Criterion, value string) string {
	switch {
	case by == ByCountry:
		return w.country(value)
	case by == ByLanguage:
		return w.language(value)
	case by == ByInterest:
		return interest(value)
	case by == ByIncome && value == "unknown":
		return w.notKnown
	}
	return w.term(value)
}

// values are those of a criterion as people call them, cut short.
func (w words) values(by Criterion, values []string) string {
	const shown = 3
	name := func(v string) string { return w.called(by, v) }
	if len(values) > shown {
		more := fmt.Sprintf(w.more, len(values)-shown)
		return strings.Join(each(values[:shown], name), ", ") + " " + more
	}
	return w.either(each(values, name))
}

func (w words) exclusions(exclusions []Exclusion) string {
	var said []string
	for _, e := range exclusions {
		said = append(said, w.criteria[e.Criterion]+": "+w.values(e.Criterion, e.Values))
	}
	if len(said) == 0 {
		return ""
	}
	return w.leftOut + ": " + strings.Join(said, "; ")
}

func (w words) bid(b BidStrategy) string {
	said := w.bidding + ": " + w.term(string(b.Type))
	if b.Amount != nil {
		said += " " + w.print.Amount(*b.Amount)
	}
	return said
}

func (w words) either(values []string) string { return w.joined(values, w.or) }

// joined is "a, b or c". Spanish says "u" before an o and "e" before an i.
func (w words) joined(values []string, with func(next string) string) string {
	last := len(values) - 1
	if last < 1 {
		return strings.Join(values, "")
	}
	return strings.Join(values[:last], ", ") + " " + with(values[last]) + " " + values[last]
}

func (w words) plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// term is a value as people call it; one without a name is shown as it is.
func (w words) term(value string) string {
	if name, ok := w.terms[value]; ok {
		return name
	}
	if name, ok := names[value]; ok {
		return name
	}
	return strings.ReplaceAll(value, "_", " ")
}

func each(values []string, name func(string) string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = name(v)
	}
	return out
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
