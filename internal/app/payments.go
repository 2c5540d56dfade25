package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
)

// PaymentConfig is the accounts that take partners' money.
type PaymentConfig struct {
	PaymentKeys     `embed:""`
	PaymentKeysFile string `name:"payment-keys" type:"existingfile" placeholder:"FILE" help:"A YAML file with stripe-key, stripe-webhook-secret, paypal-client-id, paypal-secret and paypal-webhook-id in place of these settings. It is taken anew when it changes, without a restart."`

	StripeURL string `name:"stripe-url" placeholder:"URL" help:"Another address than Stripe's own, for tests."`
	PayPalURL string `name:"paypal-url" placeholder:"URL" default:"https://api-m.paypal.com" help:"PayPal's API; https://api-m.sandbox.paypal.com is its sandbox."`

	PaymentsSimulated bool `name:"payments-simulated" help:"Offer the provider simulated, which moves no money: for demos and development, never where partners pay."`
}

// check says which settings are missing or contradict each other.
func (c PaymentConfig) check() error {
	if c.PaymentKeysFile == "" {
		return c.PaymentKeys.check()
	}
	if !c.none() {
		return errors.New("payment-keys: keys are set beside the file; keep all of them in it")
	}
	_, err := newKeyring(c, time.Now)
	return err
}

// addPayments connects the payment providers whose settings are there.
func (s *services) addPayments(db *sqlstore.DB, cfg Config, keys *keyring) {
	s.home = &home{public: cfg.PublicURL}
	all := map[payment.Provider]payment.Gateway{}
	for provider, gateway := range keys.gateways {
		all[provider] = gateway
	}
	if cfg.PaymentsSimulated {
		s.simulated = payments.NewSimulated(s.home.url, s.paidInSimulation, cfg.clock())
		all[payment.Simulated] = s.simulated
	}
	s.payments = payment.NewService(payment.Config{
		Store: db.Payments(), Queue: db.Payments(), Purses: db.Payments(), Partners: paying{s.partners}, Gateways: all,
		Home: func() string { return s.home.url() + "/billing" }, Now: cfg.clock(),
	})
}

// paidInSimulation is the simulation's webhook.
func (s *services) paidInSimulation(ctx context.Context, id uuid.UUID) {
	by := event.Origin{Kind: event.ActorReaction, ID: string(payment.Simulated), From: "webhook"}
	if _, err := s.payments.Check(ctx, by, uuid.Nil, id); err != nil {
		slog.WarnContext(ctx, "simulated payment not taken, trying again", "payment", id, "error", err)
	}
}

// withSimulated adds the page on which simulated payments are paid.
func (s *services) withSimulated(pages http.Handler) http.Handler {
	if s.simulated == nil {
		return pages
	}
	mux := http.NewServeMux()
	mux.Handle(payments.SimulatedPath, s.simulated)
	mux.Handle("/", pages)
	return mux
}

// home is where people reach the program: where it is said to be, or where it
// listens.
type home struct {
	public string
	addr   atomic.Pointer[string]
}

func (h *home) listening(addr string) { h.addr.Store(&addr) }

func (h *home) url() string {
	if h.public != "" {
		return strings.TrimRight(h.public, "/")
	}
	if addr := h.addr.Load(); addr != nil {
		return "http://" + *addr
	}
	return "http://localhost"
}

// paying is payment.Partners over the partners.
type paying struct{ *partners.Service }

// Terms implements payment.Partners.
func (p paying) Terms(ctx context.Context, partner uuid.UUID) (payment.Terms, error) {
	found, err := p.Get(ctx, partner)
	if err != nil {
		return payment.Terms{}, err
	}
	zone, err := time.LoadLocation(found.State().Timezone)
	return payment.Terms{Currency: found.State().Currency, Zone: zone, Prepaid: found.State().Contract.Prepaid}, err
}

// paymentJobs look up what is open at the providers. The first turn of a process
// finds out what happened while none was there to hear it.
func paymentJobs(of *payment.Service) []jobs.Job {
	var recovered atomic.Bool
	return []jobs.Job{{Name: "payments.reconcile", Every: time.Second, Do: func(ctx context.Context) error {
		if !recovered.Load() {
			if err := of.Recover(ctx); err != nil {
				return err
			}
			recovered.Store(true)
		}
		return of.Reconcile(ctx)
	}}, {Name: "funds.watch", Every: 5 * time.Second, Do: of.WatchFunds}}
}
