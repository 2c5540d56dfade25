package dashboard

import (
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// planForm sets how a limit is to be spread over its time. The line is over 100
// by 100, with the share of the time to the right and of the limit upwards.
type planForm struct {
	Shapes []option
	Points string
	Line   string
	Label  string
}

func (v *visit) addPlan(p *spendingPage, s subject) {
	curve := s.budget.State().Curve.Named()
	form := &planForm{Points: v.locale.points(curve), Line: drawn(curve), Label: v.locale.T("spending.curve." + string(curve.Shape))}
	for _, shape := range pacing.Shapes {
		form.Shapes = append(form.Shapes, option{Value: string(shape), Label: v.locale.T("spending.curve." + string(shape)), Chosen: shape == curve.Shape})
	}
	p.Plan = form
}

// drawn is a curve as a path.
func drawn(c pacing.Curve) string {
	const steps = 40
	shares := make([]int64, steps+1)
	for i := range shares {
		shares[i] = int64(c.At(float64(i)/steps) * 1000)
	}
	return fan{steps: steps, top: 1000}.line(0, shares)
}

// points are a custom curve's as its field has them: 25 40; 50 75.
func (l *locale) points(c pacing.Curve) string {
	all := make([]string, len(c.Points))
	for i, p := range c.Points {
		all[i] = l.percentage(p.Time) + " " + l.percentage(p.Spent)
	}
	return strings.Join(all, "; ")
}

// percentage is a fraction in percent as a person enters it.
func (l *locale) percentage(fraction float64) string {
	return l.decimal(trimmed(int64(fraction*100*money.Unit + 0.5)))
}

// parsePoints reads pairs of percentages, each pair ended by a semicolon or a
// line.
func (l *locale) parsePoints(text string) ([]pacing.Waypoint, error) {
	wrong := fault.ErrInvalid.WithFields(fault.Field{Path: "pacing_curve.points", Code: "not_points"})
	var all []pacing.Waypoint
	for _, pair := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		parts := strings.Fields(pair)
		if len(parts) == 0 {
			continue
		}
		if len(parts) != 2 {
			return nil, wrong
		}
		var at [2]float64
		for i, part := range parts {
			micros, err := l.parseDecimal(part)
			if err != nil {
				return nil, wrong
			}
			at[i] = float64(micros) / (100 * money.Unit)
		}
		all = append(all, pacing.Waypoint{Time: at[0], Spent: at[1]})
	}
	return all, nil
}

// savePlan sets the curve.
func (v *visit) savePlan() error {
	return v.changeSpending(partners.ActionWriteBudgets, "plan", func(s subject) error {
		curve := pacing.Curve{Shape: pacing.Shape(v.r.PostFormValue("shape"))}
		if curve.Shape == pacing.Custom {
			var err error
			if curve.Points, err = v.locale.parsePoints(v.r.PostFormValue("points")); err != nil {
				return err
			}
		}
		_, err := v.d.Budgets.Patch(v.r.Context(), v.by(), s.BudgetID, v.revision(), budgets.Patch{Curve: &curve})
		return err
	})
}

// transferForm moves a part of the limit to another campaign of the partner.
type transferForm struct {
	To   []option
	Most figure // what is neither spent, reserved nor divided
}

// mostTransfers is among how many campaigns the form lets choose, the newest
// first.
const mostTransfers = 100

// addTransfer offers the campaigns whose budgets are of the same kind and
// currency: nothing is converted.
func (v *visit) addTransfer(p *spendingPage, s subject) error {
	if !p.CanWrite {
		return nil
	}
	found, _, err := v.d.Campaigns.List(v.r.Context(), v.by(), campaigns.Query{Limit: mostTransfers})
	if err != nil {
		return err
	}
	form := &transferForm{Most: known("available", s.budget.Transferable(v.now), s.code())}
	for _, c := range found {
		other := c.State()
		if other.ID == s.ID || other.Status.Over() || other.Currency != s.Currency {
			continue
		}
		b, err := v.d.Budgets.ForCampaign(v.r.Context(), s.Partner, other.ID)
		if err == nil && b.State().Kind == s.budget.State().Kind {
			form.To = append(form.To, option{Value: b.State().ID.String(), Label: other.Name})
		}
	}
	p.Transfer = form
	return nil
}

func (v *visit) saveTransfer() error {
	return v.changeSpending(partners.ActionWriteBudgets, "transfer", func(s subject) error {
		amount, err := v.amount(v.r.PostFormValue("amount"), s.Currency)
		if err != nil {
			return err
		}
		to, err := uuid.Parse(v.r.PostFormValue("to"))
		if err != nil {
			return budgets.ErrNotFound
		}
		move := budgets.Move{Amount: amount, Reason: strings.TrimSpace(v.r.PostFormValue("reason"))}
		_, err = v.d.Funding.Transfer(v.r.Context(), v.by(), s.BudgetID, to, move, budgets.Option{Authorised: v.who.IsAdmin()})
		return err
	})
}

// overrunRow is a day of which more was reported than the daily limit.
type overrunRow struct {
	Day, Platforms, Words    string
	Within, Beyond, Reported figure
	Tone, Icon               string
}

// overrunDays is how far back the tab looks.
const overrunDays = 31

// addOverruns lists the days beyond a daily limit, each with whether its
// platforms announce as much.
func (v *visit) addOverruns(p *spendingPage, s subject) error {
	today := s.budget.Today(v.now)
	found, err := v.d.Overruns.Of(v.r.Context(), s.budget, today+1-overrunDays, today+1)
	l := v.locale
	for i := range found {
		o := &found[i]
		row := overrunRow{
			Day: l.date(o.Day, s.zone), Within: known("limit", o.Within, s.code()), Beyond: known("overdelivery", o.Overdelivery, s.code()),
			Reported: known("spend", o.Reported, s.code()), Tone: "quiet", Icon: "ok", Words: l.T("spending.over.announced"),
		}
		if o.Abnormal {
			row.Tone, row.Icon = "bad", "HIGH"
			row.Words = l.T("spending.over.abnormal", "amount", l.Money(o.Overdelivery-o.Announced, s.code()))
			if o.Announced == o.Overdelivery {
				row.Words = l.T("spending.over.month")
			}
		}
		var named []string
		for _, share := range o.Platforms {
			named = append(named, l.Or("platform.", share.Platform, share.Platform)+" "+l.Money(share.Day, s.code()))
		}
		row.Platforms = strings.Join(named, " · ")
		p.Overruns = append(p.Overruns, row)
	}
	return err
}
