package dashboard

import (
	"net/http"
	"strings"
	"sync"

	"github.com/bojanz/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// locale is how one viewer reads: the language of the words, and the region's
// habits for numbers, money and dates. One exists for each supported tag.
type locale struct {
	Tag      string // BCP 47, for <html lang>
	Lang     string // "es" or "en"
	Decimal  string // the sign before decimals
	Group    string // the sign between thousands
	MinGroup int    // digits a group needs before it is parted: 2 means 1234 but 12.345

	tag     language.Tag
	words   dictionary
	amounts *currency.Formatter
}

// supported are the locales the pages are offered in; the first is the one for
// a viewer who asks for neither language.
var supported = []language.Tag{
	language.MustParse("en"), language.MustParse("es"),
	language.MustParse("es-419"), language.MustParse("es-AR"), language.MustParse("es-CL"), language.MustParse("es-CO"),
	language.MustParse("es-EC"), language.MustParse("es-ES"), language.MustParse("es-MX"), language.MustParse("es-PE"), language.MustParse("es-US"),
	language.MustParse("en-GB"),
}

var matcher = language.NewMatcher(supported)

const languageCookie = "lang"

// negotiate chooses the locale: the language the viewer chose, in the region
// the browser names, else what the browser prefers.
func negotiate(r *http.Request) language.Tag {
	wanted, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if c, err := r.Cookie(languageCookie); err == nil && isLanguage(c.Value) {
		wanted = sameLanguage(wanted, c.Value)
	}
	_, i, _ := matcher.Match(wanted...)
	return supported[i]
}

// sameLanguage keeps the tags of one language, so that its region survives a
// switch; the bare language is the last resort.
func sameLanguage(tags []language.Tag, lang string) []language.Tag {
	var kept []language.Tag
	for _, t := range tags {
		if base, _ := t.Base(); base.String() == lang {
			kept = append(kept, t)
		}
	}
	return append(kept, language.Make(lang))
}

func isLanguage(s string) bool { return s == "es" || s == "en" }

// locales makes each locale once.
type locales struct {
	mu   sync.Mutex
	made map[language.Tag]*locale
}

func (l *locales) get(tag language.Tag) (*locale, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if loc, ok := l.made[tag]; ok {
		return loc, nil
	}
	loc, err := newLocale(tag)
	if err != nil {
		return nil, err
	}
	if l.made == nil {
		l.made = map[language.Tag]*locale{}
	}
	l.made[tag] = loc
	return loc, nil
}

func newLocale(tag language.Tag) (*locale, error) {
	base, _ := tag.Base()
	words, err := readDictionary(base.String())
	if err != nil {
		return nil, err
	}
	amounts := currency.NewFormatter(currency.NewLocale(tag.String()))
	amounts.RoundingMode = currency.RoundHalfUp
	l := &locale{Tag: tag.String(), Lang: base.String(), tag: tag, words: words, amounts: amounts, MinGroup: 1}
	l.learnSigns(message.NewPrinter(tag))
	return l, nil
}

// learnSigns reads the separators off a printed number, so that Go and the
// browser's script write the same ones; the tables are CLDR's.
func (l *locale) learnSigns(p *message.Printer) {
	l.Decimal = strings.Trim(p.Sprint(number.Decimal(1.5)), "15")
	l.Group = strings.Trim(p.Sprint(number.Decimal(123456)), "123456")
	if amount, err := currency.NewAmount("1234", "EUR"); err == nil && !strings.Contains(l.amounts.Format(amount), l.Group) {
		l.MinGroup = 2
	}
}
