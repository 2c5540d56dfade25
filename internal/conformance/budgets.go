package conformance

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Budgets holds a budgets.Store to its port.
func Budgets(t *testing.T, b Backend) {
	cases{
		"a budget is found by its id and by its campaign": budgetFound,
		"another partner's budget is as a missing one":    foreignBudget,
		"an administrator finds every partner's budget":   budgetOfAny,
		"of patches of one revision exactly one wins":     budgetRace,
		"settling loses nothing while others patch":       settleRace,
		"of approvals at once exactly one raises":         approvalRace,
		"transfers both ways at once keep the sum":        transferRace,
		"a division counts what the ledger says":          dividedByLedger,
		"a partner's guard is its own":                    guardOfPartner,
		"settling beside patches leaves the revision":     settleRevision,
		"an error of the change leaves nothing":           failedBudget,
		"a daily budget keeps its days":                   dailyBudget,
	}.run(t, b)
}

func budgetFound(w world) {
	c := w.draft(w.partner(), "Spring")
	byID, err := w.Budgets.Get(w.Context(), c.Partner, c.BudgetID)
	w.must(err)
	byCampaign, err := w.Budgets.ByCampaign(w.Context(), c.Partner, c.ID)
	w.must(err)
	if diff := cmp.Diff(byID.State(), byCampaign.State()); diff != "" {
		w.Error(diff)
	}
	w.equal("next mark", byID.NextMark(), int64(500*money.Unit))
}

func foreignBudget(w world) {
	c, other := w.draft(w.partner(), "Spring"), w.partner()
	_, err := w.Budgets.Get(w.Context(), other, c.BudgetID)
	w.is(err, budgets.ErrNotFound)
	_, err = w.Budgets.ByCampaign(w.Context(), other, c.ID)
	w.is(err, budgets.ErrNotFound)
	_, err = w.Budgets.Update(w.Context(), other, c.BudgetID, 0, func(*budgets.Budget) error {
		w.Error("the change was called")
		return nil
	})
	w.is(err, budgets.ErrNotFound)
}

func budgetOfAny(w world) {
	c := w.draft(w.partner(), "Spring")
	b, err := w.Budgets.Get(w.Context(), uuid.Nil, c.BudgetID)
	w.must(err)
	w.equal("partner", b.State().Partner, c.Partner)
	_, err = w.Budgets.ByCampaign(w.Context(), uuid.Nil, c.ID)
	w.must(err)
	w.must(w.limit(uuid.Nil, c.BudgetID, 0, 2000))
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened", "budget.changed")
}

func budgetRace(w world) {
	c := w.draft(w.partner(), "Spring")
	results := together(8, func(i int) error { return w.limit(c.Partner, c.BudgetID, 1, int64(2000+i)) })
	w.equal("patches that won", w.tally(results, nil, budgets.ErrStale), 1)
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened", "budget.changed")
}

// settleRace settles 64 units in reports of 4, past the half of a limit that
// others move between 100 and 104 meanwhile.
func settleRace(w world) {
	c := w.draft(w.partner(), "Spring")
	w.must(w.limit(c.Partner, c.BudgetID, 0, 104))
	results := together(24, func(i int) error {
		if i%3 == 0 {
			return w.limit(c.Partner, c.BudgetID, 0, int64(100+i%5))
		}
		return w.settle(c, 1, 4)
	})
	w.equal("outcomes", w.tally(results, nil, nil), len(results))
	b, err := w.Budgets.Get(w.Context(), c.Partner, c.BudgetID)
	w.must(err)
	s := b.State()
	w.equal("settled", s.Settled, int64(64*money.Unit))
	fired := map[string]int{}
	for _, e := range w.happened(c.Partner) {
		fired[e]++
	}
	w.equal("thresholds", fired["budget.threshold_reached"], 1)
	_, funding, _, err := w.Campaigns.Facts(w.Context(), c.Partner, c.ID)
	w.must(err)
	w.equal("settled, in the facts", funding.Settled, money.New(64*money.Unit, "USD"))
}

func settleRevision(w world) {
	c := w.draft(w.partner(), "Spring")
	w.must(w.settle(c, 1, 10))
	w.must(w.limit(c.Partner, c.BudgetID, 1, 2000)) // the revision of before
	b, err := w.Budgets.Get(w.Context(), c.Partner, c.BudgetID)
	w.must(err)
	w.equal("settled", b.State().Settled, int64(10*money.Unit))
	w.equal("limit", b.State().Limit, int64(2000*money.Unit))
}

func failedBudget(w world) {
	c := w.draft(w.partner(), "Spring")
	_, err := w.Budgets.Update(w.Context(), c.Partner, c.BudgetID, 0, func(b *budgets.Budget) error {
		w.must(b.Settle(operator, w.now(), 1, 900*money.Unit))
		return errMine
	})
	w.is(err, errMine)
	b, err := w.Budgets.Get(w.Context(), c.Partner, c.BudgetID)
	w.must(err)
	w.equal("settled", b.State().Settled, int64(0))
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened")
}

func dailyBudget(w world) {
	made, err := campaigns.New(operator, w.now(), w.asks(w.partner(), "Spring", newID()))
	w.must(err)
	c := made.State()
	opens := w.opens(c)
	opens.Kind = campaigns.BudgetDaily
	w.must(w.Campaigns.Insert(w.Context(), made, opens))
	for day, amount := range []int64{1200, 10, 20} {
		w.must(w.settle(c, localday.Day(20_000+day), amount))
	}
	w.must(w.settle(c, 20_001, 5)) // late
	b, err := w.Budgets.Get(w.Context(), c.Partner, c.BudgetID)
	w.must(err)
	s := b.State()
	w.equal("settled", s.Settled, int64(1235*money.Unit))
	w.equal("overdelivery", s.Overdelivery, int64(200*money.Unit))
	w.equal("open day", s.OpenDay, localday.Day(20_002))
	w.equal("settled on it", s.Open.Settled, int64(20*money.Unit))
	w.equal("settled late", b.Position(20_001).Reported, money.New(15*money.Unit, "USD"))
}

// idle delivers nothing that the guard could look at.
type idle struct{}

func (idle) PlatformDays(context.Context, *budgets.Budget, localday.Day, localday.Day) ([]budgets.PlatformDay, error) {
	return nil, nil
}

// limit sets a budget's limit in units.
func (w world) limit(partner, id uuid.UUID, revision, units int64) error {
	limit := money.New(units*money.Unit, "USD")
	by := operator
	by.Partner = partner
	_, err := budgets.NewService(w.Budgets, w.Guards, idle{}, w.now).Patch(w.Context(), by, id, revision, budgets.Patch{Limit: &limit, Authorised: true})
	return err
}

// settle reports spend in units.
func (w world) settle(c campaigns.State, day localday.Day, units int64) error {
	_, err := w.Budgets.Update(w.Context(), c.Partner, c.BudgetID, 0, func(b *budgets.Budget) error {
		return b.Settle(operator, w.now(), day, units*money.Unit)
	})
	return err
}
