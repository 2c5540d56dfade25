package conformance

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

var (
	ana   = event.Origin{Kind: event.ActorKey, ID: "ana", Name: "Ana"}
	bruno = event.Origin{Kind: event.ActorKey, ID: "bruno", Name: "Bruno"}
)

func (w world) funding() *budgets.Funding {
	return budgets.NewFunding(budgets.NewService(w.Budgets, w.Guards, idle{}, w.Now), w.Funding, w.Funding)
}

func (w world) limitOf(id uuid.UUID) int64 {
	w.Helper()
	b, err := w.Budgets.Get(w.Context(), uuid.Nil, id)
	w.must(err)
	return b.State().Limit
}

func approvalRace(w world) {
	c, f := w.draft(w.partner(), "Spring"), w.funding()
	start := w.limitOf(c.BudgetID)
	by := ana
	by.Partner = c.Partner
	ask := budgets.NewExtra{ID: newID(), Amount: budgets.Amount{Micros: start}, Reason: "more"}
	x, err := f.Propose(w.Context(), by, c.BudgetID, ask, budgets.Option{})
	w.must(err)
	results := together(6, func(i int) error {
		by := bruno
		by.Partner = c.Partner
		_, err := f.Decide(w.Context(), by, x.ID, i%2 == 0, "", budgets.Option{})
		return err
	})
	w.equal("decisions that won", w.tally(results, nil, budgets.ErrExtraDecided), 1)
	x, err = f.Extra(w.Context(), c.Partner, x.ID)
	w.must(err)
	want := start
	if x.State == budgets.ExtraApproved {
		want = 2 * start
	}
	w.equal("limit after it was "+string(x.State), w.limitOf(c.BudgetID), want)
	_, err = f.Extra(w.Context(), w.partner(), x.ID)
	w.is(err, budgets.ErrExtraNotFound)
	page, next, err := f.Extras(w.Context(), c.Partner, budgets.ExtraQuery{Budget: c.BudgetID})
	w.must(err)
	w.equal("proposals", len(page), 1)
	w.equal("next", next, "")
	_, err = f.Decide(w.Context(), event.Origin{Partner: w.partner(), Kind: event.ActorKey, ID: "thief"}, x.ID, true, "", budgets.Option{})
	w.is(err, budgets.ErrExtraNotFound)
}

func transferRace(w world) {
	partner := w.partner()
	a, b := w.draft(partner, "Spring"), w.draft(partner, "Summer")
	start := w.limitOf(a.BudgetID) + w.limitOf(b.BudgetID)
	by, f := ana, w.funding()
	by.Partner = partner
	results := together(12, func(i int) error {
		from, to := a.BudgetID, b.BudgetID
		if i%2 == 0 {
			from, to = to, from
		}
		_, err := f.Transfer(w.Context(), by, from, to, budgets.Move{Amount: budgets.Amount{Micros: money.Unit}}, budgets.Option{})
		return err
	})
	for _, err := range results {
		if err != nil && fault.As(err) == nil {
			w.Errorf("a transfer failed: %v", err)
		}
	}
	w.equal("together", w.limitOf(a.BudgetID)+w.limitOf(b.BudgetID), start)
	_, _, err := w.Funding.Transfer(w.Context(), w.partner(), a.BudgetID, b.BudgetID, func(_, _ *budgets.Budget) error { return nil })
	w.is(err, budgets.ErrNotFound)
}

func dividedByLedger(w world) {
	c := w.draft(w.partner(), "Spring")
	settle := func(shares ...budgets.Share) {
		w.Helper()
		_, err := w.Budgets.Update(w.Context(), c.Partner, c.BudgetID, 0, func(b *budgets.Budget) error {
			return b.SettleShares(operator, w.now(), 1, shares...)
		})
		w.must(err)
	}
	settle(budgets.Share{Channel: "search", Amount: 7}, budgets.Share{Channel: "social", Amount: 2})
	settle(budgets.Share{Channel: "search", Amount: -3})
	settle(budgets.Share{Channel: "search", Amount: w.limitOf(c.BudgetID)}) // beyond the limit
	_, err := w.Funding.Divide(w.Context(), c.Partner, c.BudgetID, 0, func(_ *budgets.Budget, used []budgets.ChannelUse) error {
		sums := map[string]int64{}
		for _, u := range used {
			sums[u.Channel] += u.Reported
		}
		w.equal("search", sums["search"], 4+w.limitOf(c.BudgetID))
		w.equal("social", sums["social"], int64(2))
		return errMine
	})
	w.is(err, errMine)
	_, err = w.Funding.Divide(w.Context(), w.partner(), c.BudgetID, 0, func(*budgets.Budget, []budgets.ChannelUse) error { return nil })
	w.is(err, budgets.ErrNotFound)
}

func guardOfPartner(w world) {
	one, other := w.partner(), w.partner()
	by := event.Origin{Partner: one, Kind: event.ActorKey, ID: "bruno"}
	s := budgets.NewService(w.Budgets, w.Guards, idle{}, w.Now)
	terms := budgets.DefaultPolicy().Terms()
	results := together(4, func(i int) error {
		terms := terms
		terms.Threshold = 5 + i
		_, err := s.SetPolicy(w.Context(), by, 1, terms, false)
		return err
	})
	w.equal("policies that won", w.tally(results, nil, budgets.ErrStale), 1)
	p, err := w.Guards.Policy(w.Context(), one)
	w.must(err)
	w.equal("revision", p.Revision, int64(2))
	p, err = w.Guards.Policy(w.Context(), other)
	w.must(err)
	w.equal("another's", p, budgets.DefaultPolicy())
	w.sawOnly(one, "partner.created", "budget.guard_changed")

	ceiling := money.New(499*money.Unit, "USD")
	terms.Ceiling = &ceiling
	_, err = s.SetPolicy(w.Context(), by, 0, terms, false)
	w.must(err)
	made, err := campaigns.New(operator, w.now(), w.asks(one, "Spring", newID()))
	w.must(err)
	w.is(w.Campaigns.Insert(w.Context(), made, w.opens(made.State())), budgets.ErrCeiling) // of 500
	_, err = w.Campaigns.Get(w.Context(), one, made.State().ID)
	w.is(err, campaigns.ErrNotFound)
}
