package app

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
)

func newPayments(db *sqlstore.DB, people *partners.Service, cfg Config) *payment.Service {
	return payment.NewService(payment.Config{
		Store: db.Payments(), Queue: db.Payments(), Partners: paying{people}, Gateways: cfg.gateways(),
		HomeURL: cfg.home() + "/billing", Now: cfg.clock(),
	})
}

// gateways are the payment providers whose settings are there.
func (c Config) gateways() map[payment.Provider]payment.Gateway {
	all := map[payment.Provider]payment.Gateway{}
	if c.StripeKey != "" {
		all[payment.Stripe] = payments.NewStripe(payments.StripeConfig{Key: c.StripeKey, WebhookSecrets: c.StripeWebhookSecrets, URL: c.StripeURL})
	}
	return all
}

// home is where people reach the program.
func (c Config) home() string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	return "http://" + c.Addr
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
	return payment.Terms{Currency: found.State().Currency, Zone: zone}, err
}

// paymentJobs look up what is open at the providers. The first turn of a process
// finds out what happened while none was there to hear it.
func paymentJobs(of *payment.Service) []jobs.Job {
	var recovered atomic.Bool
	return []jobs.Job{{Name: "payments.reconcile", Every: 5 * time.Second, Do: func(ctx context.Context) error {
		if !recovered.Load() {
			if err := of.Recover(ctx); err != nil {
				return err
			}
			recovered.Store(true)
		}
		return of.Reconcile(ctx)
	}}}
}
