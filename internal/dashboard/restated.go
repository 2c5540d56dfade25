package dashboard

import (
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// restatedMost is how many restated days a page of the card lists.
const restatedMost = 7

// restatedMetrics are the figures whose change is shown.
var restatedMetrics = []string{"spend", "impressions", "clicks", "conversions", "cpa", "revenue", "roas"}

// restated is what became known lately about days that were over. Days that were
// reported for the first time contradict nobody and are one line.
func (v *visit) restated(s subject, form *exploreForm) (restatedCard, error) {
	back := map[string]localday.Day{"1d": 1, "7d": 7, "30d": 30}[form.Since]
	from, _ := localday.Bounds(s.day()-back, s.zone)
	r, err := v.d.Performance.Restatements(v.r.Context(), s.Partner, s.ID, performance.RestatementQuery{From: from, Limit: performance.MaxRestatedDays})
	if err != nil {
		return restatedCard{}, err
	}
	l := v.locale
	card := restatedCard{Note: l.T("restated.note", "from", l.Stamp(from.In(s.zone)), "to", l.Stamp(s.now)), More: r.Next != ""}
	var changed []*performance.DayRestatement
	for i := range r.Days {
		if d := &r.Days[i]; d.FirstReport() {
			card.First = append(card.First, firstReport{l.Day(d.From.In(s.zone)), figures(d.After, s.code())})
		} else {
			changed = append(changed, d)
		}
	}
	card.FirstNote = l.N("restated.first", len(card.First))
	pages := max(1, (len(changed)+restatedMost-1)/restatedMost)
	page, _ := strconv.Atoi(v.r.FormValue("days")) // nonsense is the first page
	page = min(max(page, 1), pages)
	changed = changed[(page-1)*restatedMost:]
	for _, d := range changed[:min(len(changed), restatedMost)] {
		card.Days = append(card.Days, l.restatedDay(s, d))
	}
	if page > 1 {
		card.Newer = v.restatedPage(page - 1)
	}
	if page < pages {
		card.Older = v.restatedPage(page + 1)
	}
	if pages > 1 {
		card.Page = l.T("restated.page", "page", page, "pages", pages)
	}
	return card, nil
}

func (v *visit) restatedPage(page int) string {
	query := v.r.URL.Query()
	query.Set("days", strconv.Itoa(page))
	return "?" + query.Encode() + "#restated"
}

func (l *locale) restatedDay(s subject, d *performance.DayRestatement) restatedDay {
	out := restatedDay{Day: l.Day(d.From.In(s.zone))}
	d.Before.Currency, d.After.Currency = s.code(), s.code()
	for _, metric := range restatedMetrics {
		before, after := figureIn(metric, d.Before), figureIn(metric, d.After)
		if before.Known == after.Known && before.Value == after.Value {
			continue
		}
		change := restatedChange{Metric: metric, Before: before, After: after}
		if before.Known && after.Known {
			delta := known(metric, after.Value-before.Value, s.code())
			change.Delta = l.Figure(delta)
			if delta.Value > 0 {
				change.Delta = "+" + change.Delta
			}
		}
		out.Changes = append(out.Changes, change)
	}
	for _, c := range d.Causes {
		out.Causes = append(out.Causes, restatedCause{
			Text: l.T("cause." + c.Cause), Events: l.N("restated.events", int(c.Delta.Events)),
			References: strings.Join(c.References, ", "), Sources: strings.Join(c.Sources, ", "), More: c.More,
		})
	}
	return out
}
