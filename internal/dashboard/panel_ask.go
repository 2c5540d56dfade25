package dashboard

import (
	"math"
	"strings"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// panelAnswer is how many people of a panel match.
type panelAnswer struct {
	People, Range, Rows, Share string
	Notes                      []string
	Problem                    string
}

// askPanel is the form that counts people in the panel, and its answer when
// something was asked. The question stands in the address, so that it can be
// kept and passed on.
func (v *visit) askPanel(s panel.State) ([]field, *panelAnswer) {
	query := v.r.URL.Query()
	f := form{v.locale, func(name string) []string { return query[name] }, nil}
	names := []string{""}
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	label := func(name string) string {
		for _, c := range s.Columns {
			if c.Name == name {
				return c.Title
			}
		}
		return "–"
	}
	fields := []field{
		f.choose("attribute", "select", false, names, label).optional(),
		f.input("attribute_values").optional(),
		f.input("age_min").number().optional(), f.input("age_max").number().optional(),
		f.choose("genders", "choices", true, texts(targeting.Genders), f.named("gender.")).optional().whole(),
	}
	asked, something := v.panelQuestion(s, f)
	if !something {
		return fields, nil
	}
	asked.Language = v.locale.Lang
	e, err := v.d.Reach.Estimate(v.r.Context(), v.scope(), asked)
	if err != nil {
		_, refused, wrong := v.refusal(err)
		answer := &panelAnswer{Problem: v.locale.T("panel.ask.refused")}
		if refused != nil && len(wrong.rest()) > 0 {
			answer.Problem = strings.Join(wrong.rest(), " ")
		}
		return fields, answer
	}
	return fields, v.panelAnswer(e)
}

// panelQuestion reads the form; something is whether anything was asked.
func (v *visit) panelQuestion(s panel.State, f form) (asked reach.Request, something bool) {
	asked.Panel = s.ID
	low, lowErr := parseWhole(f.one("age_min"))
	high, highErr := parseWhole(f.one("age_max"))
	if lowErr == nil || highErr == nil {
		ages := targeting.AgeRange{Min: targeting.MinAge, Max: targeting.OpenAge}
		if lowErr == nil {
			ages.Min = int(min(max(low, 0), 200))
		}
		if highErr == nil {
			ages.Max = int(min(max(high, 0), 200))
		}
		asked.Configuration.AgeRange, something = &ages, true
	}
	for _, g := range f.value("genders") {
		asked.Configuration.Genders, something = append(asked.Configuration.Genders, targeting.Gender(g)), true
	}
	if name, text := f.one("attribute"), strings.TrimSpace(f.one("attribute_values")); name != "" && text != "" {
		asked.Attributes, something = map[string]panel.Match{name: v.matchOf(s, name, text)}, true
	}
	return asked, something
}

// matchOf reads values with commas between, and for numbers two with "..".
func (v *visit) matchOf(s panel.State, name, text string) panel.Match {
	from, to, ranged := strings.Cut(text, "..")
	if ranged && isNumber(s, name) {
		return panel.Match{Min: v.bound(from), Max: v.bound(to)}
	}
	m := panel.Match{Values: []string{}}
	for value := range strings.SplitSeq(text, ",") {
		if value = strings.TrimSpace(value); value != "" {
			m.Values = append(m.Values, value)
		}
	}
	return m
}

func isNumber(s panel.State, name string) bool {
	for _, c := range s.Columns {
		if c.Name == name {
			return c.Kind == panel.Number
		}
	}
	return false
}

// bound is one end of a range; nil where it is open.
func (v *visit) bound(text string) *float64 {
	micros, err := v.locale.parseDecimal(text)
	if err != nil {
		return nil
	}
	n := float64(micros) / money.Unit
	return &n
}

func (v *visit) panelAnswer(e reach.Estimate) *panelAnswer {
	l := v.locale
	a := &panelAnswer{
		People: l.Count(e.Mid), Range: l.T("reach.range", "low", l.Count(e.Low), "high", l.Count(e.High)), Notes: e.Assumptions[1:],
		Rows: l.T("panel.ask.rows", "hits", l.Count(e.Panel.Hits), "rows", l.Count(e.Panel.Rows), "error", l.Count(int64(math.Round(e.Panel.StandardError)))),
	}
	if e.Population > 0 {
		a.Share = l.Percent(int64(math.Round(float64(e.Mid)/float64(e.Population)*money.Unit)), 2)
	}
	return a
}
