package dashboard

import (
	"strings"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// cells are the figures a list shows of every campaign; a goal stands under
// the figure it is for.
var cells = []string{"impressions", "ctr", "conversions", "cpa"}

func (v *visit) table(subjects []subject) table {
	l := v.locale
	t := table{MayCreate: v.who.Can(partners.ActionWriteCampaigns), Columns: []column{
		{Label: l.T("column.name")}, {Label: l.T("column.status")}, {Label: l.T("column.spend")}, {Label: l.T("column.pacing"), End: true},
	}}
	for _, metric := range cells {
		t.Columns = append(t.Columns, column{Label: l.Metric(metric), End: true})
	}
	for _, s := range subjects {
		t.Rows = append(t.Rows, l.row(s))
	}
	return t
}

func (l *locale) row(s subject) row {
	r := row{
		ID: s.ID.String(), Name: s.Name, Status: string(s.Status), Type: string(s.Type), Objective: string(s.Objective),
		Currency: s.code(), Totals: sumsJSON(s.totals), Search: strings.ToLower(s.Name + " " + strings.Join(s.Labels, " ")),
		Spend: known("spend", s.totals.Spend, s.code()), Limit: known("limit", s.position.Limit.Micros, s.code()),
		LimitText: l.limit(s.position.Limit),
		Daily:     s.budget != nil && s.budget.State().Kind == "daily",
	}
	r.Pacing = s.pacing(l)
	r.Meter = l.spendMeter(s)
	for _, metric := range cells {
		c := cell{figure: s.figure(metric)}
		if target, ok := s.Goals.Target(campaigns.Metric(metric)); ok {
			c.Goal = l.newGoal(c.figure, targetFigure(target, s.code()))
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

// limit prints a limit, without decimals when it has none: it stands in a
// narrow place.
func (l *locale) limit(m money.Money) string {
	if m.Micros%money.Unit == 0 {
		return l.MoneyRound(m.Micros, string(m.Currency))
	}
	return l.Money(m.Micros, string(m.Currency))
}

// spendMeter is how much of the limit is gone.
func (l *locale) spendMeter(s subject) meter {
	spent, limit := s.position.Reported, s.position.Limit
	part := share(spent.Micros, limit.Micros)
	return meter{Width: min(100, part/10_000), Tone: spendTone(part), Label: l.T("budget.label",
		"settled", l.Money(spent.Micros, s.code()), "limit", l.Money(limit.Micros, s.code()), "percent", l.Percent(part, 0))}
}

// spendTone warns from three quarters on, as the usual thresholds do.
func spendTone(part int64) string {
	switch {
	case part >= money.Unit:
		return "bad"
	case part >= money.Unit*3/4:
		return "warn"
	default:
		return ""
	}
}

// share is part/whole in micros, 0 of nothing.
func share(part, whole int64) int64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	n, err := money.MulDiv(part, money.Unit, whole, money.Down)
	if err != nil {
		return money.Unit
	}
	return n
}

// targetFigure is a goal's target in the units of its metric.
func targetFigure(t campaigns.Target, code string) figure {
	metric := string(t.Metric)
	if kindOf(metric) == kindCount {
		return known(metric, t.Micros/money.Unit, code)
	}
	return known(metric, t.Micros, code)
}
