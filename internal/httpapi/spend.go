package httpapi

import (
	"context"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/money"
)

// spendBody is a spend as it is read.
type spendBody struct {
	ID           string      `json:"id" doc:"Its spend_id."`
	Revision     int64       `json:"revision" doc:"Always 1: what was recorded never changes."`
	SpendID      string      `json:"spend_id"`
	BudgetID     uuid.UUID   `json:"budget_id"`
	Amount       money.Money `json:"amount"`
	Category     string      `json:"category,omitempty"`
	OccurredAt   time.Time   `json:"occurred_at"`
	Day          string      `json:"day" format:"date" doc:"The local day that it counts on."`
	RecordedAt   time.Time   `json:"recorded_at"`
	Overdelivery money.Money `json:"overdelivery" doc:"What of it lies beyond what was authorised; negative when it takes back what did."`
	Credit       money.Money `json:"credit" doc:"What of a refund goes beyond all that was spent, and waits for its spend."`
	Duplicate    bool        `json:"duplicate,omitempty" doc:"It had been recorded before, and counts once."`
}

func describeSpend(s *budgets.Spend) spendBody {
	return spendBody{
		ID: s.ID, Revision: 1, SpendID: s.ID, BudgetID: s.Budget, Amount: money.New(s.Amount, s.Currency), Category: s.Category, OccurredAt: s.OccurredAt,
		Day: s.Day.String(), RecordedAt: s.RecordedAt, Overdelivery: money.New(s.Overdelivery, s.Currency), Credit: money.New(s.Credit, s.Currency),
	}
}

func (s *Server) recordSpend(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body struct {
		SpendID    string     `json:"spend_id" maxLength:"128" doc:"The sender's, unique within the budget. It never expires: sent again it counts once, and with another content it is refused."`
		Amount     amount     `json:"amount" doc:"Decimal string in the budget's currency, or amount and currency; negative for a refund or a restatement."`
		Currency   string     `json:"currency,omitempty" doc:"The budget's, when it is given."`
		Category   string     `json:"category,omitempty" maxLength:"64" doc:"The channel or the objective that it was for."`
		OccurredAt *time.Time `json:"occurred_at,omitempty" doc:"When it was spent; now unless given. It counts on that local day."`
	}
}) (*made[spendBody], error) {
	amount, err := in.Body.Amount.parse("amount", in.Body.Currency)
	if err != nil {
		return nil, err
	}
	ask := budgets.NewSpend{Budget: in.ID, ID: in.Body.SpendID, Amount: amount, Category: in.Body.Category}
	if in.Body.OccurredAt != nil {
		ask.OccurredAt = *in.Body.OccurredAt
	}
	got, err := s.decider(in.Write).Spend(ctx, by(ctx), ask)
	if err != nil {
		return nil, err
	}
	body := describeSpend(&got.Spend)
	body.Duplicate = got.Again
	return &made[spendBody]{Base + "/budgets/" + got.Budget.String() + "/spend/" + url.PathEscape(got.ID), body}, nil
}

func (s *Server) getSpend(ctx context.Context, in *struct {
	ByID
	SpendID string `path:"spend_id" maxLength:"128" doc:"The sender's."`
}) (*plain[spendBody], error) {
	b, err := s.Budgets.Get(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := s.Authorizer.Vault.Spend(ctx, b.State().Partner, in.ID, in.SpendID)
	if err != nil {
		return nil, err
	}
	return &plain[spendBody]{describeSpend(found)}, nil
}

func (s *Server) listSpend(ctx context.Context, in *struct {
	ByID
	Page
	Projected
}) (*plain[list[partial[spendBody]]], error) {
	b, err := s.Budgets.Get(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Authorizer.Vault.Spends(ctx, b.State().Partner, in.ID, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(s, items, describeSpend, in.Fields, next)
}
