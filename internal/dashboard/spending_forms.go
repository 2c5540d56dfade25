package dashboard

import (
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// change does what a form of the Budget tab asks for. A refusal is shown on
// the page as it now is.
func (v *visit) changeSpending(needs partners.Action, done string, do func(subject) error) error {
	s, err := v.one()
	if err != nil {
		return err
	}
	if err := v.who.Require(needs); err != nil {
		return err
	}
	if err = do(s); err == nil {
		return v.done(s.href()+"/budget", done)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	refused.Rest = wrong.rest()
	return v.spendingPage(status, s, refused)
}

// amount reads an amount of a form.
func (v *visit) amount(text string, currency money.Currency) (budgets.Amount, error) {
	m, err := v.locale.parseMoney(strings.TrimSpace(text), currency)
	return budgets.Amount{Micros: m.Micros, Currency: currency}, err
}

func (v *visit) saveAllocations() error {
	return v.changeSpending(partners.ActionWriteBudgets, "allocations", func(s subject) error {
		if err := v.r.ParseForm(); err != nil {
			return err
		}
		var want []budgets.Allocation
		amounts := v.r.PostForm["amount"]
		for i, category := range v.r.PostForm["category"] {
			if i >= len(amounts) || strings.TrimSpace(amounts[i]) == "" {
				continue
			}
			amount, err := v.amount(amounts[i], s.Currency)
			if err != nil {
				return err
			}
			want = append(want, budgets.Allocation{Category: category, Amount: amount})
		}
		_, err := v.d.Funding.Allocate(v.r.Context(), v.by(), s.BudgetID, want, budgets.Option{Revision: v.revision()})
		return err
	})
}

func (v *visit) saveReallocation() error {
	return v.changeSpending(partners.ActionWriteBudgets, "reallocate", func(s subject) error {
		amount, err := v.amount(v.r.PostFormValue("amount"), s.Currency)
		if err != nil {
			return err
		}
		move := budgets.Move{From: v.r.PostFormValue("from"), To: v.r.PostFormValue("to"), Amount: amount, Reason: v.r.PostFormValue("reason")}
		_, err = v.d.Funding.Reallocate(v.r.Context(), v.by(), s.BudgetID, move, budgets.Option{})
		return err
	})
}

func (v *visit) proposeExtra() error {
	return v.changeSpending(partners.ActionWriteBudgets, "extra", func(s subject) error {
		amount, err := v.amount(v.r.PostFormValue("amount"), s.Currency)
		if err != nil {
			return err
		}
		ask := budgets.NewExtra{ID: v.d.NewID(), Amount: amount, Reason: v.r.PostFormValue("reason")}
		_, err = v.d.Funding.Propose(v.r.Context(), v.by(), s.BudgetID, ask, budgets.Option{})
		return err
	})
}

func (v *visit) decideExtra() error {
	decision := v.r.PathValue("decision")
	if decision != "approve" && decision != "deny" {
		return errNoPage
	}
	return v.changeSpending(partners.ActionApprove, "extra."+decision, func(subject) error {
		id, err := uuid.Parse(v.r.PathValue("extra"))
		if err != nil {
			return campaigns.ErrNotFound
		}
		_, err = v.d.Funding.Decide(v.r.Context(), v.by(), id, decision == "approve", v.r.PostFormValue("note"), budgets.Option{})
		return err
	})
}
