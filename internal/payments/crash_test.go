package payments_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/internal/bank"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
)

// errDead is all that a process says after it has crashed.
var errDead = errors.New("crashed")

// process crashes at one of the things that it does to the store or at a
// provider, before or after that has had effect, and does nothing from then on.
type process struct {
	at    int
	after bool
	did   int
}

// step runs do unless the process is dead, and may die at it.
func step[T any](p *process, do func() (T, error)) (T, error) {
	p.did++
	var none T
	if p.did > p.at || p.did == p.at && !p.after {
		return none, errDead
	}
	out, err := do()
	if p.did == p.at {
		return none, errDead
	}
	return out, err
}

// mortal is the store of a process that crashes.
type mortal struct {
	sqlstore.Payments
	*process
}

func (m mortal) Insert(ctx context.Context, p *payment.Payment) error {
	_, err := step(m.process, func() (int, error) { return 0, m.Payments.Insert(ctx, p) })
	return err
}

func (m mortal) Get(ctx context.Context, partner, id uuid.UUID) (*payment.Payment, error) {
	return step(m.process, func() (*payment.Payment, error) { return m.Payments.Get(ctx, partner, id) })
}

func (m mortal) Update(ctx context.Context, partner, id uuid.UUID, change func(*payment.Payment) error) (*payment.Payment, error) {
	return step(m.process, func() (*payment.Payment, error) { return m.Payments.Update(ctx, partner, id, change) })
}

func (m mortal) UpdateAgainst(ctx context.Context, partner, id uuid.UUID, change func(*payment.Payment, payment.Balance) error) (*payment.Payment, error) {
	return step(m.process, func() (*payment.Payment, error) { return m.Payments.UpdateAgainst(ctx, partner, id, change) })
}

func (m mortal) Find(ctx context.Context, provider payment.Provider, n payment.Notice) (*payment.Payment, error) {
	return step(m.process, func() (*payment.Payment, error) { return m.Payments.Find(ctx, provider, n) })
}

// line is the connection of a process that crashes to a provider.
type line struct {
	payment.Gateway
	*process
}

func (l line) Create(ctx context.Context, s payment.State) (payment.Report, error) {
	return step(l.process, func() (payment.Report, error) { return l.Gateway.Create(ctx, s) })
}

func (l line) Capture(ctx context.Context, s payment.State) (payment.Report, error) {
	return step(l.process, func() (payment.Report, error) { return l.Gateway.Capture(ctx, s) })
}

func (l line) Refund(ctx context.Context, s payment.State, r payment.Refund) (payment.Report, error) {
	return step(l.process, func() (payment.Report, error) { return l.Gateway.Refund(ctx, s, r) })
}

func (l line) Lookup(ctx context.Context, s payment.State) (r payment.Report, found bool, err error) {
	r, err = step(l.process, func() (payment.Report, error) {
		r, found, err = l.Gateway.Lookup(ctx, s)
		return r, err
	})
	return r, found, err
}

// TestACrashAtEveryStep lets a process crash at each thing that it does between
// the intent and the last posting, before and after it has had effect. Webhooks
// that it has not taken never come again. The process after it has a minute.
func TestACrashAtEveryStep(t *testing.T) {
	for _, provider := range []payment.Provider{payment.Stripe, payment.PayPal} {
		points, every := 0, 1
		if testing.Short() {
			every = 4
		}
		for at := 1; ; at += every {
			crashed := false
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s at %d, after=%t", provider, at, after), func(t *testing.T) {
					crashed = crash(newWorld(t), provider, &process{at: at, after: after}) || crashed
				})
			}
			if !crashed {
				break
			}
			points += every
		}
		if points < 10 {
			t.Errorf("%s: crashed at %d steps only", provider, points)
		}
	}
}

// crash pays and refunds under a process that crashes, and checks what the next
// one makes of it. It reports whether the process came as far as its crash.
func crash(w *world, provider payment.Provider, dying *process) bool {
	w.Helper()
	store := mortal{w.db.Payments(), dying}
	doomed := w.service(store, store, map[payment.Provider]payment.Gateway{provider: line{w.gateways[provider], dying}})
	id := uuid.Must(uuid.NewV7())
	ctx := w.Context()
	_, _ = doomed.Create(ctx, w.by, payment.New{ID: id, Partner: w.partner, Provider: provider, Amount: usd(20)}, false)
	if told, paid := w.payIfAsked(provider); paid {
		_ = doomed.Hear(ctx, provider, told.Body, told.Header.Get)
	}
	_, _ = doomed.Refund(ctx, w.by, w.partner, id, payment.Back{ID: uuid.Must(uuid.NewV7()), Micros: 5 * money.Unit}, false)

	if err := w.Recover(ctx); err != nil {
		w.Fatal(err)
	}
	for range 2 {
		w.reconcile(30 * time.Second)
	}
	w.payIfAsked(provider) // the payer of a payment that was only begun just now
	w.reconcile(30 * time.Second)
	w.reconcile(30 * time.Second)

	posted := int64(0)
	all, err := w.Store.Balances(ctx, w.partner)
	if err != nil {
		w.Fatal(err)
	}
	for _, b := range all {
		if posted += b.Paid - b.Refunded; b.Held != 0 {
			w.Errorf("%s are still held", money.FormatMicros(b.Held))
		}
	}
	net, made, back := w.stripe.Net(), w.stripe.Sessions(), w.stripe.Refunds()
	if provider == payment.PayPal {
		net, made = w.paypal.Net(), w.paypal.Orders()
		if made > 0 {
			back = w.paypal.Refunds(0)
		}
	}
	if posted != net*10_000 || made > 1 || back > 1 {
		w.Errorf("the provider has %d cents of %d payments and %d refunds, the ledger %s", net, made, back, money.FormatMicros(posted))
	}
	if w.receipts() != posted {
		w.Errorf("look-ups have confirmed %s of %s", money.FormatMicros(w.receipts()), money.FormatMicros(posted))
	}
	return dying.did >= dying.at
}

// payIfAsked is the payer, who pays what is open.
func (w *world) payIfAsked(provider payment.Provider) (told bank.Webhook, paid bool) {
	switch {
	case provider == payment.Stripe && w.stripe.Sessions() > 0 && w.stripe.Charged() == 0:
		return w.stripe.Attempt(0, "pay"), true
	case provider == payment.PayPal && w.paypal.Orders() > 0 && w.paypal.Captures() == 0:
		return w.paypal.Approve(0), true
	}
	return told, false
}
