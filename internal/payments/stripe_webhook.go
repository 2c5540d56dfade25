package payments

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v86"
	"github.com/stripe/stripe-go/v86/webhook"

	"github.com/hexabuilders/campaignd/billing/payment"
)

// Verify implements payment.Gateway. What is signed longer than 5 minutes ago is
// refused.
func (s *Stripe) Verify(_ context.Context, body []byte, header func(string) string) (n payment.Notice, err error) {
	var e stripe.Event
	held := errors.New("no secret")
	for _, secret := range s.secrets {
		e, held = webhook.ConstructEventWithOptions(body, header("Stripe-Signature"), secret, webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
		if held == nil {
			break
		}
	}
	if held != nil || e.Data == nil {
		return n, payment.ErrSignature
	}
	at := time.Unix(e.Created, 0).UTC()
	n.Report = payment.Report{At: at, Refunds: map[uuid.UUID]string{}}
	if err := readEvent(&n, string(e.Type), e.Data.Raw, at); err != nil {
		return payment.Notice{}, payment.ErrSignature.With("The webhook is signed and cannot be read.").Wrap(err)
	}
	return n, nil
}

// readEvent takes the object of an event. An event of a kind that is not known
// here is about nothing.
func readEvent(n *payment.Notice, kind string, object json.RawMessage, at time.Time) (err error) {
	switch {
	case strings.HasPrefix(kind, "payment_intent."):
		var intent stripe.PaymentIntent
		if err := json.Unmarshal(object, &intent); err != nil {
			return err
		}
		n.Reference, _ = uuid.Parse(intent.Metadata[reference])
		n.Charge = intent.ID
		n.Report, err = intentReport(&intent, at)
	case strings.HasPrefix(kind, "checkout.session."):
		var session stripe.CheckoutSession
		if err := json.Unmarshal(object, &session); err != nil {
			return err
		}
		n.Reference, _ = uuid.Parse(session.ClientReferenceID)
		n.ProviderID, n.LookUp = session.ID, true // its intent, which has the money, is not in it
	case strings.HasPrefix(kind, "refund."), kind == "charge.refund.updated":
		var refund stripe.Refund
		if err := json.Unmarshal(object, &refund); err != nil {
			return err
		}
		n.Charge, n.LookUp = idOf(refund.PaymentIntent), refund.Amount <= 0
		err = addRefund(&n.Report, &refund)
	case kind == "charge.refunded":
		var charge stripe.Charge
		if err := json.Unmarshal(object, &charge); err != nil {
			return err
		}
		n.Charge, n.LookUp = idOf(charge.PaymentIntent), true // it does not list its refunds
	case strings.HasPrefix(kind, "charge.dispute."):
		var dispute stripe.Dispute
		if err := json.Unmarshal(object, &dispute); err != nil {
			return err
		}
		n.Charge = idOf(dispute.PaymentIntent)
		err = addDispute(&n.Report, &dispute)
	}
	return err
}

func idOf(i *stripe.PaymentIntent) string {
	if i == nil {
		return ""
	}
	return i.ID
}
