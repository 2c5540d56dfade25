package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
)

// rivals are two campaigns of a partner, and a suggestion to move some of the
// first one's money to the other.
func (w world) rivals() (from, to campaigns.State, f optimization.Finding) {
	w.Helper()
	partner := w.partner()
	from, to = w.draft(partner, "Spring"), w.draft(partner, "Summer")
	return from, to, optimization.Finding{
		Type: optimization.BudgetReallocation, Confidence: 0.9, Risk: optimization.RiskMedium, Evidence: []optimization.Evidence{},
		Change: optimization.Change{Budget: from.BudgetID, Transfer: &optimization.Transfer{
			From:   optimization.Party{Campaign: from.ID, Budget: from.BudgetID, Name: from.Name},
			To:     optimization.Party{Campaign: to.ID, Budget: to.BudgetID, Name: to.Name},
			Amount: money.New(w.limitOf(from.BudgetID)/50+1, from.Currency),
		}},
		Impact: optimization.Impact{Metric: "conversions", Mean: 1, Low: 0.5, High: 2, Relative: 0.1},
	}
}

// transferable suggests what rivals found.
func (w world) transferable(from campaigns.State, f optimization.Finding) uuid.UUID {
	w.Helper()
	w.must(w.optimizer(&death{}, 0, f).AnalysePortfolio(w.Context(), from.Partner))
	items, _, err := w.Suggestions.List(w.Context(), from.Partner, optimization.Query{Status: optimization.Open, Now: w.now()})
	w.must(err)
	if len(items) != 1 {
		w.Fatalf("%d suggestions", len(items))
	}
	return items[0].State().ID
}

func crashedTransfer(w world) {
	for _, back := range []bool{false, true} {
		for at := 1; at <= 6; at++ {
			from, to, f := w.rivals()
			id, by := w.transferable(from, f), ana
			by.Partner = from.Partner
			give, get := w.limitOf(from.BudgetID), w.limitOf(to.BudgetID)
			ctx, cancel := context.WithCancel(w.Context())
			mortal := w.optimizer(&death{cancel: cancel, at: at}, 0, f)
			if back {
				_, err := w.optimizer(&death{}, 0, f).Apply(ctx, by, id, optimization.Parameters{}, optimization.Options{})
				w.must(err)
				_, _ = mortal.RollBack(ctx, by, id, "worse", optimization.Options{})
			} else {
				_, _ = mortal.Apply(ctx, by, id, optimization.Parameters{}, optimization.Options{})
			}
			cancel()
			w.must(w.optimizer(&death{}, 11*time.Second).Recover(w.Context()))
			x, err := w.Suggestions.Get(w.Context(), from.Partner, id)
			w.must(err)
			moved := int64(0)
			if x.State().Status == optimization.Applied {
				moved = f.Change.Transfer.Amount.Micros
			}
			w.equal(fmt.Sprintf("step %d, %s: given", at, x.State().Status), w.limitOf(from.BudgetID), give-moved)
			w.equal(fmt.Sprintf("step %d, %s: got", at, x.State().Status), w.limitOf(to.BudgetID), get+moved)
			if s := x.State().Status; s != optimization.Open && s != optimization.Applied && s != optimization.RolledBack {
				w.Errorf("step %d: left %s", at, s)
			}
		}
	}
}

func transferTakenBack(w world) {
	from, to, f := w.rivals()
	id, by := w.transferable(from, f), ana
	by.Partner = from.Partner
	w.equal("found again", w.transferable(from, f), id)
	// An analysis of one of the two says nothing about what is between them.
	w.must(w.optimizer(&death{}, 0).Analyse(w.Context(), to.Partner, to.ID))
	for _, c := range []campaigns.State{from, to} {
		items, _, err := w.Suggestions.List(w.Context(), c.Partner, optimization.Query{Campaign: c.ID, Status: optimization.Open, Now: w.now()})
		w.must(err)
		w.equal("with "+c.Name, len(items), 1)
	}
	give, get := w.limitOf(from.BudgetID), w.limitOf(to.BudgetID)
	s := w.optimizer(&death{}, 0, f)
	_, err := s.Apply(w.Context(), by, id, optimization.Parameters{}, optimization.Options{})
	w.must(err)
	w.equal("the sum", w.limitOf(from.BudgetID)+w.limitOf(to.BudgetID), give+get)
	w.equal("what it gave", w.limitOf(from.BudgetID), give-f.Change.Transfer.Amount.Micros)
	_, err = s.RollBack(w.Context(), by, id, "", optimization.Options{})
	w.must(err)
	w.equal("afterwards", fmt.Sprint(w.limitOf(from.BudgetID), w.limitOf(to.BudgetID)), fmt.Sprint(give, get))
}

func limitedSuggestions(w world) {
	c, f := w.divided()
	id, by := w.suggested(c, f), ana
	by.Partner = c.Partner
	s := w.optimizer(&death{}, 0, f)
	floor := money.New(w.limitOf(c.BudgetID)/2-f.Change.Move.Amount.Micros/2, c.Currency)
	want := optimization.DefaultSettings()
	want.Limits = optimization.Limits{{Campaign: &c.ID, Channel: "display", Floor: &floor}}
	_, err := s.SetAutonomy(w.Context(), by, want, optimization.Options{})
	w.must(err)
	held, err := w.Suggestions.Get(w.Context(), c.Partner, id)
	w.must(err)
	w.equal("what the limit does not allow", held.State().Status, optimization.Superseded)
	id = w.suggested(c, f) // by an analyst who does not know the limit
	_, err = s.Apply(w.Context(), by, id, optimization.Parameters{}, optimization.Options{})
	w.is(err, optimization.ErrLimit)
	less := money.New(f.Change.Move.Amount.Micros/2, c.Currency)
	_, err = s.Apply(w.Context(), by, id, optimization.Parameters{Amount: &less}, optimization.Options{})
	w.must(err)
	stranger := newID()
	want.Limits[0].Campaign = &stranger
	if _, err := s.SetAutonomy(w.Context(), by, want, optimization.Options{}); err == nil {
		w.Error("a limit of a campaign that the partner does not have is taken")
	}
}
