// Package payments speaks to the providers that take partners' money.
package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v86"
	"github.com/stripe/stripe-go/v86/webhook"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
)

// StripeConfig is the account that takes the money.
type StripeConfig struct {
	Key            string
	WebhookSecrets []string // any of them holds, so that a new one can come beside the old
	URL            string   // "" is Stripe's own
}

// Stripe is payment.Gateway over PaymentIntents.
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

// reference is the metadata by which an intent or a refund is found again.
const reference = "campaignd_id"

// Fits implements payment.Gateway.
func (*Stripe) Fits(m money.Money) error { _, err := stripeUnits(m); return err }

// Create implements payment.Gateway.
func (s *Stripe) Create(ctx context.Context, st payment.State) (payment.Report, error) {
	units, err := stripeUnits(st.Amount)
	if err != nil {
		return payment.Report{}, err
	}
	params := &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(units), Currency: stripe.String(strings.ToLower(string(st.Amount.Currency))),
		AutomaticPaymentMethods: &stripe.PaymentIntentCreateAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)},
		Metadata:                map[string]string{reference: st.ID.String()},
	}
	params.SetIdempotencyKey(st.Key)
	intent, err := s.client.V1PaymentIntents.Create(ctx, params)
	if err != nil {
		return payment.Report{}, told(err)
	}
	return intentReport(intent, time.Unix(intent.Created, 0))
}

// Lookup implements payment.Gateway. An intent whose id was lost is looked for
// in the list around the moment it was made, which, unlike Stripe's search,
// shows what has just been written.
func (s *Stripe) Lookup(ctx context.Context, st payment.State) (payment.Report, bool, error) {
	intent, err := s.intent(ctx, st)
	if err != nil || intent == nil {
		return payment.Report{}, false, told(err)
	}
	r, err := intentReport(intent, st.LookedAt)
	if err != nil {
		return r, false, err
	}
	r.Refunds = map[uuid.UUID]string{}
	list := &stripe.RefundListParams{PaymentIntent: stripe.String(intent.ID)}
	for refund, err := range s.client.V1Refunds.List(ctx, list).All(ctx) {
		if err != nil {
			return r, false, told(err)
		}
		if err := addRefund(&r, refund); err != nil {
			return r, false, err
		}
	}
	disputes := &stripe.DisputeListParams{PaymentIntent: stripe.String(intent.ID)}
	for dispute, err := range s.client.V1Disputes.List(ctx, disputes).All(ctx) {
		if err != nil {
			return r, false, told(err)
		}
		if err := addDispute(&r, dispute); err != nil {
			return r, false, err
		}
	}
	return r, true, nil
}

func (s *Stripe) intent(ctx context.Context, st payment.State) (*stripe.PaymentIntent, error) {
	if st.ProviderID != "" {
		return s.client.V1PaymentIntents.Retrieve(ctx, st.ProviderID, nil)
	}
	around := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{
		GreaterThanOrEqual: st.CreatedAt.Add(-10 * time.Minute).Unix(), LesserThanOrEqual: st.CreatedAt.Add(25 * time.Hour).Unix(),
	}}
	around.Limit = stripe.Int64(100)
	for intent, err := range s.client.V1PaymentIntents.List(ctx, around).All(ctx) {
		if err != nil {
			return nil, err
		}
		if intent.Metadata[reference] == st.ID.String() {
			return intent, nil
		}
	}
	return nil, nil
}

// Refund implements payment.Gateway.
func (s *Stripe) Refund(ctx context.Context, st payment.State, asked payment.Refund) (payment.Report, error) {
	units, err := stripeUnits(money.New(asked.Amount, st.Amount.Currency))
	if err != nil {
		return payment.Report{}, err
	}
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(st.ProviderID), Amount: stripe.Int64(units), Metadata: map[string]string{reference: asked.ID.String()},
	}
	params.SetIdempotencyKey(asked.Key)
	refund, err := s.client.V1Refunds.Create(ctx, params)
	if err != nil {
		return payment.Report{}, told(err)
	}
	r := payment.Report{At: time.Unix(refund.Created, 0), Refunds: map[uuid.UUID]string{}}
	err = addRefund(&r, refund)
	return r, err
}

// told tells a definite no from an answer that leaves open what has happened.
// Nothing of the request, and no key, is in what comes out.
func told(err error) error {
	var e *stripe.Error
	if !errors.As(err, &e) {
		return err
	}
	status := e.HTTPStatusCode
	code := string(e.Code)
	if e.DeclineCode != "" {
		code = string(e.DeclineCode)
	}
	if code == "" {
		code = string(e.Type)
	}
	if status == http.StatusPaymentRequired || status == http.StatusBadRequest || status == http.StatusNotFound {
		return &payment.Refusal{Reason: code}
	}
	return fmt.Errorf("stripe answered %d (%s), request %s", status, code, e.RequestID)
}

var phases = map[stripe.PaymentIntentStatus]payment.Status{
	stripe.PaymentIntentStatusRequiresPaymentMethod: payment.RequiresAction,
	stripe.PaymentIntentStatusRequiresConfirmation:  payment.RequiresAction,
	stripe.PaymentIntentStatusRequiresAction:        payment.RequiresAction,
	stripe.PaymentIntentStatusProcessing:            payment.Processing,
	stripe.PaymentIntentStatusRequiresCapture:       payment.Processing,
	stripe.PaymentIntentStatusSucceeded:             payment.Processing, // the capture says the rest
	stripe.PaymentIntentStatusCanceled:              payment.Cancelled,
}

func intentReport(i *stripe.PaymentIntent, at time.Time) (payment.Report, error) {
	r := payment.Report{At: at.UTC(), ProviderID: i.ID, Phase: phases[i.Status], Currency: currencyOf(string(i.Currency))}
	if i.LastPaymentError != nil && i.Status == stripe.PaymentIntentStatusRequiresPaymentMethod {
		r.Phase, r.Reason = payment.Failed, string(i.LastPaymentError.Code)
	}
	if i.NextAction != nil && i.NextAction.RedirectToURL != nil {
		r.ActionURL = i.NextAction.RedirectToURL.URL
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
	step := payment.Moved
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
	case d.Status == stripe.DisputeStatusWon:
		step = payment.Undone
	}
	return add(r, payment.Dispute, d.ID, d.Amount, step)
}

// Verify implements payment.Gateway. What is signed longer than 5 minutes ago is
// refused.
func (s *Stripe) Verify(body []byte, signature string) (n payment.Notice, err error) {
	var e stripe.Event
	held := errors.New("no secret")
	for _, secret := range s.secrets {
		e, held = webhook.ConstructEventWithOptions(body, signature, secret, webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
		if held == nil {
			break
		}
	}
	if held != nil || e.Data == nil {
		return n, payment.ErrSignature
	}
	n.Report.At = time.Unix(e.Created, 0).UTC()
	n.Report.Refunds = map[uuid.UUID]string{}
	err = s.read(&n, string(e.Type), e.Data.Raw)
	return n, err
}

// read takes the object of an event. An event of a kind that is not known here
// is about nothing.
func (s *Stripe) read(n *payment.Notice, kind string, object json.RawMessage) (err error) {
	at := n.Report.At
	switch {
	case strings.HasPrefix(kind, "payment_intent."):
		var intent stripe.PaymentIntent
		if err := json.Unmarshal(object, &intent); err != nil {
			return payment.ErrSignature.Wrap(err)
		}
		n.Reference, _ = uuid.Parse(intent.Metadata[reference])
		n.ProviderID = intent.ID
		n.Report, err = intentReport(&intent, at)
	case strings.HasPrefix(kind, "refund."), kind == "charge.refunded", strings.HasPrefix(kind, "charge.dispute."), kind == "charge.refund.updated":
		var about struct {
			PaymentIntent *stripe.PaymentIntent `json:"payment_intent"`
		}
		if err := json.Unmarshal(object, &about); err != nil {
			return payment.ErrSignature.Wrap(err)
		}
		// The charge in these events does not list its refunds: Stripe is asked.
		if n.LookUp = true; about.PaymentIntent != nil {
			n.ProviderID = about.PaymentIntent.ID
		}
	}
	return err
}
