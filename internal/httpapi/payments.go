package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// paymentStates is how a payment goes on.
const paymentStates = " A payment that requires_action waits for the payer at action_url, the provider's own page. What the provider says arrives by webhook and by look-ups; unknown means that the answer to a call was lost and is being looked up, and never that it may be sent again."

func (s *Server) registerPayments() {
	read, pay := partners.ActionRead, partners.ActionPay
	route(s, detailed(operation(http.MethodPost, "/payments", "create-payment", "Pay in: begin a payment that funds the partner's balance", pay, http.StatusCreated), paymentStates, nil), s.createPayment)
	route(s, operation(http.MethodGet, "/payments", "list-payments", "The partner's payments, the newest first", read, http.StatusOK), s.listPayments)
	route(s, detailed(operation(http.MethodGet, "/payments/{id}", "get-payment", "Read a payment with its refunds", read, http.StatusOK), paymentStates, nil), s.getPayment)
	route(s, detailed(operation(http.MethodPost, "/payments/{id}/refund", "refund-payment", "Give back some of a payment, or all that is left of it", pay, http.StatusOK),
		" Refused beyond what the payment has left and beyond what the partner has not spent. Until it is known what became of it, a refund is held against both.", nil), s.refundPayment)
	route(s, operation(http.MethodPost, "/payments/{id}/check", "check-payment", "Ask the provider now what has become of a payment", pay, http.StatusOK), s.checkPayment)
	route(s, operation(http.MethodGet, "/balance", "read-balance", "What the partner has paid in and not spent, by currency", read, http.StatusOK), s.readBalance)
}

// paymentBody is a payment as it is read.
type paymentBody struct {
	ID         uuid.UUID        `json:"id"`
	Revision   int64            `json:"revision"`
	PartnerID  uuid.UUID        `json:"partner_id"`
	Provider   payment.Provider `json:"provider" enum:"stripe,paypal,simulated"`
	State      payment.Status   `json:"state" enum:"pending,unknown,requires_action,approved,processing,succeeded,failed,cancelled,partially_refunded,refunded,disputed"`
	Amount     money.Money      `json:"amount" doc:"What was asked for."`
	Paid       money.Money      `json:"paid" doc:"What has arrived."`
	Refunded   money.Money      `json:"refunded"`
	Disputed   money.Money      `json:"disputed" doc:"What the payer's bank has taken back."`
	Refundable money.Money      `json:"refundable" doc:"Arrived, and neither gone nor about to go."`
	Reason     string           `json:"reason,omitempty" doc:"Why it failed or ended, in the provider's word." example:"card_declined"`
	ActionURL  string           `json:"action_url,omitempty" doc:"Where the payer goes on."`
	Refunds    []refundBody     `json:"refunds"`
	CreatedAt  time.Time        `json:"created_at"`
	UpdatedAt  time.Time        `json:"updated_at"`
	CheckedAt  *time.Time       `json:"checked_at,omitempty" doc:"When the provider was last asked."`
}

type refundBody struct {
	ID         *uuid.UUID          `json:"id,omitempty" doc:"Absent for one that was made at the provider."`
	ProviderID string              `json:"provider_id,omitempty"`
	Amount     money.Money         `json:"amount"`
	State      payment.ReturnState `json:"state" enum:"pending,unknown,refused,processing,succeeded,failed"`
	Reason     string              `json:"reason,omitempty"`
	At         *time.Time          `json:"at,omitempty"`
}

func describePayment(p *payment.Payment) paymentBody {
	s := p.State()
	t := s.Totals()
	in := func(micros int64) money.Money { return money.New(micros, s.Amount.Currency) }
	b := paymentBody{
		ID: s.ID, Revision: s.Revision, PartnerID: s.Partner, Provider: s.Provider, State: s.Status(), Amount: s.Amount,
		Paid: in(t.Captured), Refunded: in(t.Refunded), Disputed: in(t.Disputed), Refundable: in(s.Refundable()),
		Reason: s.Reason, ActionURL: s.ActionURL, Refunds: []refundBody{}, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	if !s.LookedAt.IsZero() {
		b.CheckedAt = &s.LookedAt
	}
	for _, r := range s.Returns() {
		refund := refundBody{ID: some(r.ID), ProviderID: r.ProviderID, Amount: in(r.Amount), State: r.State, Reason: r.Reason}
		if !r.At.IsZero() {
			refund.At = &r.At
		}
		b.Refunds = append(b.Refunds, refund)
	}
	return b
}

func (s *Server) createPayment(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body struct {
		PartnerID uuid.UUID `json:"partner_id,omitempty" format:"uuid" doc:"As in the query."`
		Provider  string    `json:"provider" enum:"stripe,paypal,simulated" doc:"simulated moves no money; it is there in the demo, and where the operators allow it."`
		Amount    amount    `json:"amount" doc:"A decimal string in the partner's currency, or amount and currency."`
		Currency  string    `json:"currency,omitempty" doc:"Of an amount that is a string, when not the partner's."`
		ReturnURL string    `json:"return_url,omitempty" maxLength:"2000" doc:"Where the payer comes back to; the Billing page without one."`
	}
}) (*created[paymentBody], error) {
	author, err := byFor(ctx, cmp.Or(in.Body.PartnerID, in.PartnerID))
	if err != nil {
		return nil, err
	}
	amount, err := in.Body.Amount.parse("amount", in.Body.Currency)
	if err != nil {
		return nil, err
	}
	p, err := s.Payments.Create(ctx, author, payment.New{
		ID: reservedID(ctx), Partner: author.Partner, Provider: payment.Provider(in.Body.Provider),
		Amount: money.New(amount.Micros, amount.Currency), ReturnURL: in.Body.ReturnURL,
	}, in.ValidateOnly)
	if err != nil {
		return nil, err
	}
	body := describePayment(p)
	return &created[paymentBody]{Base + "/payments/" + body.ID.String(), etag(body.Revision), body}, nil
}

func (s *Server) getPayment(ctx context.Context, in *ByID) (*found[paymentBody], error) {
	p, err := s.Payments.Get(ctx, principal(ctx).Partner, in.ID)
	return foundPayment(p, err)
}

func foundPayment(p *payment.Payment, err error) (*found[paymentBody], error) {
	if err != nil {
		return nil, err
	}
	body := describePayment(p)
	return &found[paymentBody]{etag(body.Revision), body}, nil
}

func (s *Server) listPayments(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
	State []payment.Status `query:"state" enum:"pending,unknown,requires_action,approved,processing,succeeded,failed,cancelled,partially_refunded,refunded,disputed" doc:"In any of these states, separated by commas."`
}) (*plain[list[partial[paymentBody]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Payments.List(ctx, partner, payment.Query{Status: in.State, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(s, items, describePayment, in.Fields, next)
}

func (s *Server) refundPayment(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body *struct {
		Amount *amount `json:"amount,omitempty" doc:"Without one, all that is left."`
	} `required:"false"`
}) (*found[paymentBody], error) {
	back := payment.Back{ID: reservedID(ctx)}
	if in.Body != nil && in.Body.Amount != nil {
		a, err := in.Body.Amount.parse("amount", "")
		if err != nil {
			return nil, err
		}
		if a.Micros == 0 {
			a.Micros = -1 // refused as nothing: only an absent amount is all
		}
		back.Micros, back.Currency = a.Micros, a.Currency
	}
	p, err := s.Payments.Refund(ctx, by(ctx), principal(ctx).Partner, in.ID, back, in.ValidateOnly)
	return foundPayment(p, err)
}

func (s *Server) checkPayment(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
}) (*found[paymentBody], error) {
	if in.ValidateOnly {
		return s.getPayment(ctx, &in.ByID)
	}
	p, err := s.Payments.Check(ctx, by(ctx), principal(ctx).Partner, in.ID)
	return foundPayment(p, err)
}

// balanceBody is the partner's money by currency.
type balanceBody struct {
	PartnerID uuid.UUID          `json:"partner_id" format:"uuid"`
	Prepaid   bool               `json:"prepaid" doc:"Campaigns need funds to launch."`
	Providers []payment.Provider `json:"providers" enum:"stripe,paypal,simulated" doc:"That can be paid through."`
	Items     []balanceLine      `json:"items"`
}

type balanceLine struct {
	Currency  money.Currency `json:"currency"`
	Paid      money.Money    `json:"paid"`
	Refunded  money.Money    `json:"refunded"`
	Disputed  money.Money    `json:"disputed"`
	Spent     money.Money    `json:"spent" doc:"Delivery, without what platforms took back."`
	Held      money.Money    `json:"held" doc:"What refunds under way are about to take."`
	Available money.Money    `json:"available" doc:"paid - refunded - disputed - spent - held; below zero the partner owes it."`
	Daily     money.Money    `json:"daily_spend" doc:"What a local day took: the mean of the days with spend among the last seven complete ones."`
	DaysLeft  *float64       `json:"days_left" doc:"For how many such days the money is enough; null when nothing was spent on them."`
	Level     payment.Level  `json:"level" enum:"enough,low,out" doc:"Of a prepaid partner that delivers: low is enough for less than a day, out is nothing left. Each crossing alerts once, and out pauses what delivers."`
}

func (s *Server) readBalance(ctx context.Context, in *ForPartner) (*plain[balanceBody], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	p, err := s.Partners.Get(ctx, partner)
	if err != nil {
		return nil, err
	}
	all, err := s.Payments.Funds(ctx, partner)
	if err != nil {
		return nil, err
	}
	body := balanceBody{PartnerID: partner, Prepaid: p.State().Contract.Prepaid, Providers: append([]payment.Provider{}, s.Payments.Offered()...)}
	for _, b := range all {
		in := func(micros int64) money.Money { return money.New(micros, b.Currency) }
		line := balanceLine{
			Currency: b.Currency, Paid: in(b.Paid), Refunded: in(b.Refunded), Disputed: in(b.Disputed), Spent: in(b.Spent), Held: in(b.Held),
			Available: in(b.Available()), Daily: in(b.Daily), Level: b.Level,
		}
		if days, ok := b.DaysLeft(); ok {
			line.DaysLeft = &days
		}
		body.Items = append(body.Items, line)
	}
	return &plain[balanceBody]{body}, nil
}
