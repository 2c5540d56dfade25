package dashboard

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// subject is a campaign with what its pages show of it.
type subject struct {
	campaigns.State
	budget   *budgets.Budget
	position budgets.Position
	totals   performance.Totals
	zone     *time.Location
	now      time.Time // in its zone
}

// one reads the campaign that the address names.
func (v *visit) one() (subject, error) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return subject{}, campaigns.ErrNotFound
	}
	c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), id)
	if err != nil {
		return subject{}, err
	}
	totals, err := v.d.Performance.Totals(v.r.Context(), c.State().Partner, id)
	if err != nil {
		return subject{}, err
	}
	return v.subject(c, totals)
}

// subject adds the budget to a campaign and its totals. One without a budget is
// shown without: it cannot be launched, and the readiness list says so.
func (v *visit) subject(c *campaigns.Campaign, totals performance.Totals) (subject, error) {
	s := subject{State: c.State(), totals: totals}
	s.totals.Currency = string(s.Currency)
	s.zone = v.zone(s.Timezone)
	s.now = v.now.In(s.zone)
	b, err := v.d.Budgets.ForCampaign(v.r.Context(), s.Partner, s.ID)
	if errors.Is(err, budgets.ErrNotFound) {
		zero := money.Zero(s.Currency)
		s.position = budgets.Position{Limit: zero, Reported: zero, Settled: zero, Overdelivery: zero, Available: zero}
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.budget, s.position = b, b.Position(b.Today(v.now))
	return s, nil
}

// listed reads the campaigns of a query with their totals, in its order.
func (v *visit) listed(q campaigns.Query) ([]subject, string, error) {
	found, next, err := v.d.Campaigns.List(v.r.Context(), v.by(), q)
	if err != nil {
		return nil, "", err
	}
	all, err := v.d.Performance.PartnerTotals(v.r.Context(), v.scope())
	if err != nil {
		return nil, "", err
	}
	totals := make(map[uuid.UUID]performance.Totals, len(all))
	for _, t := range all {
		totals[t.Campaign] = t
	}
	subjects := make([]subject, 0, len(found))
	for _, c := range found {
		s, err := v.subject(c, totals[c.State().ID])
		if err != nil {
			return nil, "", err
		}
		subjects = append(subjects, s)
	}
	return subjects, next, nil
}

func (s subject) code() string { return string(s.Currency) }

func (s subject) href() string { return "/campaigns/" + s.ID.String() }

// figure is a metric of the campaign's life so far.
func (s subject) figure(metric string) figure { return figureIn(metric, s.totals) }

// figureIn is a metric of some totals; a KPI over nothing is not known.
func figureIn(metric string, t performance.Totals) figure {
	if m, ok := performance.MetricNamed(metric); ok && !m.IsGauge() {
		return known(metric, *t.At(m), t.Currency)
	} else if ok && !t.Present.Has(m) {
		return unknown(metric, "no_data", t.Currency)
	} else if ok {
		return known(metric, *t.At(m), t.Currency)
	}
	kpi, ok := performance.KPIs(t)[metric]
	if !ok {
		return unknown(metric, "none", t.Currency)
	}
	if !kpi.Defined() {
		return unknown(metric, kpi.Reason, t.Currency)
	}
	return known(metric, kpi.Value, t.Currency)
}

// sumsJSON is totals as the scripts read them: what live figures start from.
func sumsJSON(t performance.Totals) string {
	sums := map[string]string{}
	for m := range performance.Reach {
		if n := *t.At(m); n == 0 {
			continue
		} else if m.IsMoney() {
			sums[m.String()] = money.FormatMicros(n)
		} else {
			sums[m.String()] = figure{Kind: kindCount, Value: n}.Plain()
		}
	}
	body, err := json.Marshal(sums)
	if err != nil {
		return "{}"
	}
	return string(body)
}

// addTo adds what sums up.
func addTo(sum *performance.Totals, more performance.Totals) {
	for m := range performance.Reach {
		*sum.At(m) += *more.At(m)
	}
}

// pacing is how the spend keeps pace with time; only a running campaign has one.
func (s subject) pacing(l *locale) pace {
	if s.Status != campaigns.Active || s.budget == nil {
		return pace{Why: l.T("pacing.ended")}
	}
	var start, end *time.Time
	if s.Schedule != nil {
		start, end = &s.Schedule.Start, &s.Schedule.End
	}
	p := s.budget.Pacing(s.now, start, end)
	if p.Index == nil {
		return pace{Why: l.T("pacing.unknown")}
	}
	shown := pace{Text: l.Fixed(int64(min(*p.Index, fastest)*money.Unit), 2) + "×", Tone: "bad", Icon: "up"}
	switch {
	case p.Status == "on_track":
		shown.Tone, shown.Icon = "good", "ok"
	case *p.Index > fastest:
		shown.Text = "> " + l.Fixed(fastest*money.Unit, 0) + "×"
	case *p.Index < 1:
		shown.Icon = "down"
	}
	return shown
}

// fastest is where the exact pace stops saying anything: a campaign in its
// first minutes is often hundreds of times ahead.
const fastest = 10

// pace is how spend keeps up with time, or why that is not known.
type pace struct{ Text, Tone, Icon, Why string }

// day is the campaign's local day.
func (s subject) day() localday.Day { return localday.Of(s.now, s.zone) }
