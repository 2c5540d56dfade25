package payments_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/bank"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

const secret = "whsec_of_a_test"

// world is the payments of one partner over a real store and simulated
// providers. When it ends the ledger is proved, and its cash held against what
// the payments say.
type world struct {
	testing.TB
	*payment.Service
	db      *sqlstore.DB
	stripe  *bank.Stripe
	paypal  *bank.PayPal
	now     time.Time
	partner uuid.UUID
	by      event.Origin

	gateways map[payment.Provider]payment.Gateway
}

// inBogota is what payments need of the partner.
type inBogota struct{}

func (inBogota) Terms(context.Context, uuid.UUID) (payment.Terms, error) {
	zone, err := time.LoadLocation("America/Bogota")
	return payment.Terms{Currency: "USD", Zone: zone}, err
}

// migrated is an empty store: making its tables takes longer than most tests,
// so that each gets a copy.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "campaignd-test-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sqlstore.Open(context.Background(), sqlstore.Config{URL: dir})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // which leaves everything in the one file
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, sqlstore.FileName))
})

func freshStore(t testing.TB) string {
	t.Helper()
	content, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, sqlstore.FileName), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, stripe: &bank.Stripe{Secret: secret}, now: time.Date(2026, 3, 3, 2, 0, 0, 0, time.UTC), partner: uuid.Must(uuid.NewV7())}
	clock := func() time.Time { return w.now }
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{URL: freshStore(t), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	w.db = db
	t.Cleanup(func() { _ = db.Close() })
	server := httptest.NewServer(w.stripe)
	t.Cleanup(server.Close)
	if w.paypal, err = bank.NewPayPal("WH-OF-A-TEST"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.paypal.Close)
	paypal := payments.NewPayPal(payments.PayPalConfig{ClientID: "id", Secret: "secret", WebhookIDs: []string{w.paypal.WebhookID}, URL: w.paypal.URL, Now: clock})
	stripe := payments.NewStripe(payments.StripeConfig{Key: "sk_test_x", WebhookSecrets: []string{"whsec_new", secret}, URL: server.URL})
	w.gateways = map[payment.Provider]payment.Gateway{payment.Stripe: stripe, payment.PayPal: paypal}
	w.Service = w.service(db.Payments(), db.Payments(), w.gateways)
	w.by = event.Origin{Partner: w.partner, Kind: event.ActorKey, ID: "test"}
	t.Cleanup(w.prove)
	return w
}

func (w *world) service(store payment.Store, queue payment.Queue, gateways map[payment.Provider]payment.Gateway) *payment.Service {
	return payment.NewService(payment.Config{
		Store: store, Queue: queue, Purses: w.db.Payments(), Partners: inBogota{}, Home: func() string { return "https://campaignd.test/billing" },
		Now: func() time.Time { return w.now }, Gateways: gateways,
	})
}

// prove holds the ledger against itself and against the payments.
func (w *world) prove() {
	w.Helper()
	ctx := context.WithoutCancel(w.Context())
	proof, err := w.db.Ledger().Prove(ctx, w.partner)
	if err != nil || proof.Broken != nil || len(proof.Differences) > 0 {
		w.Errorf("the ledger does not hold: %v %v %v", err, proof.Broken, proof.Differences)
	}
}

func (w *world) begin(amount money.Money) payment.State {
	w.Helper()
	return w.beginWith(payment.Stripe, amount)
}

func (w *world) beginWith(provider payment.Provider, amount money.Money) payment.State {
	w.Helper()
	p, err := w.Create(w.Context(), w.by, payment.New{ID: uuid.Must(uuid.NewV7()), Partner: w.partner, Provider: provider, Amount: amount}, false)
	if err != nil {
		w.Fatal(err)
	}
	return p.State()
}

// hear delivers a webhook as often as a provider may.
func (w *world) hear(told bank.Webhook) {
	w.Helper()
	provider := payment.Stripe
	if told.Header.Get("Stripe-Signature") == "" {
		provider = payment.PayPal
	}
	for range 2 {
		if err := w.Hear(w.Context(), provider, told.Body, told.Header.Get); err != nil {
			w.Errorf("webhook %.200s: %v", told.Body, err)
		}
	}
}

func (w *world) refund(id uuid.UUID, micros int64) error {
	_, err := w.Refund(w.Context(), w.by, w.partner, id, payment.Back{ID: uuid.Must(uuid.NewV7()), Micros: micros}, false)
	return err
}

// reconcile lets everything that is open become due and be looked up.
func (w *world) reconcile(after time.Duration) {
	w.Helper()
	w.now = w.now.Add(after)
	if err := w.Reconcile(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// want holds the payment and the partner's money against what is expected.
func (w *world) want(id uuid.UUID, status payment.Status, available int64) {
	w.Helper()
	p, err := w.Get(w.Context(), w.partner, id)
	if err != nil {
		w.Fatal(err)
	}
	if st := p.State(); st.Status() != status {
		w.Errorf("the payment is %s (%s), want %s", st.Status(), st.Reason, status)
	}
	all, err := w.Store.Balances(w.Context(), w.partner)
	if err != nil {
		w.Fatal(err)
	}
	got := int64(0)
	for _, b := range all {
		got += b.Available()
	}
	if got != available*money.Unit {
		w.Errorf("%s are available, want %d", money.FormatMicros(got), available)
	}
}

// receipts is what reconciliation is told of the payments.
func (w *world) receipts() (sum int64) {
	w.Helper()
	all, err := w.db.Payments().Receipts(w.Context(), w.partner, 0, localday.Day(1<<20))
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range all {
		sum += r.Amount
	}
	return sum
}

func usd(units int64) money.Money { return money.New(units*money.Unit, "USD") }
