package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// What the Explore page can be asked for.
var (
	exploreRanges = []string{"today", "yesterday", "7d", "30d", "90d", "all", "custom"}
	exploreSteps  = []string{"total", "day", "hour", "minute"}
	exploreBy     = []string{"", "channel", "source", "ad", "creative", "audience", "country", "device"}
	exploreSince  = []string{"1d", "7d", "30d"}

	exploreColumns = []string{"impressions", "clicks", "ctr", "cpc", "conversions", "cvr", "cpa", "spend", "revenue", "roas"}
)

// exploreMost is how many rows the page shows; the download has all.
const exploreMost = 500

// exploreForm is what was asked, as text that the form shows again.
type exploreForm struct {
	Range, From, To, Step, By, At, Known, Since string
}

// readExplore reads the form; what is not among the choices is the first one.
func (v *visit) readExplore(s subject) exploreForm {
	pick := func(name string, from []string, other string) string {
		if value := v.r.FormValue(name); slices.Contains(from, value) {
			return value
		}
		return other
	}
	f := exploreForm{
		Range: pick("range", exploreRanges, "7d"), Step: pick("step", exploreSteps, "day"), By: pick("by", exploreBy, ""),
		Since: pick("since", exploreSince, "1d"), From: v.r.FormValue("from"), To: v.r.FormValue("to"),
		At: v.r.FormValue("at"), Known: v.r.FormValue("known"),
	}
	if days, ok := rangeDays[f.Range]; ok {
		f.From, f.To = (s.day() - days.back).String(), (s.day() - days.end).String()
	}
	return f
}

// rangeDays are the presets in local days before today, both ends included.
var rangeDays = map[string]struct{ back, end localday.Day }{
	"today": {0, 0}, "yesterday": {1, 1}, "7d": {6, 0}, "30d": {29, 0}, "90d": {89, 0},
}

// moment reads what a control for date and time sends, in the campaign's zone,
// or a time with its offset.
func (s subject) moment(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, s.zone); err == nil {
			return t, nil
		}
	}
	return time.Parse(time.RFC3339Nano, text)
}

var errMoment = fault.New(fault.Malformed, "invalid_moment", "A date or time cannot be read.",
	"Pick it in its field, or write it like 2026-03-01T12:00.")

// query makes the form definite. Days and times are the campaign's.
func (f *exploreForm) query(s subject) (q performance.Query, err error) {
	q = performance.Query{Granularity: f.Step}
	if f.By != "" {
		q.GroupBy = []string{f.By}
	}
	if f.Range != "all" {
		first, wrong := localday.Parse(f.From)
		last, alsoWrong := localday.Parse(f.To)
		if err := errors.Join(wrong, alsoWrong); err != nil {
			return q, errMoment.Wrap(err)
		}
		q.From, _ = localday.Bounds(first, s.zone)
		_, q.To = localday.Bounds(last, s.zone)
	}
	if f.At != "" {
		q.At, err = s.moment(f.At)
	}
	if f.Known != "" && err == nil {
		q.KnownAt, err = s.moment(f.Known)
	}
	if err != nil {
		return q, errMoment.Wrap(err)
	}
	if q.From.IsZero() && f.Step != "total" {
		q.From, q.To = s.began(), s.now.Add(time.Minute)
		q.From, _ = localday.Bounds(localday.Of(q.From, s.zone)-1, s.zone)
	}
	return q, nil
}

// explore answers any question about a campaign's numbers, as of any moment.
func (v *visit) explore() error {
	s, err := v.one()
	if err != nil {
		return err
	}
	form := v.readExplore(s)
	answer, status, refused, err := v.askExplore(s, &form)
	if err != nil {
		return err
	}
	if v.r.FormValue("download") == "csv" && refused == nil {
		return v.exploreCSV(s, &form, answer)
	}
	head, _, err := v.head(s, "explore")
	if err != nil {
		return err
	}
	p := explorePage{
		Head: head, Form: form, Problem: refused, Ranges: exploreRanges, Steps: exploreSteps, Bys: exploreBy, Sinces: exploreSince, FirstColumns: exploreColumns,
		ZoneNote: v.locale.T("explore.zone", "zone", s.Timezone),
	}
	if refused == nil {
		v.showExplore(&p, s, answer)
	}
	if p.Restated, err = v.restated(s, &form); err != nil {
		return err
	}
	return v.page(status, "explore", s.Name, "campaigns", p)
}

// exploreAnswer is what the service said.
type exploreAnswer struct {
	performance.MixedResult
	query performance.Query
	total *performance.Totals
	mixed string // why there is no sum; empty when there is
}

// askExplore asks; what the service refuses is shown on the page.
func (v *visit) askExplore(s subject, form *exploreForm) (a exploreAnswer, status int, refused *problem, err error) {
	a.query, err = form.query(s)
	if err == nil {
		a.MixedResult, err = v.d.Explorer.Campaign(v.r.Context(), s.Partner, s.ID, a.query, false)
	}
	if errors.Is(err, performance.ErrMixedWindows) {
		a.mixed = fault.As(err).Detail
		a.MixedResult, err = v.d.Explorer.Campaign(v.r.Context(), s.Partner, s.ID, a.query, true)
	}
	if err != nil {
		status, refused, _ = v.refusal(err)
		if refused != nil {
			err = nil
		}
		return a, status, refused, err
	}
	if a.mixed == "" && len(a.Items) > 1 {
		whole := a.query
		whole.Granularity, whole.GroupBy, whole.KnownAt = "total", nil, a.KnownAt
		sum, err := v.d.Explorer.Campaign(v.r.Context(), s.Partner, s.ID, whole, false)
		switch {
		case errors.Is(err, performance.ErrMixedWindows):
			a.mixed = fault.As(err).Detail
		case err != nil:
			return a, status, nil, err
		case len(sum.Items) == 1:
			a.total = &sum.Items[0].Totals
		}
	}
	return a, http.StatusOK, nil, nil
}

// showExplore lays the answer out.
func (v *visit) showExplore(p *explorePage, s subject, a exploreAnswer) {
	l := v.locale
	p.Mixed = a.mixed
	p.Known = l.T("explore.known_now", "time", l.Stamp(a.KnownAt.In(s.zone)))
	if !a.query.KnownAt.IsZero() {
		p.Chips = append(p.Chips, l.T("explore.chip.known", "time", l.Stamp(a.KnownAt.In(s.zone))))
		if a.KnownAt.Before(a.query.KnownAt) {
			p.Chips = append(p.Chips, l.T("explore.chip.cut"))
		}
	}
	if !a.query.At.IsZero() {
		p.Chips = append(p.Chips, l.T("explore.chip.at", "time", l.Stamp(a.query.At.In(s.zone))))
	}
	if p.Form.Step != "total" {
		p.Heads = append(p.Heads, l.T("explore.when"))
	}
	if p.Form.By != "" {
		p.Heads = append(p.Heads, l.T("explore.by."+p.Form.By))
	}
	if a.Mixed || len(p.Heads) == 0 {
		p.Heads = append(p.Heads, l.T("explore.part"))
	}
	p.Columns = exploreColumns
	for i, item := range a.Items {
		if i == exploreMost {
			p.More = l.N("explore.more", len(a.Items)-exploreMost)
			break
		}
		p.Rows = append(p.Rows, v.exploreRow(p, s, item, a.Mixed))
	}
	if a.total != nil {
		p.Total = figures(*a.total, s.code())
	}
	p.Curl = v.curl(s, a)
	query := v.r.URL.Query()
	query.Set("download", "csv")
	p.CSV = "?" + query.Encode()
}

func (v *visit) exploreRow(p *explorePage, s subject, item performance.MarkedItem, mixed bool) exploreRow {
	l := v.locale
	var r exploreRow
	if p.Form.Step != "total" {
		name := exploreName{Text: l.Stamp(item.From.In(s.zone)), Key: item.From.UTC().Format(time.RFC3339)}
		if p.Form.Step == "day" {
			name.Text = l.Day(item.From.In(s.zone))
		}
		r.Names = append(r.Names, name)
	}
	if p.Form.By != "" {
		value := item.Group[p.Form.By]
		switch {
		case value == "":
			r.Names = append(r.Names, exploreName{Text: l.T("explore.unsaid"), Soft: true})
		case p.Form.By == "channel" || p.Form.By == "device":
			r.Names = append(r.Names, exploreName{Text: l.word(value)})
		default:
			r.Names = append(r.Names, exploreName{Text: value})
		}
	}
	switch {
	case mixed:
		r.Names = append(r.Names, exploreName{Text: l.windowText(item.Mark)})
	case len(r.Names) == 0:
		r.Names = append(r.Names, exploreName{Text: l.T("explore.step.total")})
	}
	r.Figures = figures(item.Totals, s.code())
	return r
}

// windowText says which sources an item of a mix is of, and their window.
func (l *locale) windowText(m *performance.Mark) string {
	if m == nil {
		return ""
	}
	sources := strings.Join(m.Sources, ", ")
	if m.Window == nil {
		return sources + " · " + l.T("explore.undeclared")
	}
	return sources + " · " + l.T("explore.window", "click", m.Window.ClickDays, "view", m.Window.ViewDays)
}

func figures(t performance.Totals, code string) []figure {
	t.Currency = code
	out := make([]figure, len(exploreColumns))
	for i, metric := range exploreColumns {
		out[i] = figureIn(metric, t)
	}
	return out
}

// curl is the question for the API, with the moment of knowledge that was
// answered: asked again, it gives the same numbers for ever.
func (v *visit) curl(s subject, a exploreAnswer) string {
	query := url.Values{"granularity": {a.Granularity}, "known_at": {a.KnownAt.UTC().Format(time.RFC3339Nano)}}
	for name, at := range map[string]time.Time{"from": a.query.From, "to": a.query.To, "at": a.query.At} {
		if !at.IsZero() {
			query.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	if len(a.query.GroupBy) > 0 {
		query.Set("group_by", strings.Join(a.query.GroupBy, ","))
	}
	if a.Mixed {
		query.Set("allow_mixed", "true")
	}
	return `curl -H "Authorization: Bearer $CAMPAIGND_KEY" '` + v.origin() + "/api/v1" + s.href() + "/metrics?" + query.Encode() + "'"
}
