package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerBudgets() {
	route(s, operation(http.MethodGet, "/campaigns/{id}/budget", "get-campaign-budget", "Read a campaign's budget", partners.ActionRead, http.StatusOK), s.getCampaignBudget)
	route(s, operation(http.MethodGet, "/budgets/{id}", "get-budget", "Read a budget", partners.ActionRead, http.StatusOK), s.getBudget)
	route(s, operation(http.MethodPatch, "/budgets/{id}", "change-budget", "Change a budget's limit, thresholds or auto-pause", partners.ActionWriteBudgets, http.StatusOK), s.changeBudget)
}

// budgetBody is a budget as it is read: where it stands, in money.
type budgetBody struct {
	ID           uuid.UUID           `json:"id"`
	CampaignID   uuid.UUID           `json:"campaign_id"`
	PartnerID    uuid.UUID           `json:"partner_id"`
	Revision     int64               `json:"revision"`
	Kind         budgets.Kind        `json:"kind" enum:"total,daily,monthly"`
	Timezone     string              `json:"timezone" doc:"IANA zone of its local days."`
	Limit        money.Money         `json:"limit"`
	Settled      money.Money         `json:"settled" doc:"Reported spend within the limit; of the local day or month for a daily or monthly budget."`
	Reserved     money.Money         `json:"reserved"`
	Available    money.Money         `json:"available" doc:"What may still be authorised; never below zero."`
	Overdelivery money.Money         `json:"overdelivery" doc:"Reported spend beyond the limit: recorded in full, never refused."`
	Reported     money.Money         `json:"reported" doc:"Everything the platforms reported: settled plus overdelivery."`
	Exhausted    bool                `json:"exhausted"`
	AutoPause    bool                `json:"auto_pause" doc:"Whether a CRITICAL threshold pauses the campaign. An exhausted budget always does."`
	Thresholds   []budgets.Threshold `json:"thresholds"`
	Pacing       budgets.Pacing      `json:"pacing" doc:"1.0 is on track: share spent over share of the time passed."`
	CreatedAt    time.Time           `json:"created_at"`
	UpdatedAt    time.Time           `json:"updated_at"`
}

// describeBudget shows a budget as of now; pacing needs the campaign's schedule.
func (s *Server) describeBudget(ctx context.Context, b *budgets.Budget) (*found[budgetBody], error) {
	state, now := b.State(), s.opts.Now()
	campaign, err := s.Campaigns.Get(ctx, event.Origin{Partner: state.Partner}, state.Campaign)
	if err != nil {
		return nil, err
	}
	var start, end *time.Time
	if dates := campaign.State().Schedule; dates != nil {
		start, end = &dates.Start, &dates.End
	}
	p := b.Position(b.Today(now))
	return &found[budgetBody]{etag(state.Revision), budgetBody{
		ID: state.ID, CampaignID: state.Campaign, PartnerID: state.Partner, Revision: state.Revision,
		Kind: state.Kind, Timezone: state.Timezone, Limit: p.Limit, Settled: p.Settled, Reserved: p.Reserved,
		Available: p.Available, Overdelivery: p.Overdelivery, Reported: p.Reported, Exhausted: p.Exhausted,
		AutoPause: state.AutoPause, Thresholds: p.Thresholds, Pacing: b.Pacing(now, start, end),
		CreatedAt: state.CreatedAt, UpdatedAt: state.UpdatedAt,
	}}, nil
}

func (s *Server) getCampaignBudget(ctx context.Context, in *ByID) (*found[budgetBody], error) {
	b, err := s.Budgets.ForCampaign(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return s.describeBudget(ctx, b)
}

func (s *Server) getBudget(ctx context.Context, in *ByID) (*found[budgetBody], error) {
	b, err := s.Budgets.Get(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return s.describeBudget(ctx, b)
}

type budgetPatch struct {
	Limit      *money.Money     `json:"limit,omitempty" doc:"In the budget's currency. Raising it re-arms the thresholds no longer reached; lowering it reverses nothing."`
	AutoPause  *bool            `json:"auto_pause,omitempty"`
	Thresholds *[]budgets.Level `json:"thresholds,omitempty" doc:"All of them; an empty list is none."`
}

func (s *Server) changeBudget(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body budgetPatch
}) (*found[budgetBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	b, err := s.Budgets.Patch(ctx, by(ctx), in.ID, revision, budgets.Patch{
		Limit: in.Body.Limit, AutoPause: in.Body.AutoPause, Thresholds: in.Body.Thresholds, ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return s.describeBudget(ctx, b)
}
