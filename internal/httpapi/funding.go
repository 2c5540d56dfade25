package httpapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerFunding() {
	read, write, approve := partners.ActionRead, partners.ActionWriteBudgets, partners.ActionApprove
	route(s, operation(http.MethodPut, "/budgets/{id}/allocations", "set-allocations", "Divide a budget's limit among channels or objectives", write, http.StatusOK), s.setAllocations)
	route(s, operation(http.MethodPost, "/budgets/{id}/reallocate", "reallocate-budget", "Move a part of one category to another", write, http.StatusOK), s.reallocate)
	route(s, operation(http.MethodPost, "/budgets/{id}/transfer", "transfer-budget", "Move a part of the limit to another budget of the partner", write, http.StatusOK), s.transfer)
	route(s, operation(http.MethodGet, "/budget-guard", "get-budget-guard", "Read what the partner lets one person or an automatic change do to a limit", read, http.StatusOK), s.getGuard)
	route(s, operation(http.MethodPut, "/budget-guard", "set-budget-guard", "Set what the partner lets one person or an automatic change do to a limit", approve, http.StatusOK), s.setGuard)
	s.registerExtraSpend()
}

type allocationBody struct {
	Category string `json:"category" minLength:"1" maxLength:"64" doc:"A channel, or an objective: the category of spend and the channel of reservations." example:"search"`
	Amount   amount `json:"amount" doc:"Decimal string in the budget's currency, or amount and currency; for each period of a daily or monthly budget."`
}

func (s *Server) setAllocations(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body struct {
		Allocations []allocationBody `json:"allocations" maxItems:"100" doc:"All of them; together at most the limit. An empty list ends the division."`
	}
}) (*found[budgetBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	var wrong fault.Fields
	want := make([]budgets.Allocation, len(in.Body.Allocations))
	for i, a := range in.Body.Allocations {
		got, err := a.Amount.parse(fmt.Sprintf("allocations[%d].amount", i), "")
		if e := fault.As(err); e != nil {
			wrong = append(wrong, e.Fields...)
		}
		want[i] = budgets.Allocation{Category: a.Category, Amount: got}
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	b, err := s.Funding.Allocate(ctx, by(ctx), in.ID, want, budgets.Option{Revision: revision, ValidateOnly: in.ValidateOnly})
	if err != nil {
		return nil, err
	}
	return s.describeBudget(ctx, b)
}

func (s *Server) reallocate(ctx context.Context, in *struct {
	ByID
	MayMatch
	Write
	Retryable
	Body struct {
		From   string `json:"from" minLength:"1" maxLength:"64" doc:"The category that gives."`
		To     string `json:"to" minLength:"1" maxLength:"64" doc:"The category that gets."`
		Amount amount `json:"amount" doc:"At most what is neither spent nor reserved there."`
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}) (*found[budgetBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	amount, err := in.Body.Amount.parse("amount", "")
	if err != nil {
		return nil, err
	}
	move := budgets.Move{From: in.Body.From, To: in.Body.To, Amount: amount, Reason: in.Body.Reason}
	b, err := s.Funding.Reallocate(ctx, by(ctx), in.ID, move, budgets.Option{Revision: revision, ValidateOnly: in.ValidateOnly})
	if err != nil {
		return nil, err
	}
	return s.describeBudget(ctx, b)
}

func (s *Server) transfer(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body struct {
		To     uuid.UUID `json:"to_budget" format:"uuid" doc:"Another budget of the partner, of the same kind and currency."`
		Amount amount    `json:"amount" doc:"At most what is neither spent, reserved nor allocated. What it adds to the other limit counts as a raise there."`
		Reason string    `json:"reason,omitempty" maxLength:"500"`
	}
}) (*found[budgetBody], error) {
	amount, err := in.Body.Amount.parse("amount", "")
	if err != nil {
		return nil, err
	}
	move := budgets.Move{Amount: amount, Reason: in.Body.Reason}
	b, err := s.Funding.Transfer(ctx, by(ctx), in.ID, in.Body.To, move, budgets.Option{
		Authorised: principal(ctx).IsAdmin(), ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return s.describeBudget(ctx, b)
}

// GuardTerms are the settings of a partner's guard.
type GuardTerms struct {
	MaxStep   int          `json:"max_step_percent" doc:"What one step of an automatic change may add to a limit. 50 unless set." example:"50"`
	MaxInDay  int          `json:"max_day_percent" doc:"What may be added in 24 hours without a second person. 100 unless set." example:"100"`
	Threshold int          `json:"approval_percent" doc:"What may be added in 30 days without a second person. 20 unless set; 0: nothing." example:"20"`
	Floor     *money.Money `json:"floor" required:"false" doc:"What automatic changes never go below; null is none."`
	Ceiling   *money.Money `json:"ceiling" required:"false" doc:"What no limit goes above, approved or not; null is none."`
}

type guardBody struct {
	PartnerID uuid.UUID `json:"partner_id"`
	Revision  int64     `json:"revision"`
	GuardTerms
	IsDefault bool `json:"is_default" doc:"The partner has set none."`
}

func describeGuard(partner uuid.UUID, p budgets.Policy) *found[guardBody] {
	return &found[guardBody]{etag(p.Revision), guardBody{partner, p.Revision, GuardTerms(p.Terms()), p.UpdatedAt == nil}}
}

func (s *Server) getGuard(ctx context.Context, in *ForPartner) (*found[guardBody], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	if _, err := s.Partners.Get(ctx, partner); err != nil {
		return nil, err
	}
	p, err := s.Budgets.Policy(ctx, partner)
	if err != nil {
		return nil, err
	}
	return describeGuard(partner, p), nil
}

func (s *Server) setGuard(ctx context.Context, in *struct {
	ForPartner
	IfMatch
	Write
	Body GuardTerms
}) (*found[guardBody], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	p, err := s.Budgets.SetPolicy(ctx, author, revision, budgets.Terms(in.Body), in.ValidateOnly)
	if err != nil {
		return nil, err
	}
	return describeGuard(author.Partner, p), nil
}
