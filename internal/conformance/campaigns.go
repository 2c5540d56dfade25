package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

// Campaigns holds a campaigns.Store to its port.
func Campaigns(t *testing.T, b Backend) {
	cases{
		"a campaign is read as it was stored":                                asStored,
		"a campaign and its budget are inserted together, with their events": inserted,
		"a taken id is ErrExists and changes nothing":                        takenID,
		"a budget that cannot be opened leaves no campaign behind":           badBudget,
		"another partner's campaign is as a missing one":                     foreignCampaign,
		"an administrator finds every partner's campaign":                    administrator,
		"of edits of one revision exactly one wins":                          campaignRace,
		"an edit of whichever revision never loses another":                  blindEdits,
		"an error of the change leaves nothing":                              failedChange,
		"a change that changes nothing writes nothing":                       emptyChange,
		"of launches at once no more succeed than the partner may have":      launchRace,
		"facts are those of the campaign, its budget and its partner":        factsOf,
		"commitments are added up over the other active campaigns":           commitments,
	}.run(t, b)
}

func asStored(w world) {
	c := w.ready(w.partner(), campaigns.Schedule{})
	got, err := w.Campaigns.Get(w.Context(), c.Partner, c.ID)
	w.must(err)
	if diff := cmp.Diff(c, got.State(), cmp.AllowUnexported(campaigns.Target{})); diff != "" {
		w.Error(diff)
	}
}

func inserted(w world) {
	c := w.draft(w.partner(), "Spring")
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened")
	b, err := w.Budgets.ByCampaign(w.Context(), c.Partner, c.ID)
	w.must(err)
	s := b.State()
	if s.ID != c.BudgetID || s.Campaign != c.ID || s.Limit != 1000*money.Unit || len(s.Thresholds) != 4 || s.Timezone != c.Timezone {
		w.Errorf("budget %+v", s)
	}
	history, err := w.Log.History(w.Context(), c.Partner, c.ID, 0, 10)
	w.must(err)
	w.equal("events of the campaign", len(history), 1)
}

func takenID(w world) {
	c := w.draft(w.partner(), "First")
	again, err := campaigns.New(operator, w.now(), w.asks(c.Partner, "Second", c.ID))
	w.must(err)
	w.is(w.Campaigns.Insert(w.Context(), again, w.opens(again.State())), campaigns.ErrExists)
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened")
	got, err := w.Campaigns.Get(w.Context(), c.Partner, c.ID)
	w.must(err)
	w.equal("name", got.State().Name, "First")
}

func badBudget(w world) {
	p := w.partner()
	c, err := campaigns.New(operator, w.now(), w.asks(p, "Spring", newID()))
	w.must(err)
	b := w.opens(c.State())
	b.Thresholds = []int{101}
	w.is(w.Campaigns.Insert(w.Context(), c, b), fault.ErrInvalid)
	_, err = w.Campaigns.Get(w.Context(), p, c.State().ID)
	w.is(err, campaigns.ErrNotFound)
	w.sawOnly(p, "partner.created")
}

func foreignCampaign(w world) {
	c, other := w.draft(w.partner(), "Spring"), w.partner()
	_, err := w.Campaigns.Get(w.Context(), other, c.ID)
	w.is(err, campaigns.ErrNotFound)
	_, err = w.Campaigns.Update(w.Context(), other, c.ID, 0, func(*campaigns.Campaign, campaigns.Facts) error {
		w.Error("the change was called")
		return nil
	})
	w.is(err, campaigns.ErrNotFound)
	_, _, _, err = w.Campaigns.Facts(w.Context(), other, c.ID)
	w.is(err, campaigns.ErrNotFound)
	items, _, err := w.Campaigns.List(w.Context(), other, campaigns.Query{})
	w.must(err)
	w.equal("campaigns listed", len(items), 0)
	history, err := w.Log.History(w.Context(), other, c.ID, 0, 10)
	w.must(err)
	w.equal("events", len(history), 0)
}

func administrator(w world) {
	c := w.draft(w.partner(), "Spring")
	got, err := w.Campaigns.Get(w.Context(), uuid.Nil, c.ID)
	w.must(err)
	w.equal("partner", got.State().Partner, c.Partner)
	w.rename(uuid.Nil, c.ID, 0, "Summer")
	_, _, _, err = w.Campaigns.Facts(w.Context(), uuid.Nil, c.ID)
	w.must(err)
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened", "campaign.updated")
}

func campaignRace(w world) {
	c := w.draft(w.partner(), "Spring")
	results := together(8, func(i int) error { return w.tryRename(c.Partner, c.ID, c.Revision, "Name "+string(rune('A'+i))) })
	w.equal("edits that won", w.tally(results, nil, campaigns.ErrStale), 1)
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened", "campaign.updated")
}

func blindEdits(w world) {
	c := w.draft(w.partner(), "Spring")
	const n = 8
	w.equal("edits", w.tally(together(n, func(int) error {
		_, err := w.Campaigns.Update(w.Context(), c.Partner, c.ID, 0, func(c *campaigns.Campaign, _ campaigns.Facts) error {
			name := c.State().Name + "+"
			return c.Change(operator, w.now(), campaigns.Patch{Name: &name})
		})
		return err
	}), nil, nil), n)
	got, err := w.Campaigns.Get(w.Context(), c.Partner, c.ID)
	w.must(err)
	w.equal("name", got.State().Name, "Spring++++++++")
	w.equal("revision", got.State().Revision, c.Revision+n)
}

func failedChange(w world) {
	c := w.draft(w.partner(), "Spring")
	_, err := w.Campaigns.Update(w.Context(), c.Partner, c.ID, 0, func(c *campaigns.Campaign, _ campaigns.Facts) error {
		name := "Summer"
		w.must(c.Change(operator, w.now(), campaigns.Patch{Name: &name}))
		return errMine
	})
	w.is(err, errMine)
	got, err := w.Campaigns.Get(w.Context(), c.Partner, c.ID)
	w.must(err)
	w.equal("name", got.State().Name, "Spring")
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened")
}

func emptyChange(w world) {
	c := w.draft(w.partner(), "Spring")
	got := w.rename(c.Partner, c.ID, c.Revision, "Spring")
	w.equal("revision", got.Revision, c.Revision)
	w.sawOnly(c.Partner, "partner.created", "campaign.created", "budget.opened")
}

func launchRace(w world) {
	one := 1
	p := w.partnerWith(partners.Limits{ActiveCampaigns: &one})
	ids := make([]uuid.UUID, 4)
	for i := range ids {
		ids[i] = w.ready(p, campaigns.Schedule{}).ID
	}
	results := together(len(ids), func(i int) error { return w.launch(p, ids[i]) })
	w.equal("launches", w.tally(results, nil, campaigns.ErrNotReady), one)
	active, _, err := w.Campaigns.List(w.Context(), p, campaigns.Query{Status: []campaigns.Status{campaigns.Active}})
	w.must(err)
	w.equal("active campaigns", len(active), one)
}

func factsOf(w world) {
	limit := money.New(500*money.Unit, "USD")
	p := w.partnerWith(partners.Limits{DailyBudget: &limit})
	c := w.draft(p, "Spring")
	figures, funding, standing, err := w.Campaigns.Facts(w.Context(), p, c.ID)
	w.must(err)
	w.equal("spend", figures.Spend, money.Zero("USD"))
	w.equal("limit", funding.Limit, money.New(1000*money.Unit, "USD"))
	w.equal("available", funding.Available, funding.Limit)
	w.equal("budget", funding.BudgetID, c.BudgetID)
	if !slices.Equal(funding.Thresholds, []int{50, 75, 90, 100}) {
		w.Errorf("thresholds %v", funding.Thresholds)
	}
	w.equal("contract", standing.ContractActive, true)
	w.equal("daily limit", *standing.DailyLimit, limit)
	w.equal("unlimited campaigns", standing.MaxActive == nil, true)
}

func commitments(w world) {
	p := w.partner()
	start := time.Date(w.now().Year()+1, 3, 2, 5, 0, 0, 0, time.UTC) // midnight in Bogota
	dates := campaigns.Schedule{Start: start, End: start.AddDate(0, 0, 10)}
	first, second, third := w.ready(p, dates), w.ready(p, dates), w.ready(p, dates)
	w.must(w.launch(p, first.ID))
	w.must(w.launch(p, second.ID))
	_, _, standing, err := w.Campaigns.Facts(w.Context(), p, third.ID)
	w.must(err)
	w.equal("other active campaigns", standing.ActiveCampaigns, 2)
	w.equal("a day", standing.DailyInUse, money.New(200*money.Unit, "USD"))
	w.equal("a month", standing.MonthlyInUse, money.New(2000*money.Unit, "USD"))
	_, _, standing, err = w.Campaigns.Facts(w.Context(), p, first.ID)
	w.must(err)
	w.equal("active campaigns besides one that is", standing.ActiveCampaigns, 1)
}

// partner is a new partner without limits.
func (w world) partner() uuid.UUID {
	w.Helper()
	return w.partnerWith(partners.Limits{})
}

func (w world) partnerWith(limits partners.Limits) uuid.UUID {
	w.Helper()
	p, err := partners.New(operator, w.now(), newID(), partners.NewPartner{
		Name: "Andes", Timezone: "America/Bogota", Currency: "USD", Limits: limits,
	})
	w.must(err)
	id := p.State().ID
	w.must(w.Partners.Insert(w.Context(), p))
	return id
}

// asks is the input of a campaign with a budget of 1000 USD.
func (w world) asks(partner uuid.UUID, name string, id uuid.UUID) campaigns.NewCampaign {
	return campaigns.NewCampaign{
		ID: id, BudgetID: newID(), Partner: partner, Name: name, Type: campaigns.Display, Objective: campaigns.Traffic,
		Goals:    campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricClicks, Quantity: campaigns.Count(100)}}},
		Budget:   campaigns.BudgetTerms{Amount: money.New(1000*money.Unit, "USD")},
		Timezone: "America/Bogota",
	}
}

func (w world) opens(c campaigns.State) campaigns.NewBudget {
	return campaigns.NewBudget{
		ID: c.BudgetID, Kind: campaigns.BudgetTotal, Limit: money.New(1000*money.Unit, "USD"), AutoPause: true,
		By: operator, At: c.CreatedAt,
	}
}

// draft stores a new campaign and gives the state that was stored.
func (w world) draft(partner uuid.UUID, name string) campaigns.State {
	w.Helper()
	c, err := campaigns.New(operator, w.now(), w.asks(partner, name, newID()))
	w.must(err)
	w.must(w.Campaigns.Insert(w.Context(), c, w.opens(c.State())))
	return c.State()
}

// ready is a campaign that may be launched; the zero schedule is one that has
// begun.
func (w world) ready(partner uuid.UUID, dates campaigns.Schedule) campaigns.State {
	w.Helper()
	if dates.End.IsZero() {
		dates = campaigns.Schedule{Start: w.now().Add(-time.Hour), End: w.now().Add(24 * time.Hour)}
	}
	c, err := w.Campaigns.Update(w.Context(), partner, w.draft(partner, "Spring").ID, 0, func(c *campaigns.Campaign, _ campaigns.Facts) error {
		by, at := operator, w.now()
		w.must(c.Configure(by, at, targeting.Configuration{
			Locations: []targeting.Location{{Country: "CO"}}, Behaviors: []string{"travel"},
		}))
		w.must(c.SetCreatives(by, at, []campaigns.Creative{{Name: "a", Format: "image", URL: "https://example.com/a.png"}}))
		return c.Schedule(by, at, dates)
	})
	w.must(err)
	return c.State()
}

func (w world) launch(partner, id uuid.UUID) error {
	_, err := w.Campaigns.Update(w.Context(), partner, id, 0, func(c *campaigns.Campaign, f campaigns.Facts) error {
		return c.Launch(operator, w.now(), f)
	})
	return err
}

func (w world) tryRename(partner, id uuid.UUID, revision int64, name string) error {
	_, err := w.Campaigns.Update(w.Context(), partner, id, revision, func(c *campaigns.Campaign, _ campaigns.Facts) error {
		return c.Change(operator, w.now(), campaigns.Patch{Name: &name})
	})
	return err
}

func (w world) rename(partner, id uuid.UUID, revision int64, name string) campaigns.State {
	w.Helper()
	w.must(w.tryRename(partner, id, revision, name))
	c, err := w.Campaigns.Get(w.Context(), partner, id)
	w.must(err)
	return c.State()
}
