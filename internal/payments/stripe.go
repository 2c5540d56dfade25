package payments

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v86"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
)

// StripeConfig is the account that takes the money.
type StripeConfig struct {
	Key            string
	WebhookSecrets []string // any of them holds, so that a new one can come beside the old
	URL            string   // "" is Stripe's own
}

// Stripe is payment.Gateway over Checkout Sessions: the payer pays on Stripe's
// page, which also asks for 3-D Secure where a card wants it.
type Stripe struct {
	client  *stripe.Client
	secrets []string
}

// NewStripe connects nowhere yet.
func NewStripe(c StripeConfig) *Stripe {
	config := &stripe.BackendConfig{
		HTTPClient: &http.Client{Timeout: 15 * time.Second}, MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, EnableTelemetry: stripe.Bool(false),
	}
	if c.URL != "" {
		config.URL = stripe.String(c.URL)
	}
	return &Stripe{stripe.NewClient(c.Key, stripe.WithBackends(stripe.NewBackendsWithConfig(config))), c.WebhookSecrets}
}

// reference is the metadata by which what we made there is found again.
const reference = "campaignd_id"

// Fits implements payment.Gateway.
func (*Stripe) Fits(m money.Money) error { _, err := stripeUnits(m); return err }

// Create implements payment.Gateway.
func (s *Stripe) Create(ctx context.Context, st payment.State) (payment.Report, error) {
	units, err := stripeUnits(st.Amount)
	if err != nil {
		return payment.Report{}, err
	}
	ours := map[string]string{reference: st.ID.String()}
	params := &stripe.CheckoutSessionCreateParams{
		Mode: stripe.String(string(stripe.CheckoutSessionModePayment)), ClientReferenceID: stripe.String(st.ID.String()), Metadata: ours,
		SuccessURL: stripe.String(st.ReturnURL), CancelURL: stripe.String(st.ReturnURL),
		LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
				Currency: stripe.String(strings.ToLower(string(st.Amount.Currency))), UnitAmount: stripe.Int64(units),
				ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripe.String(purpose)},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionCreatePaymentIntentDataParams{Description: stripe.String(purpose), Metadata: ours},
	}
	params.SetIdempotencyKey(st.Key)
	session, err := s.client.V1CheckoutSessions.Create(ctx, params)
	if err != nil {
		return payment.Report{}, told(err)
	}
	return sessionReport(session, time.Unix(session.Created, 0))
}

// purpose is what the payer reads that the money is for.
const purpose = "Advertising balance"

// Capture implements payment.Gateway. Sessions capture by themselves unless the
// account says otherwise.
func (s *Stripe) Capture(ctx context.Context, st payment.State) (payment.Report, error) {
	session, err := s.session(ctx, st)
	switch {
	case err != nil:
		return payment.Report{}, lost(told(err))
	case session == nil || session.PaymentIntent == nil:
		return payment.Report{}, errors.New("stripe has no intent to capture")
	}
	params := &stripe.PaymentIntentCaptureParams{}
	params.SetIdempotencyKey(st.Key + "-capture")
	intent, err := s.client.V1PaymentIntents.Capture(ctx, session.PaymentIntent.ID, params)
	if err != nil {
		return payment.Report{}, told(err)
	}
	return intentReport(intent, st.LookedAt)
}

// Lookup implements payment.Gateway. A session whose id was lost is looked for
// in the list around the moment it was made, which, unlike Stripe's search,
// shows what has just been written.
func (s *Stripe) Lookup(ctx context.Context, st payment.State) (payment.Report, bool, error) {
	session, err := s.session(ctx, st)
	switch {
	case isMissing(err):
		return payment.Report{}, false, nil
	case err != nil || session == nil:
		return payment.Report{}, false, lost(told(err))
	}
	r, err := sessionReport(session, st.LookedAt)
	if err == nil && session.PaymentIntent != nil {
		err = s.addReturns(ctx, &r, session.PaymentIntent.ID)
	}
	return r, err == nil, err
}

func (s *Stripe) session(ctx context.Context, st payment.State) (*stripe.CheckoutSession, error) {
	if st.ProviderID != "" {
		params := &stripe.CheckoutSessionRetrieveParams{}
		params.AddExpand("payment_intent")
		return s.client.V1CheckoutSessions.Retrieve(ctx, st.ProviderID, params)
	}
	around := &stripe.CheckoutSessionListParams{CreatedRange: &stripe.RangeQueryParams{
		GreaterThanOrEqual: st.CreatedAt.Add(-10 * time.Minute).Unix(), LesserThanOrEqual: st.CreatedAt.Add(25 * time.Hour).Unix(),
	}}
	around.Limit = stripe.Int64(100)
	around.AddExpand("data.payment_intent")
	for session, err := range s.client.V1CheckoutSessions.List(ctx, around).All(ctx) {
		if err != nil {
			return nil, err
		}
		if session.ClientReferenceID == st.ID.String() {
			return session, nil
		}
	}
	return nil, nil
}

// addReturns adds the refunds and disputes of an intent. What the lists hold of
// others is left out.
func (s *Stripe) addReturns(ctx context.Context, r *payment.Report, intent string) error {
	refunds := &stripe.RefundListParams{PaymentIntent: stripe.String(intent)}
	for refund, err := range s.client.V1Refunds.List(ctx, refunds).All(ctx) {
		if err != nil {
			return lost(told(err))
		}
		if refund.PaymentIntent != nil && refund.PaymentIntent.ID == intent {
			if err := addRefund(r, refund); err != nil {
				return err
			}
		}
	}
	disputes := &stripe.DisputeListParams{PaymentIntent: stripe.String(intent)}
	for dispute, err := range s.client.V1Disputes.List(ctx, disputes).All(ctx) {
		if err != nil {
			return lost(told(err))
		}
		if dispute.PaymentIntent != nil && dispute.PaymentIntent.ID == intent {
			if err := addDispute(r, dispute); err != nil {
				return err
			}
		}
	}
	return nil
}

// Refund implements payment.Gateway.
func (s *Stripe) Refund(ctx context.Context, st payment.State, asked payment.Refund) (payment.Report, error) {
	units, err := stripeUnits(money.New(asked.Amount, st.Amount.Currency))
	if err != nil {
		return payment.Report{}, err
	}
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(st.Charge()), Amount: stripe.Int64(units), Metadata: map[string]string{reference: asked.ID.String()},
	}
	params.SetIdempotencyKey(asked.Key)
	refund, err := s.client.V1Refunds.Create(ctx, params)
	if err != nil {
		return payment.Report{}, told(err)
	}
	r := payment.Report{At: time.Unix(refund.Created, 0).UTC(), Refunds: map[uuid.UUID]string{}}
	err = addRefund(&r, refund)
	return r, err
}

// lost turns a refusal to be asked into no answer: it says nothing of the money.
func lost(err error) error {
	var no *payment.Refusal
	if errors.As(err, &no) {
		return errors.New("the provider does not say: " + no.Reason)
	}
	return err
}

func isMissing(err error) bool {
	var e *stripe.Error
	return errors.As(err, &e) && e.HTTPStatusCode == http.StatusNotFound
}

// told tells a definite no from an answer that leaves open what has happened.
// Nothing of the request, and no key, is in what comes out.
func told(err error) error {
	var e *stripe.Error
	if !errors.As(err, &e) {
		return err
	}
	code := string(e.DeclineCode)
	for _, other := range []string{string(e.Code), string(e.Type)} {
		if code == "" {
			code = other
		}
	}
	switch e.HTTPStatusCode {
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusNotFound:
		return &payment.Refusal{Reason: code}
	}
	return fmt.Errorf("stripe answered %d (%s), request %s", e.HTTPStatusCode, code, e.RequestID)
}
