package payment

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Config is what a Service works with.
type Config struct {
	Store    Store
	Queue    Queue
	Purses   Purses
	Partners Partners
	Gateways map[Provider]Gateway // those that are configured
	Home     func() string        // where payers come back to who were given no other place
	Now      func() time.Time
}

// Service is the use cases of payments.
type Service struct{ Config }

// NewService works with the providers that are configured.
func NewService(c Config) *Service {
	clock := c.Now
	c.Now = func() time.Time { return clock().UTC().Truncate(time.Microsecond) }
	return &Service{c}
}

// Offered are the providers that are configured.
func (s *Service) Offered() []Provider { return slices.Sorted(maps.Keys(s.Gateways)) }

// settings are what has to be set for a provider to be used.
var settings = map[Provider]string{
	Stripe:    "stripe-key and stripe-webhook-secret",
	PayPal:    "paypal-client-id, paypal-secret and paypal-webhook-id",
	Simulated: "payments-simulated, which is for demos and development,",
}

func (s *Service) gateway(p Provider) (Gateway, error) {
	if g, ok := s.Gateways[p]; ok {
		return g, nil
	}
	return nil, ErrNotConfigured.With("The provider %s is not configured: %s must be set.", p, settings[p])
}

// patience is how long a call to a provider may take. It ends before the
// payment is due for a look-up, so that the two never meet.
const patience = 20 * time.Second

// Create stores the intent, calls the provider and stores what it says. A
// payment whose id exists is returned as it is: an earlier try made it. The
// errors are fault.ErrInvalid, ErrNotConfigured, ErrExists and those of the
// ports; a call that fails is no error and leaves the payment failed or unknown.
func (s *Service) Create(ctx context.Context, by event.Origin, in New, validateOnly bool) (*Payment, error) {
	terms, err := s.Partners.Terms(ctx, in.Partner)
	if err != nil {
		return nil, err
	}
	if in.Amount.Currency == "" {
		in.Amount.Currency = terms.Currency
	}
	if in.ReturnURL == "" {
		in.ReturnURL = s.Home()
	}
	p, err := Begin(by, s.Now(), in)
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
	if err := s.Store.Insert(ctx, p); err != nil {
		return s.earlier(ctx, in, err)
	}
	// The intent is stored: whoever asked may leave, the call is made.
	return s.create(context.WithoutCancel(ctx), by, p.State(), g)
}

// earlier is what an earlier try of the same request has made. What else has its
// id is ErrExists.
func (s *Service) earlier(ctx context.Context, in New, taken error) (*Payment, error) {
	if !errors.Is(taken, ErrExists) {
		return nil, taken
	}
	p, err := s.Store.Get(ctx, in.Partner, in.ID)
	switch {
	case errors.Is(err, ErrNotFound): // another partner's
		return nil, taken
	case err == nil && (p.state.Amount != in.Amount || p.state.Provider != in.Provider):
		return nil, taken
	}
	return p, err
}

// Get is a payment of the partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, partner, id uuid.UUID) (*Payment, error) {
	return s.Store.Get(ctx, partner, id)
}

// List is the partner's payments, the newest first.
func (s *Service) List(ctx context.Context, partner uuid.UUID, q Query) ([]*Payment, string, error) {
	return s.Store.List(ctx, partner, q)
}

// Back asks for a refund.
type Back struct {
	ID       uuid.UUID      // of the refund
	Micros   int64          // 0 is all that is left
	Currency money.Currency // "" is the payment's
}

// Refund gives back some of a payment. The errors are those of AskRefund,
// ErrNotFound, ErrNotConfigured and money.ErrCurrencyMismatch; a call that fails
// is no error and leaves the refund refused or unknown.
func (s *Service) Refund(ctx context.Context, by event.Origin, partner, id uuid.UUID, back Back, validateOnly bool) (*Payment, error) {
	known, err := s.Store.Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	g, err := s.gateway(known.state.Provider)
	if err != nil {
		return nil, err
	}
	var asked Refund
	ask := func(p *Payment, b Balance) (err error) {
		if code := p.state.Amount.Currency; back.Currency != "" && back.Currency != code {
			return money.ErrCurrencyMismatch.With("The payment is in %s.", code)
		}
		if asked, err = p.AskRefund(by, s.Now(), back.ID, back.Micros, b.Available()); err != nil {
			return err
		}
		return g.Fits(money.New(asked.Amount, p.state.Amount.Currency))
	}
	if validateOnly {
		return s.rehearse(ctx, known, ask)
	}
	before, err := s.Store.UpdateAgainst(ctx, partner, id, ask)
	if err != nil || asked.Status != RefundPending {
		return before, err
	}
	return s.refund(context.WithoutCancel(ctx), by, before.State(), asked, g)
}

func (s *Service) rehearse(ctx context.Context, p *Payment, ask func(*Payment, Balance) error) (*Payment, error) {
	all, err := s.Store.Balances(ctx, p.state.Partner)
	if err != nil {
		return nil, err
	}
	b := Balance{}
	if i := slices.IndexFunc(all, func(b Balance) bool { return b.Currency == p.state.Amount.Currency }); i >= 0 {
		b = all[i]
	}
	return p, ask(p, b)
}

// apply stores what a provider says of a payment.
func (s *Service) apply(ctx context.Context, by event.Origin, st State, r Report) (*Payment, error) {
	terms, err := s.Partners.Terms(ctx, st.Partner)
	if err != nil {
		return nil, err
	}
	return s.Store.Update(ctx, st.Partner, st.ID, func(p *Payment) error {
		return p.Apply(by, s.Now(), localday.Of(s.Now(), terms.Zone), r)
	})
}
