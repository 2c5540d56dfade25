package dashboard

import (
	"net/http"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

// mistakes are the wrong fields of a form, by path. What a control takes is
// shown beside it; the rest is listed on top, so that nothing is lost.
type mistakes struct {
	l    *locale
	left []fault.Field
}

// take is what is wrong with the fields whose path is, or begins with, one of
// the prefixes; "" when nothing is.
func (m *mistakes) take(prefixes ...string) string {
	if m == nil {
		return ""
	}
	var said []string
	kept := m.left[:0:0]
	for _, f := range m.left {
		if !matches(f.Path, prefixes) {
			kept = append(kept, f)
			continue
		}
		if text := m.l.mistake(f); len(said) == 0 || said[len(said)-1] != text {
			said = append(said, text)
		}
	}
	m.left = kept
	return strings.Join(said, " ")
}

func matches(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(path, p); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// rest is what no control has taken.
func (m *mistakes) rest() []string {
	var all []string
	if m != nil {
		for _, f := range m.left {
			all = append(all, m.l.mistake(f))
		}
	}
	return all
}

// mistake says what is wrong with a field. The services speak English; in
// Spanish the code chooses the sentence, and so it does for what is found here.
func (l *locale) mistake(f fault.Field) string {
	for _, key := range []string{"wrong." + f.Path + "." + f.Code, "wrong." + f.Code} {
		if l.Has(key) && (l.Lang != "en" || key != "wrong."+f.Code || f.Detail == "") {
			return l.T(key)
		}
	}
	if l.Lang == "en" && f.Allow != "" && f.Detail != "" {
		return f.Detail + " " + l.T("wrong.allowed", "allowed", strings.TrimSuffix(f.Allow, "."))
	}
	return f.Detail
}

// refusal is how an error is shown on the page that caused it; nil for one that
// is a page of its own.
func (v *visit) refusal(err error) (int, *problem, *mistakes) {
	status, ok := map[fault.Kind]int{
		fault.Invalid: http.StatusUnprocessableEntity, fault.Conflict: http.StatusConflict,
		fault.Stale: http.StatusPreconditionFailed, fault.Precondition: http.StatusPreconditionRequired,
	}[fault.KindOf(err)]
	if !ok {
		return 0, nil, nil
	}
	e := fault.As(err)
	p := &problem{Title: v.locale.Or("refusal.", e.Code, e.Detail)}
	if key := "refusal." + e.Code + ".fix"; v.locale.Has(key) {
		p.Fix = v.locale.T(key)
	}
	return status, p, &mistakes{l: v.locale, left: append([]fault.Field(nil), e.Fields...)}
}
