package app

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// views is what live clients see first: the present state behind a channel.
type views struct {
	db       *sqlstore.DB
	services *services
	now      func() time.Time
}

// campaignView is one campaign in a snapshot. Its totals and KPIs have the form
// of metrics updates.
type campaignView struct {
	ID           uuid.UUID                  `json:"campaign_id"`
	Name         string                     `json:"name"`
	Status       campaigns.Status           `json:"status"`
	ValidActions []campaigns.Action         `json:"valid_actions"`
	Revision     int64                      `json:"revision"`
	Currency     money.Currency             `json:"currency"`
	Totals       performance.Sums           `json:"totals"`
	KPIs         map[string]performance.KPI `json:"kpis"`
	Budget       *budgetView                `json:"budget,omitempty"`
}

type budgetView struct {
	ID           uuid.UUID   `json:"id"`
	Limit        money.Money `json:"limit"`
	Settled      money.Money `json:"settled"`
	Available    money.Money `json:"available"`
	Overdelivery money.Money `json:"overdelivery"`
	Exhausted    bool        `json:"exhausted"`
}

// owner is the partner of a campaign that the viewer may see.
func (v views) owner(ctx context.Context, viewer, campaign uuid.UUID) (uuid.UUID, error) {
	c, err := v.services.campaigns.Get(ctx, event.Origin{Partner: viewer}, campaign)
	if err != nil {
		return uuid.Nil, err
	}
	return c.State().Partner, nil
}

var errChannel = fault.New(fault.NotFound, "channel_not_found", "There is no such channel.", "Use campaign:<id> or partner:<id>.")

// snapshot is the state behind a channel and the place in the log that it
// includes. The place is read first: the state may be newer, never older.
func (v views) snapshot(ctx context.Context, partner uuid.UUID, channel string) (json.RawMessage, int64, error) {
	kind, id, _ := strings.Cut(channel, ":")
	target, err := uuid.Parse(id)
	if err != nil {
		return nil, 0, errChannel
	}
	seq, err := v.db.Log().Head(ctx, partner)
	if err != nil {
		return nil, 0, err
	}
	var state any
	if kind == "campaign" {
		state, err = v.campaign(ctx, partner, target)
	} else {
		state, err = v.partner(ctx, partner)
	}
	if err != nil {
		return nil, 0, err
	}
	body, err := json.Marshal(state)
	return body, seq, err
}

func (v views) campaign(ctx context.Context, partner, id uuid.UUID) (campaignView, error) {
	c, err := v.services.campaigns.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return campaignView{}, err
	}
	totals, err := v.services.metrics.Totals(ctx, partner, id)
	if err != nil {
		return campaignView{}, err
	}
	budget, err := v.services.budgets.ForCampaign(ctx, partner, id)
	if err != nil {
		return campaignView{}, err
	}
	view := viewOf(c, totals)
	p := budget.Position(budget.Today(v.now()))
	view.Budget = &budgetView{budget.State().ID, p.Limit, p.Settled, p.Available, p.Overdelivery, p.Exhausted}
	return view, nil
}

func viewOf(c *campaigns.Campaign, totals performance.Totals) campaignView {
	s := c.State()
	return campaignView{
		ID: s.ID, Name: s.Name, Status: s.Status, ValidActions: c.ValidActions(), Revision: s.Revision, Currency: s.Currency,
		Totals: performance.SumsOf(totals.Metrics), KPIs: performance.KPIs(totals),
	}
}

// partnerView is all of a partner's campaigns.
type partnerView struct {
	Partner   uuid.UUID      `json:"partner_id"`
	Campaigns []campaignView `json:"campaigns"`
	More      bool           `json:"more,omitempty"` // there are more than the snapshot lists
}

// viewPage is how many campaigns a partner's snapshot lists, the newest first.
const viewPage = 500

func (v views) partner(ctx context.Context, partner uuid.UUID) (partnerView, error) {
	items, next, err := v.services.campaigns.List(ctx, event.Origin{Partner: partner}, campaigns.Query{Limit: viewPage})
	if err != nil {
		return partnerView{}, err
	}
	all, err := v.services.metrics.PartnerTotals(ctx, partner)
	if err != nil {
		return partnerView{}, err
	}
	byCampaign := make(map[uuid.UUID]performance.Totals, len(all))
	for _, t := range all {
		byCampaign[t.Campaign] = t
	}
	view := partnerView{Partner: partner, Campaigns: make([]campaignView, len(items)), More: next != ""}
	for i, c := range items {
		totals := byCampaign[c.State().ID]
		totals.Campaign, totals.Currency = c.State().ID, string(c.State().Currency)
		view.Campaigns[i] = viewOf(c, totals)
	}
	return view, nil
}
