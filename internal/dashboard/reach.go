package dashboard

import (
	"context"
	"math"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

// Reach is reach.Service.
type Reach interface {
	Estimate(ctx context.Context, partner uuid.UUID, r reach.Request) (reach.Estimate, error)
	Model(ctx context.Context, partner uuid.UUID, all []targeting.Configuration) (*reach.Estimator, error)
	Calibration(ctx context.Context, partner uuid.UUID) (reach.Calibration, error)
	Budget(ctx context.Context, partner, campaign uuid.UUID, target int64) (reach.Cost, error)
	DefaultFactors() []reach.Assumed
	OwnFactors(ctx context.Context, partner uuid.UUID) (reach.FactorsState, error)
	SetFactors(ctx context.Context, by event.Origin, revision int64, all []reach.Assumed, validateOnly bool) (reach.FactorsState, error)
}

// reachCard is how many people the audience holds.
type reachCard struct {
	Range, Middle, Confidence, Until string
	Population                       string
	Factors                          []reachRow
	Independence                     string // how the factors go together
	Panel, PanelURL, Sampling        string // what was counted
	Calibration                      string
	Asked                            string // how many people a budget is wanted for
	Budget                           *reachBudget
}

// reachBudget answers what budget a reach takes.
type reachBudget struct{ Said, Range, Next, Method, Problem string }

type reachRow struct{ Label, Share, Basis string }

// reach estimates the audience; nil when there is none, or when it no longer
// passes the rules, which the form then says.
func (v *visit) reach(s subject) *reachCard {
	if s.Targeting == nil {
		return nil
	}
	e, err := v.d.Reach.Estimate(v.r.Context(), s.Partner, reach.Request{Configuration: *s.Targeting, Language: v.locale.Lang})
	if err != nil {
		return nil
	}
	l := v.locale
	card := &reachCard{
		Range:      l.T("reach.range", "low", l.Count(about(e.Low)), "high", l.Count(about(e.High))),
		Middle:     l.T("reach.middle", "mid", l.Count(about(e.Mid))),
		Confidence: l.T("reach.confidence." + string(e.Confidence)),
		Population: l.T("reach.population", "n", l.Count(about(e.Population)), "year", reach.Year),
		Until:      l.T("reach.until", "day", l.Day(e.ValidUntil.In(v.now.Location()))),
	}
	card.Independence = l.T("reach.independent")
	if p := e.Panel; p != nil {
		card.Population = l.T("reach.population.panel", "n", l.Count(about(e.Population)))
		card.Independence = l.T("reach.together")
		card.Panel, card.PanelURL = p.Name, "/panels/"+p.ID.String()
		card.Sampling = l.T("panel.ask.rows", "hits", l.Count(p.Hits), "rows", l.Count(p.Rows), "error", l.Count(about(int64(math.Round(p.StandardError)))))
	}
	if c, err := v.d.Reach.Calibration(v.r.Context(), s.Partner); err == nil && c.Judged > 0 {
		card.Calibration = l.calibrated(c)
	}
	card.Asked = v.r.URL.Query().Get("reach")
	if card.Asked != "" {
		card.Budget = v.reachBudget(s, card.Asked)
	}
	for _, f := range e.Factors {
		card.Factors = append(card.Factors, reachRow{
			Label: l.factor(f.Criterion),
			Share: l.Percent(int64(math.Round(f.Mid*money.Unit)), 1), Basis: f.Basis,
		})
	}
	return card
}

// reachBudget asks what budget the reach takes that was entered.
func (v *visit) reachBudget(s subject, entered string) *reachBudget {
	l := v.locale
	micros, err := l.parseDecimal(entered)
	target := micros / money.Unit
	if err != nil || target < 1 {
		return &reachBudget{Problem: l.T("reach.budget.number")}
	}
	c, err := v.d.Reach.Budget(v.r.Context(), s.Partner, s.ID, target)
	if e := fault.As(err); e != nil {
		return &reachBudget{Problem: l.Or("refusal.", e.Code, e.Detail)}
	}
	if err != nil {
		return &reachBudget{Problem: l.T("reach.budget.none")}
	}
	code := string(c.Mid.Currency)
	b := &reachBudget{
		Said: l.T("reach.budget.said", "amount", l.Money(c.Mid.Micros, code), "spent", l.Money(c.Spent.Micros, code)),
		Next: l.T("reach.budget.next", "amount", l.Money(c.NextCost.Micros, code), "cpm", l.Money(c.CPM.Micros, code)),
	}
	if c.Mid.Micros <= c.Spent.Micros {
		b.Said = l.T("reach.budget.past", "amount", l.Money(c.Mid.Micros, code), "spent", l.Money(c.Spent.Micros, code))
	}
	b.Method = l.T("reach.budget.estimated")
	if c.Observed {
		b.Method = l.T("reach.budget.observed")
	}
	b.Range = l.T("reach.budget.from", "low", l.Money(c.Low.Micros, code))
	if c.High != nil {
		b.Range = l.T("reach.budget.range", "low", l.Money(c.Low.Micros, code), "high", l.Money(c.High.Micros, code))
	}
	return b
}

// factor is what a criterion is called; an attribute of a panel has its own
// name.
func (l *locale) factor(criterion string) string {
	name := strings.TrimPrefix(criterion, panel.Not)
	return l.Or("reach.factor.", name, strings.TrimPrefix(name, panel.Attribute)) + l.unless(criterion)
}

// unless marks what an exclusion leaves.
func (l *locale) unless(criterion string) string {
	if strings.HasPrefix(criterion, "not ") {
		return " " + l.T("reach.excluded")
	}
	return ""
}

// about is a count to two digits: more would be invented.
func about(n int64) int64 {
	if n < 100 {
		return n
	}
	scale := math.Pow(10, math.Floor(math.Log10(float64(n)))-1)
	return int64(math.Round(float64(n)/scale) * scale)
}

// interestID takes an id as it is, and finds one for a name.
func interestID(entered string) string {
	if _, ok := taxonomy.Get(entered); ok {
		return entered
	}
	if found := taxonomy.Search(entered, 1); len(found) > 0 && strings.EqualFold(found[0].Name(), entered) {
		return found[0].ID
	}
	return entered // refused with how to find one
}
