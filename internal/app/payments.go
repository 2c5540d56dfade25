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
	StripeKey            string   `placeholder:"SECRET" help:"Stripe's secret key, sk_ or rk_; with it partners can pay through Stripe."`
	StripeWebhookSecrets []string `name:"stripe-webhook-secret" placeholder:"SECRET" help:"The signing secret of the webhook, whsec_; two, with a comma between, while one takes the other's place."`
	StripeURL            string   `name:"stripe-url" placeholder:"URL" help:"Another address than Stripe's own, for tests."`

	PayPalClientID  string `name:"paypal-client-id" placeholder:"ID" help:"PayPal's client id; with it partners can pay through PayPal."`
	PayPalSecret    string `name:"paypal-secret" placeholder:"SECRET" help:"The client's secret."`
	PayPalWebhookID string `name:"paypal-webhook-id" placeholder:"ID" help:"The id that PayPal has given the webhook, which its signatures are over."`
	PayPalURL       string `name:"paypal-url" placeholder:"URL" default:"https://api-m.paypal.com" help:"PayPal's API; https://api-m.sandbox.paypal.com is its sandbox."`

	PaymentsSimulated bool `name:"payments-simulated" help:"Offer the provider simulated, which moves no money: for demos and development, never where partners pay."`
}

// check says which settings of a provider are missing.
func (c PaymentConfig) check() error {
	switch {
	case (c.StripeKey == "") != (len(c.StripeWebhookSecrets) == 0):
		return errors.New("stripe-key and stripe-webhook-secret: one is of no use without the other")
	case c.PayPalClientID != "" && (c.PayPalSecret == "" || c.PayPalWebhookID == ""):
		return errors.New("paypal-client-id: it is of no use without paypal-secret and paypal-webhook-id")
	}
	return nil
}

// addPayments connects the payment providers whose settings are there.
func (s *services) addPayments(db *sqlstore.DB, cfg Config) {
	s.home = &home{public: cfg.PublicURL}
	all := map[payment.Provider]payment.Gateway{}
	if cfg.StripeKey != "" {
		all[payment.Stripe] = payments.NewStripe(payments.StripeConfig{Key: cfg.StripeKey, WebhookSecrets: cfg.StripeWebhookSecrets, URL: cfg.StripeURL})
	}
	if cfg.PayPalClientID != "" {
		all[payment.PayPal] = payments.NewPayPal(payments.PayPalConfig{
			ClientID: cfg.PayPalClientID, Secret: cfg.PayPalSecret, WebhookID: cfg.PayPalWebhookID, URL: cfg.PayPalURL, Now: cfg.clock(),
		})
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
