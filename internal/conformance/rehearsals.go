package conformance

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
)

// asked is a suggestion about which somebody asks what would come of a decision.
type asked struct {
	world
	by       event.Origin
	id       uuid.UUID
	campaign campaigns.State
	service  *optimization.Service
}

// decision is apply or roll back, in earnest or not.
type decision func(a asked, o optimization.Options) (*optimization.Suggestion, error)

func apply(p optimization.Parameters) decision {
	return func(a asked, o optimization.Options) (*optimization.Suggestion, error) {
		return a.service.Apply(a.Context(), a.by, a.id, p, o)
	}
}

func takeBack(a asked, o optimization.Options) (*optimization.Suggestion, error) {
	return a.service.RollBack(a.Context(), a.by, a.id, "worse", o)
}

// rehearsedDecisions holds what validate_only answers against what the decision
// then does.
func rehearsedDecisions(w world) {
	twice := func(f optimization.Finding) optimization.Parameters {
		m := money.New(2*f.Change.Move.Amount.Micros, f.Change.Move.Amount.Currency)
		return optimization.Parameters{Amount: &m}
	}
	for name, c := range map[string]struct {
		before func(a asked, f optimization.Finding)
		decide func(f optimization.Finding) decision
		at     int64 // the revision that is asked for
		itself bool  // the optimiser decides, whom the guard holds to its steps
		want   string
	}{
		"as suggested":          {decide: func(optimization.Finding) decision { return apply(optimization.Parameters{}) }},
		"with twice the sum":    {decide: func(f optimization.Finding) decision { return apply(twice(f)) }},
		"on another revision":   {at: 7, decide: func(optimization.Finding) decision { return apply(optimization.Parameters{}) }, want: optimization.ErrStale.Code},
		"of what is gone":       {before: asked.empties, decide: func(optimization.Finding) decision { return apply(optimization.Parameters{}) }, want: budgets.ErrUsed.Code},
		"past the guard's step": {itself: true, before: asked.starves, decide: func(optimization.Finding) decision { return apply(optimization.Parameters{}) }, want: budgets.ErrStep.Code},
		"of what was applied":   {before: asked.applies, decide: func(optimization.Finding) decision { return apply(optimization.Parameters{}) }, want: optimization.ErrState.Code},
		"back":                  {before: asked.applies, decide: func(optimization.Finding) decision { return takeBack }},
		"back, before it is":    {decide: func(optimization.Finding) decision { return takeBack }, want: optimization.ErrState.Code},
		"back, after a change":  {before: asked.appliesAndDivides, decide: func(optimization.Finding) decision { return takeBack }, want: optimization.ErrMovedOn.Code},
	} {
		campaign, f := w.divided()
		a := asked{world: w, id: w.suggested(campaign, f), campaign: campaign, by: ana, service: w.optimizer(&death{}, 0, f)}
		a.by.Partner = campaign.Partner
		if c.itself {
			a.by.Kind = event.ActorOptimizer
		}
		if c.before != nil {
			c.before(a, f)
		}
		parts, events := w.parts(campaign), len(w.events(campaign.Partner))
		would, refused := c.decide(f)(a, optimization.Options{Revision: c.at, ValidateOnly: true})
		w.equal(name+": parts after the rehearsal", w.parts(campaign), parts)
		w.equal(name+": events after the rehearsal", len(w.events(campaign.Partner)), events)
		done, err := c.decide(f)(a, optimization.Options{Revision: c.at})
		w.equal(name+": refused in earnest", codeOf(err), c.want)
		w.equal(name+": refused in the rehearsal", codeOf(refused), codeOf(err))
		if err == nil && refused == nil {
			w.equal(name, outcomeOf(would), outcomeOf(done))
		}
	}
}

// empties leaves display with nothing that could be moved.
func (a asked) empties(f optimization.Finding) {
	a.Helper()
	limit := a.limitOf(a.campaign.BudgetID)
	a.divides(f.Change.Move.Amount.Micros/2, limit/4)
}

// starves leaves search with so little that the sum is more than a step of it.
func (a asked) starves(f optimization.Finding) {
	a.Helper()
	a.by.Kind = ana.Kind // a person may
	a.divides(a.limitOf(a.campaign.BudgetID)/2, f.Change.Move.Amount.Micros)
}

func (a asked) applies(optimization.Finding) {
	a.Helper()
	_, err := apply(optimization.Parameters{})(a, optimization.Options{})
	a.must(err)
}

func (a asked) appliesAndDivides(f optimization.Finding) {
	a.Helper()
	a.applies(f)
	limit := a.limitOf(a.campaign.BudgetID)
	a.divides(limit/3, limit/3)
}

func (a asked) divides(display, search int64) {
	a.Helper()
	_, err := a.funding().Allocate(a.Context(), a.by, a.campaign.BudgetID, []budgets.Allocation{
		{Category: "display", Amount: budgets.Amount{Micros: display}}, {Category: "search", Amount: budgets.Amount{Micros: search}},
	}, budgets.Option{})
	a.must(err)
}

func codeOf(err error) string {
	if f := fault.As(err); f != nil {
		return f.Code
	}
	return ""
}

// outcomeOf is what a decision made of a suggestion, without when.
func outcomeOf(x *optimization.Suggestion) string {
	s := x.State()
	s.AppliedAt, s.EndedAt, s.UpdatedAt = nil, nil, time.Time{}
	s.Before.At = time.Time{}
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
