package httpapi

import (
	"context"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

func (s *Server) registerOverview() {
	route(s, operation(http.MethodGet, "/partners/{id}/dashboard", "get-dashboard", "A partner at a glance: totals, KPIs, campaigns, alerts and budget use", partners.ActionRead, http.StatusOK), s.getOverview)
}

// overview is a partner at a glance.
type overview struct {
	PartnerID      uuid.UUID                 `json:"partner_id"`
	At             time.Time                 `json:"at"`
	Totals         []currencyTotals          `json:"totals" doc:"Of all campaigns, one for each currency: currencies are never added up."`
	Campaigns      []campaignGlance          `json:"campaigns" doc:"The newest ones."`
	BudgetUse      []budgetUse               `json:"budget_use" doc:"Of the campaigns listed that are not over, one for each currency."`
	Alerts         []performance.AlertRecord `json:"alerts" doc:"Those that are not resolved, the newest first."`
	TopSuggestions []suggestionBody          `json:"top_suggestions" doc:"The five open ones with the greatest expected impact."`
}

type currencyTotals struct {
	Currency  string     `json:"currency"`
	Campaigns int        `json:"campaigns" doc:"That have delivered anything."`
	Metrics   totalsBody `json:"metrics"`
	KPIs      kpis       `json:"kpis"`
}

type campaignGlance struct {
	ID           uuid.UUID          `json:"id"`
	Name         string             `json:"name"`
	Type         campaigns.Type     `json:"type"`
	Status       campaigns.Status   `json:"status"`
	ValidActions []campaigns.Action `json:"valid_actions"`
	Metrics      totalsBody         `json:"metrics"`
	KPIs         kpis               `json:"kpis"`
	Budget       budgetUse          `json:"budget"`
}

// budgetUse is how much of the authorised money is reported as spent.
type budgetUse struct {
	Limit     money.Money `json:"limit"`
	Reported  money.Money `json:"reported"`
	Available money.Money `json:"available"`
	Used      float64     `json:"used" doc:"A fraction: reported over limit."`
}

func useOf(limit, reported, available money.Money) budgetUse {
	return budgetUse{limit, reported, available, float64(reported.Micros) / float64(max(1, limit.Micros))}
}

// How much of a list is a glance.
const (
	glancedCampaigns = 50
	glancedAlerts    = 20
)

func (s *Server) getOverview(ctx context.Context, in *ByID) (*plain[overview], error) {
	author, err := byFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := s.Partners.Get(ctx, in.ID); err != nil {
		return nil, err
	}
	totals, err := s.Performance.PartnerTotals(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	glances, err := s.glances(ctx, author, totals)
	if err != nil {
		return nil, err
	}
	alerts, err := s.openAlerts(ctx, author)
	if err != nil {
		return nil, err
	}
	suggestions, err := s.topSuggestions(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &plain[overview]{overview{
		PartnerID: in.ID, At: s.opts.Now().UTC().Truncate(time.Microsecond), Totals: byCurrency(totals), Campaigns: glances,
		BudgetUse: usePerCurrency(glances), Alerts: alerts, TopSuggestions: suggestions,
	}}, nil
}

// byCurrency adds up what can be added up.
func byCurrency(all []performance.Totals) []currencyTotals {
	sums, counts := map[string]performance.Totals{}, map[string]int{}
	for _, t := range all {
		sum := sums[t.Currency]
		sum.Events += t.Events
		for m := range performance.Reach {
			*sum.At(m) = addUp(*sum.At(m), *t.At(m))
		}
		sum.Currency = t.Currency
		sums[t.Currency] = sum
		counts[t.Currency]++
	}
	out := []currencyTotals{}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		t := sums[currency]
		out = append(out, currencyTotals{currency, counts[currency], describeTotals(t), performance.KPIs(t)})
	}
	return out
}

// addUp stays at the largest amount there is rather than fail a whole page.
func addUp(a, b int64) int64 {
	sum, err := money.AddMicros(a, b)
	if err != nil {
		return math.MaxInt64
	}
	return sum
}

func (s *Server) glances(ctx context.Context, author event.Origin, totals []performance.Totals) ([]campaignGlance, error) {
	items, _, err := s.Campaigns.List(ctx, author, campaigns.Query{Limit: glancedCampaigns})
	if err != nil {
		return nil, err
	}
	of := map[uuid.UUID]performance.Totals{}
	for _, t := range totals {
		of[t.Campaign] = t
	}
	glances := make([]campaignGlance, len(items))
	for i, c := range items {
		state := c.State()
		b, err := s.Budgets.ForCampaign(ctx, state.Partner, state.ID)
		if err != nil {
			return nil, err
		}
		p := b.Position(b.Today(s.opts.Now()))
		t := of[state.ID]
		t.Currency = string(state.Currency)
		glances[i] = campaignGlance{
			state.ID, state.Name, state.Type, state.Status, c.ValidActions(),
			describeTotals(t), performance.KPIs(t), useOf(p.Limit, p.Reported, p.Available),
		}
	}
	return glances, nil
}

// usePerCurrency adds up the budgets of what is not over.
func usePerCurrency(glances []campaignGlance) []budgetUse {
	sums := map[money.Currency]budgetUse{}
	for _, g := range glances {
		if g.Status.Over() {
			continue
		}
		c := g.Budget.Limit.Currency
		sums[c] = sums[c].plus(g.Budget, c)
	}
	out := []budgetUse{}
	for _, c := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, sums[c])
	}
	return out
}

func (u budgetUse) plus(o budgetUse, c money.Currency) budgetUse {
	add := func(a, b money.Money) money.Money { return money.New(addUp(a.Micros, b.Micros), c) }
	return useOf(add(u.Limit, o.Limit), add(u.Reported, o.Reported), add(u.Available, o.Available))
}

func (s *Server) openAlerts(ctx context.Context, author event.Origin) ([]performance.AlertRecord, error) {
	items, _, err := s.Alerts.List(ctx, author, performance.AlertQuery{
		States: []performance.AlertState{performance.Firing, performance.Acknowledged}, Limit: glancedAlerts,
	})
	if err != nil {
		return nil, err
	}
	alerts := make([]performance.AlertRecord, len(items))
	for i, a := range items {
		alerts[i] = a.State()
	}
	return alerts, nil
}

func (s *Server) topSuggestions(ctx context.Context, partner uuid.UUID) ([]suggestionBody, error) {
	items, _, err := s.Optimizer.List(ctx, partner, optimization.Query{Status: optimization.Open, Limit: 5})
	if err != nil {
		return nil, err
	}
	top := make([]suggestionBody, len(items))
	for i, x := range items {
		top[i] = s.describeSuggestion("en")(x)
	}
	return top, nil
}
