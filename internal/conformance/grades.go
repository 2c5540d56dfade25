package conformance

import (
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
)

// editedSuggestion applies less than was suggested: what is said of it, in the
// log for ever, is what was done.
func editedSuggestion(w world) {
	from, to, f := w.rivals()
	id, by := w.transferable(from, f), ana
	by.Partner = from.Partner
	less := money.New(f.Change.Transfer.Amount.Micros/2, from.Currency)
	x, err := w.optimizer(&death{}, 0, f).Apply(w.Context(), by, id, optimization.Parameters{Amount: &less}, optimization.Options{})
	w.must(err)
	for of, said := range map[string]string{
		"the suggestion":  x.State().Why(optimization.Plain("en")),
		"who gave":        w.transferReason(from),
		"who was given":   w.transferReason(to),
		"another's words": x.State().Why(optimization.Plain("es")),
	} {
		if !strings.Contains(said, less.String()) || strings.Contains(said, f.Change.Transfer.Amount.String()) {
			w.Errorf("%s: %s moved, and it says %q", of, less, said)
		}
	}
}

// transferReason is why money of a campaign's budget was moved last.
func (w world) transferReason(c campaigns.State) (why string) {
	w.Helper()
	events, err := w.Log.History(w.Context(), c.Partner, c.BudgetID, 0, 100)
	w.must(err)
	for _, e := range events {
		if e.Type == "budget.transferred" {
			why = string(e.Data)
		}
	}
	return why
}

// gradedInTime applies a change and looks at it a day before its window is over
// and a day after. One that somebody else has touched meanwhile says nothing
// about the change.
func gradedInTime(w world) {
	const day = 24 * time.Hour
	for disturbed, want := range map[bool]optimization.Grade{false: optimization.Worse, true: optimization.Confounded} {
		c, f := w.divided()
		id, by := w.suggested(c, f), ana
		by.Partner = c.Partner
		at := &clock{now: w.now()}
		pilot := w.pilot(at, decline{at.now}, f)
		_, err := pilot.Apply(w.Context(), by, id, optimization.Parameters{}, optimization.Options{})
		w.must(err)
		if disturbed {
			_, err := w.funding().Reallocate(w.Context(), by, c.BudgetID, budgets.Move{From: "search", To: "display", Amount: budgets.Amount{Micros: f.Change.Move.Amount.Micros}}, budgets.Option{})
			w.must(err)
		}
		grade := func() *optimization.Verdict {
			w.must(pilot.Look(w.Context()))
			x, err := w.Suggestions.Get(w.Context(), c.Partner, id)
			w.must(err)
			return x.State().Graded
		}
		at.pass(f.Type.Window() - day)
		if early := grade(); early != nil {
			w.Errorf("disturbed %v: graded %s before its time", disturbed, early.Grade)
		}
		at.pass(2 * day)
		v := grade()
		if v == nil || v.Grade != want || v.KnownAt.IsZero() || disturbed != (v.By == "budget.reallocated") {
			w.Errorf("disturbed %v: graded %+v, want %s", disturbed, v, want)
		}
	}
}
