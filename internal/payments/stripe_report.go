package payments

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v86"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
)

// sessionReport is what a session says, with its intent where there is one: a
// session that has ended says little of the money that its intent has taken.
func sessionReport(s *stripe.CheckoutSession, at time.Time) (r payment.Report, err error) {
	r.At, r.Currency = at.UTC(), currencyOf(string(s.Currency))
	if i := s.PaymentIntent; i != nil && i.Status != "" {
		if r, err = intentReport(i, at); err != nil {
			return r, err
		}
	}
	r.ProviderID = s.ID
	switch {
	case s.Status == stripe.CheckoutSessionStatusExpired && len(r.Facts) == 0:
		r.Phase, r.Reason = payment.Cancelled, "expired"
	case s.Status == stripe.CheckoutSessionStatusOpen:
		r.ActionURL = s.URL
		if r.Phase == "" {
			r.Phase = payment.RequiresAction
		}
	case r.Phase == "" || r.Phase == payment.RequiresAction:
		r.Phase = payment.Processing
	}
	if r.Refunds == nil {
		r.Refunds = map[uuid.UUID]string{}
	}
	return r, nil
}

var phases = map[stripe.PaymentIntentStatus]payment.Status{
	stripe.PaymentIntentStatusRequiresPaymentMethod: payment.RequiresAction,
	stripe.PaymentIntentStatusRequiresConfirmation:  payment.RequiresAction,
	stripe.PaymentIntentStatusRequiresAction:        payment.RequiresAction,
	stripe.PaymentIntentStatusProcessing:            payment.Processing,
	stripe.PaymentIntentStatusRequiresCapture:       payment.Approved,
	stripe.PaymentIntentStatusSucceeded:             payment.Processing, // the capture says the rest
	stripe.PaymentIntentStatusCanceled:              payment.Cancelled,
}

func intentReport(i *stripe.PaymentIntent, at time.Time) (payment.Report, error) {
	r := payment.Report{At: at.UTC(), Phase: phases[i.Status], Currency: currencyOf(string(i.Currency)), Refunds: map[uuid.UUID]string{}}
	if e := i.LastPaymentError; e != nil && i.Status == stripe.PaymentIntentStatusRequiresPaymentMethod {
		r.Phase, r.Reason = payment.Failed, string(e.Code)
		if e.DeclineCode != "" {
			r.Reason = string(e.DeclineCode)
		}
	}
	if i.AmountReceived == 0 {
		return r, nil
	}
	// An intent captures once: its own id keys the money, whichever charge of
	// several tries carried it.
	err := add(&r, payment.Capture, i.ID, i.AmountReceived, payment.Moved)
	return r, err
}

// add notes a fact in the report's currency.
func add(r *payment.Report, kind payment.FactKind, id string, units int64, step payment.Step) error {
	m, err := fromStripe(units, r.Currency)
	if err == nil {
		r.Facts = append(r.Facts, payment.Fact{Kind: kind, ID: id, Amount: m.Micros, Step: step})
	}
	return err
}

func currencyOf(code string) money.Currency { return money.Currency(strings.ToUpper(code)) }

func addRefund(r *payment.Report, refund *stripe.Refund) error {
	r.Currency = currencyOf(string(refund.Currency))
	if id, err := uuid.Parse(refund.Metadata[reference]); err == nil {
		r.Refunds[id] = refund.ID
	}
	step := payment.Moved // pending too: the balance at Stripe has paid it already
	switch refund.Status {
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		step = payment.Undone
	case stripe.RefundStatusRequiresAction:
		step = payment.Noted
	}
	return add(r, payment.Return, refund.ID, refund.Amount, step)
}

// addDispute notes a dispute. A mere warning has taken no money.
func addDispute(r *payment.Report, d *stripe.Dispute) error {
	r.Currency = currencyOf(string(d.Currency))
	step := payment.Moved
	switch {
	case strings.HasPrefix(string(d.Status), "warning"):
		step = payment.Noted
	case d.Status == stripe.DisputeStatusWon, d.Status == stripe.DisputeStatusPrevented:
		step = payment.Undone
	}
	return add(r, payment.Dispute, d.ID, d.Amount, step)
}
