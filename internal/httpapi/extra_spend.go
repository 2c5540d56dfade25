package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerExtraSpend() {
	read, write, approve := partners.ActionRead, partners.ActionWriteBudgets, partners.ActionApprove
	route(s, operation(http.MethodPost, "/budgets/{id}/extra-spend", "propose-extra-spend", "Propose a higher limit; what one person may raise is raised at once", write, http.StatusCreated), s.proposeExtra)
	route(s, operation(http.MethodGet, "/extra-spend", "list-extra-spend", "List proposals of extra spend, the newest first", read, http.StatusOK), s.listExtra)
	route(s, operation(http.MethodGet, "/extra-spend/{id}", "get-extra-spend", "Read a proposal of extra spend", read, http.StatusOK), s.getExtra)
	route(s, operation(http.MethodPost, "/extra-spend/{id}/approve", "approve-extra-spend", "Approve what another person proposed; the limit is raised", approve, http.StatusOK), s.approveExtra)
	route(s, operation(http.MethodPost, "/extra-spend/{id}/deny", "deny-extra-spend", "Deny a proposal of extra spend", approve, http.StatusOK), s.denyExtra)
}

// extraBody is a proposal as it is read.
type extraBody struct {
	ID         uuid.UUID          `json:"id"`
	Revision   int64              `json:"revision" doc:"1, and 2 once somebody else has decided or it has expired."`
	BudgetID   uuid.UUID          `json:"budget_id"`
	CampaignID uuid.UUID          `json:"campaign_id"`
	PartnerID  uuid.UUID          `json:"partner_id"`
	Amount     money.Money        `json:"amount" doc:"What the limit is raised by."`
	Reason     string             `json:"reason"`
	State      budgets.ExtraState `json:"state" enum:"proposed,approved,denied,expired"`
	Within     bool               `json:"within_threshold" doc:"It lay within what one person may raise and was applied at once."`
	ProposedBy personBody         `json:"proposed_by"`
	DecidedBy  *personBody        `json:"decided_by,omitempty"`
	Note       string             `json:"note,omitempty" doc:"Of whoever decided."`
	CreatedAt  time.Time          `json:"created_at"`
	ExpiresAt  time.Time          `json:"expires_at" doc:"14 days after the proposal; then it can no longer be approved."`
	DecidedAt  *time.Time         `json:"decided_at,omitempty"`
}

type personBody struct {
	Key  string `json:"key_id" doc:"The id of the credential, or the job's name."`
	Name string `json:"name,omitempty"`
}

func (s *Server) describeExtra(x *budgets.Extra) extraBody {
	body := extraBody{
		ID: x.ID, Revision: 1, BudgetID: x.Budget, CampaignID: x.Campaign, PartnerID: x.Partner, Amount: money.New(x.Amount, x.Currency),
		Reason: x.Reason, State: x.StateAt(s.opts.Now()), Within: x.Within, ProposedBy: personBody{x.ProposedBy, x.ProposedName},
		Note: x.Note, CreatedAt: x.CreatedAt, ExpiresAt: x.ExpiresAt, DecidedAt: x.DecidedAt,
	}
	if !x.Within && body.State != budgets.ExtraProposed {
		body.Revision++
	}
	if x.DecidedAt != nil {
		body.DecidedBy = &personBody{x.DecidedBy, x.DecidedName}
	}
	return body
}

func (s *Server) proposeExtra(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body struct {
		Amount    amount `json:"amount" doc:"What the limit is to be raised by: a decimal string in the budget's currency, or amount and currency."`
		Reason    string `json:"reason" minLength:"1" maxLength:"500" doc:"For whoever decides." example:"Black Friday: the search campaign sells out its days by noon."`
		Confirmed bool   `json:"confirm_unusual,omitempty" doc:"The amount is meant, although it looks like cents or micros."`
	}
}) (*made[extraBody], error) {
	amount, err := in.Body.Amount.parse("amount", "")
	if err != nil {
		return nil, err
	}
	ask := budgets.NewExtra{ID: reservedID(ctx), Amount: amount, Reason: in.Body.Reason, Confirmed: in.Body.Confirmed}
	x, err := s.Funding.Propose(ctx, by(ctx), in.ID, ask, budgets.Option{ValidateOnly: in.ValidateOnly})
	if err != nil {
		return nil, err
	}
	return &made[extraBody]{Base + "/extra-spend/" + x.ID.String(), s.describeExtra(x)}, nil
}

func (s *Server) getExtra(ctx context.Context, in *ByID) (*plain[extraBody], error) {
	x, err := s.Funding.Extra(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return &plain[extraBody]{s.describeExtra(x)}, nil
}

func (s *Server) listExtra(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
	State  budgets.ExtraState `query:"state" enum:"proposed,approved,denied,expired"`
	Budget uuid.UUID          `query:"budget_id" format:"uuid" doc:"Of this budget alone."`
}) (*plain[list[partial[extraBody]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Funding.Extras(ctx, partner, budgets.ExtraQuery{Budget: in.Budget, State: in.State, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(s, items, s.describeExtra, in.Fields, next)
}

// extraDecision is what an approver sends.
type extraDecision struct {
	ByID
	Write
	Retryable
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"For whoever proposed it; shown as note."`
		Note   string `json:"note,omitempty" maxLength:"500" doc:"The same by its other name."`
	} `required:"false"`
}

func (s *Server) approveExtra(ctx context.Context, in *extraDecision) (*plain[extraBody], error) {
	return s.decideExtra(ctx, in, true)
}

func (s *Server) denyExtra(ctx context.Context, in *extraDecision) (*plain[extraBody], error) {
	return s.decideExtra(ctx, in, false)
}

func (s *Server) decideExtra(ctx context.Context, in *extraDecision, approve bool) (*plain[extraBody], error) {
	note := ""
	if in.Body != nil {
		note = cmp.Or(in.Body.Reason, in.Body.Note)
	}
	x, err := s.Funding.Decide(ctx, by(ctx), in.ID, approve, note, budgets.Option{ValidateOnly: in.ValidateOnly})
	if err != nil {
		return nil, err
	}
	return &plain[extraBody]{s.describeExtra(x)}, nil
}
