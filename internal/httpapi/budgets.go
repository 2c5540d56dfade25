package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
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
	Abnormal     *bool               `json:"overdelivery_abnormal" doc:"Whether more of today's overdelivery than the platforms announce lies beyond a daily limit; null when none does. GET /budgets/{id}/overdelivery has the days."`
	Reported     money.Money         `json:"reported" doc:"Everything the platforms reported: settled plus overdelivery."`
	Exhausted    bool                `json:"exhausted"`
	AutoPause    bool                `json:"auto_pause" doc:"Whether a CRITICAL threshold pauses the campaign. An exhausted budget always does."`
	Thresholds   []budgets.Threshold `json:"thresholds"`
	Allocations  []budgets.Allocated `json:"allocations" doc:"What the limit is divided into; empty when it is not."`
	RaiseLeft    *money.Money        `json:"raise_left" doc:"What may be added to the limit now without a second person; null while that cannot be read."`
	PacingCurve  pacing.Curve        `json:"pacing_curve" doc:"How the limit is to be spread over its time."`
	Pacing       budgetPacing        `json:"pacing" doc:"1.0 is on track: share spent over share of the time passed."`
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
	var room *money.Money
	if policy := s.Budgets.PolicyFor(ctx, b); policy != nil {
		_, highest := policy.Bounds(b, by(ctx), now)
		left := money.New(highest.Micros-state.Limit, state.Currency)
		room = &left
	}
	return &found[budgetBody]{etag(state.Revision), budgetBody{
		ID: state.ID, CampaignID: state.Campaign, PartnerID: state.Partner, Revision: state.Revision,
		Kind: state.Kind, Timezone: state.Timezone, Limit: p.Limit, Settled: p.Settled, Reserved: p.Reserved,
		Available: p.Available, Overdelivery: p.Overdelivery, Abnormal: s.abnormal(ctx, b, b.Today(now)), Reported: p.Reported, Exhausted: p.Exhausted,
		AutoPause: state.AutoPause, Thresholds: p.Thresholds, Pacing: s.describePacing(ctx, b, now, start, end),
		Allocations: b.Allocations(b.Today(now)), RaiseLeft: room, PacingCurve: state.Curve.Named(),
		CreatedAt: state.CreatedAt, UpdatedAt: state.UpdatedAt,
	}}, nil
}

// budgetPacing is budgets.Pacing with what the campaign's days add to it.
type budgetPacing struct {
	budgets.Pacing
	Expected *money.Money `json:"expected_by_now" doc:"What the curve had spent by now; null without a schedule."`
	RunRate  *money.Money `json:"run_rate" doc:"Spend of a complete local day, the mean of the last seven; null before one is complete."`
	Landing  *money.Money `json:"projected_end" doc:"Where the run rate ends with the schedule."`
	Required *money.Money `json:"daily_to_land" doc:"What a day may spend from today on to end at the limit."`
}

// describePacing adds what needs the campaign's history. Without it the rest is
// shown all the same.
func (s *Server) describePacing(ctx context.Context, b *budgets.Budget, now time.Time, start, end *time.Time) budgetPacing {
	body := budgetPacing{Pacing: b.Pacing(now, start, end)}
	if start == nil {
		return body
	}
	a, p, err := s.Services.Pacing.Pace(ctx, b.State().Partner, b.State().ID)
	if err != nil {
		return body
	}
	body.Expected, body.RunRate = maybeMoney(a, &p.Expected), maybeMoney(a, p.RunRate)
	body.Landing, body.Required = maybeMoney(a, p.Landing), maybeMoney(a, p.Required)
	return body
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
	Limit      *amount          `json:"limit,omitempty" doc:"A decimal string in the budget's currency, or amount and currency. Raising it by more than one person may takes extra spend; raising it re-arms the thresholds no longer reached; lowering it reverses nothing."`
	AutoPause  *bool            `json:"auto_pause,omitempty"`
	Thresholds *[]budgets.Level `json:"thresholds,omitempty" doc:"All of them; an empty list is none."`
	Curve      *pacing.Curve    `json:"pacing_curve,omitempty" doc:"How the limit is to be spread over its time: even, front_loaded, asap, or custom with points."`
	Confirmed  bool             `json:"confirm_unusual,omitempty" doc:"The limit is meant, although it looks like cents or micros."`

	Kind     *budgets.Kind   `json:"kind,omitempty" doc:"Never changes: refused unless it is the same."`
	Currency *money.Currency `json:"currency,omitempty" doc:"Never changes: refused unless it is the same."`
	Timezone *string         `json:"timezone,omitempty" doc:"Never changes: refused unless it is the same."`
}

// limit is the limit asked for, nil for none.
func (p budgetPatch) limit(of budgets.State) (*money.Money, error) {
	if p.Limit == nil {
		return nil, nil
	}
	got, err := p.Limit.parse("limit", "")
	return new(money.New(got.Micros, cmp.Or(got.Currency, of.Currency))), err
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
	b, err := s.Budgets.Get(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	limit, err := in.Body.limit(b.State())
	if err != nil {
		return nil, err
	}
	alone, err := s.mayAlone(ctx, b)
	if err != nil {
		return nil, err
	}
	b, err = s.Budgets.Patch(ctx, by(ctx), in.ID, revision, budgets.Patch{
		Limit: limit, AutoPause: in.Body.AutoPause, Thresholds: in.Body.Thresholds, ValidateOnly: in.ValidateOnly,
		Curve: in.Body.Curve, Confirmed: in.Body.Confirmed, Authorised: alone,
		Kind: in.Body.Kind, Currency: in.Body.Currency, Timezone: in.Body.Timezone,
	})
	if err != nil {
		return nil, err
	}
	return s.describeBudget(ctx, b)
}

// mayAlone reports whether a limit may be set by one person, however high: by
// an administrator, and of a draft, which spends nothing before its launch.
func (s *Server) mayAlone(ctx context.Context, b *budgets.Budget) (bool, error) {
	if principal(ctx).IsAdmin() {
		return true, nil
	}
	c, err := s.Campaigns.Get(ctx, event.Origin{Partner: b.State().Partner}, b.State().Campaign)
	if err != nil {
		return false, err
	}
	return c.State().Status == campaigns.Draft, nil
}
