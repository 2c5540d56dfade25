package dashboard

import (
	"strings"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// restatedMost is how many days the page lists.
const restatedMost = 31

// restatedMetrics are the figures whose change is shown.
var restatedMetrics = []string{"spend", "impressions", "clicks", "conversions", "cpa", "revenue", "roas"}

// restated is what became known lately about days that were over.
func (v *visit) restated(s subject, since string) (restatedCard, error) {
	back := map[string]localday.Day{"1d": 1, "7d": 7, "30d": 30}[since]
	from, _ := localday.Bounds(s.day()-back, s.zone)
	r, err := v.d.Performance.Restatements(v.r.Context(), s.Partner, s.ID, performance.RestatementQuery{From: from, Limit: restatedMost})
	if err != nil {
		return restatedCard{}, err
	}
	card := restatedCard{Note: v.locale.T("restated.note", "from", v.locale.Stamp(from.In(s.zone)), "to", v.locale.Stamp(s.now)), More: r.Next != ""}
	for i := range r.Days {
		card.Days = append(card.Days, v.locale.restatedDay(s, &r.Days[i]))
	}
	return card, nil
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
