package payment

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Refusal is a provider's definite no: nothing has happened there. Every other
// error of a Gateway leaves open what has.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return "the provider refused: " + r.Reason }

// Notice is a verified webhook.
type Notice struct {
	Reference  uuid.UUID // our payment, when the provider says it
	ProviderID string    // the intent or the order, when it says it
	Charge     string    // the capture that it is about, when it says it
	Report     Report
	LookUp     bool // the report is not all: ask the provider
}

// Gateway is a payment provider.
type Gateway interface {
	// Fits refuses an amount that the provider cannot take, and says why.
	Fits(m money.Money) error
	// Create makes the payment there, once for its Key.
	Create(ctx context.Context, s State) (Report, error)
	// Lookup says what the provider knows of the payment; found is false when it
	// has none.
	Lookup(ctx context.Context, s State) (r Report, found bool, err error)
	// Refund gives money back, once for the refund's Key.
	Refund(ctx context.Context, s State, r Refund) (Report, error)
	// Verify reads a webhook. The error is ErrSignature.
	Verify(body []byte, signature string) (Notice, error)
}

// Balance is what a partner has paid in and not spent, in one currency.
type Balance struct {
	Currency                        money.Currency
	Paid, Refunded, Disputed, Spent int64
}

// Available is what is left; below zero the partner owes it.
func (b Balance) Available() int64 { return b.Paid - b.Refunded - b.Disputed - b.Spent }

// Query asks for a page of payments, the newest first.
type Query struct {
	Limit  int
	Cursor string
}

// Store keeps payments. Every write stores the state, its DueAt and its events,
// and posts its movements to the ledger, in one transaction.
type Store interface {
	Insert(ctx context.Context, p *Payment) error
	Get(ctx context.Context, partner, id uuid.UUID) (*Payment, error)
	List(ctx context.Context, partner uuid.UUID, q Query) (items []*Payment, next string, err error)
	Update(ctx context.Context, partner, id uuid.UUID, change func(*Payment) error) (*Payment, error)
	// Find is the payment that a notice is about, of whatever partner, or
	// ErrNotFound.
	Find(ctx context.Context, provider Provider, n Notice) (*Payment, error)
	Due(ctx context.Context, now time.Time, limit int) ([]*Payment, error)
	Balances(ctx context.Context, partner uuid.UUID) ([]Balance, error)
}

// Service is the use cases of payments.
type Service struct {
	store    Store
	gateways map[Provider]Gateway
	now      func() time.Time
}

// NewService works with the providers that are configured.
func NewService(store Store, gateways map[Provider]Gateway, now func() time.Time) *Service {
	return &Service{store, gateways, func() time.Time { return now().UTC().Truncate(time.Microsecond) }}
}

// settings are what has to be set for a provider to be used.
var settings = map[Provider]string{
	Stripe: "stripe-key and stripe-webhook-secret",
	PayPal: "paypal-client-id, paypal-secret and paypal-webhook-id",
}

// ErrNotConfigured names the settings that are missing.
var ErrNotConfigured = fault.New(fault.Conflict, "payment_provider_not_configured", "This payment provider is not configured.",
	"Ask the operators to set the settings named, or use another provider.")

// ErrSignature refuses a webhook that is not proved to be the provider's.
var ErrSignature = fault.New(fault.Malformed, "webhook_signature_invalid", "The signature of the webhook does not hold, or is too old.",
	"Check that the webhook secret that is configured belongs to this endpoint.")

func (s *Service) gateway(p Provider) (Gateway, error) {
	if g, ok := s.gateways[p]; ok {
		return g, nil
	}
	return nil, ErrNotConfigured.With("The provider %s is not configured: %s are missing.", p, settings[p])
}

// patience is how long a call to a provider may take. It ends before the
// payment is due for a look-up, so that the two never meet.
const patience = 20 * time.Second

// Create stores the intent, calls the provider and stores what it says. A
// payment whose id exists is returned as it is: an earlier try made it.
func (s *Service) Create(ctx context.Context, by event.Origin, in New, validateOnly bool) (*Payment, error) {
	p, err := Begin(by, s.now(), in)
	if err != nil {
		return nil, err
	}
	g, err := s.gateway(in.Provider)
	if err != nil {
		return nil, err
	}
	if err := g.Fits(in.Amount); err != nil || validateOnly {
		return p, err
	}
	if earlier, err := s.store.Get(ctx, in.Partner, in.ID); !errors.Is(err, ErrNotFound) {
		return earlier, err
	}
	if err := s.store.Insert(ctx, p); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return s.call(ctx, by, p.State(), g)
}

// call creates the payment at the provider and notes what came of it.
func (s *Service) call(ctx context.Context, by event.Origin, st State, g Gateway) (*Payment, error) {
	r, err := g.Create(ctx, st)
	var refused *Refusal
	keep := context.WithoutCancel(ctx)
	return s.store.Update(keep, st.Partner, st.ID, func(p *Payment) error {
		switch {
		case errors.As(err, &refused):
			p.Refuse(by, s.now(), refused.Reason)
		case err != nil:
			p.Lose(by, s.now())
		default:
			return p.Apply(by, r)
		}
		return nil
	})
}

// Get is a payment of the partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (*Payment, error) {
	return s.store.Get(ctx, partner, id)
}

// List is the partner's payments, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID, q Query) ([]*Payment, string, error) {
	return s.store.List(ctx, partner, q)
}

// Balances is what the partner has, by currency.
func (s *Service) Balances(ctx context.Context, partner uuid.UUID) ([]Balance, error) {
	return s.store.Balances(ctx, partner)
}

// Refund gives back micros of a payment; 0 is all that is left.
func (s *Service) Refund(ctx context.Context, by event.Origin, partner, id, refund uuid.UUID, micros int64, validateOnly bool) (*Payment, error) {
	known, err := s.store.Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	g, err := s.gateway(known.state.Provider)
	if err != nil {
		return nil, err
	}
	if validateOnly {
		_, err := known.AskRefund(by, s.now(), refund, micros)
		return known, err
	}
	var asked Refund
	before, err := s.store.Update(ctx, partner, id, func(p *Payment) error {
		if asked, err = p.AskRefund(by, s.now(), refund, micros); err != nil {
			return err
		}
		return g.Fits(money.New(asked.Amount, p.state.Amount.Currency))
	})
	if err != nil || asked.Status != RefundPending {
		return before, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return s.callRefund(ctx, by, before.State(), asked, g)
}

func (s *Service) callRefund(ctx context.Context, by event.Origin, st State, asked Refund, g Gateway) (*Payment, error) {
	r, err := g.Refund(ctx, st, asked)
	var refused *Refusal
	return s.store.Update(context.WithoutCancel(ctx), st.Partner, st.ID, func(p *Payment) error {
		switch {
		case errors.As(err, &refused):
			p.CloseRefund(by, s.now(), asked.ID, RefundRefused, refused.Reason)
		case err != nil:
			p.CloseRefund(by, s.now(), asked.ID, RefundUnknown, "")
		default:
			return p.Apply(by, r)
		}
		return nil
	})
}

// Hear takes a webhook; one that is about no payment of ours changes nothing.
func (s *Service) Hear(ctx context.Context, provider Provider, body []byte, signature string) error {
	g, err := s.gateway(provider)
	if err != nil {
		return err
	}
	n, err := g.Verify(body, signature)
	if err != nil {
		return err
	}
	p, err := s.store.Find(ctx, provider, n)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	by := origin(provider)
	if n.LookUp {
		return s.reconcile(ctx, by, p.State(), g)
	}
	_, err = s.store.Update(ctx, p.state.Partner, p.state.ID, func(p *Payment) error { return p.Apply(by, n.Report) })
	return err
}

func origin(p Provider) event.Origin {
	return event.Origin{Kind: event.ActorReaction, ID: string(p), From: "webhook"}
}
