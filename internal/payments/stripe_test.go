package payments_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v86/webhook"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
)

const secret = "whsec_of_a_test"

// bank is a stateful Stripe: intents and refunds by idempotency key.
type bank struct {
	mu      sync.Mutex
	intents []map[string]any
	refunds []map[string]any
	keys    map[string]map[string]any
	lose    bool // carry out and answer 500
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = r.ParseForm()
	switch key := r.Header.Get("Idempotency-Key"); {
	case r.Method == http.MethodPost && b.keys[key] != nil:
		b.answer(w, b.keys[key])
	case r.Method == http.MethodPost:
		amount, _ := strconv.ParseInt(r.Form.Get("amount"), 10, 64)
		made := map[string]any{"id": fmt.Sprint("x_", len(b.keys)), "amount": amount, "currency": "usd", "created": 1772452800, "status": "succeeded",
			"metadata": map[string]any{"campaignd_id": r.Form.Get("metadata[campaignd_id]")}}
		b.keys[key] = made
		if r.URL.Path == "/v1/refunds" {
			b.refunds = append(b.refunds, made)
		} else {
			made["status"], made["amount_received"], made["currency"] = "requires_payment_method", 0, r.Form.Get("currency")
			b.intents = append(b.intents, made)
		}
		b.answer(w, made)
	case r.URL.Path == "/v1/payment_intents":
		b.answer(w, map[string]any{"object": "list", "data": b.intents})
	case r.URL.Path == "/v1/refunds":
		b.answer(w, map[string]any{"object": "list", "data": b.refunds})
	case r.URL.Path == "/v1/disputes":
		b.answer(w, map[string]any{"object": "list", "data": []any{}})
	default:
		b.answer(w, b.intents[0])
	}
}

func (b *bank) answer(w http.ResponseWriter, body any) {
	if b.lose {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(body)
}

type world struct {
	*testing.T
	*payment.Service
	bank    *bank
	now     time.Time
	partner uuid.UUID
	by      event.Origin
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, bank: &bank{keys: map[string]map[string]any{}}, now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), partner: uuid.Must(uuid.NewV7())}
	clock := func() time.Time { return w.now }
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{URL: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	server := httptest.NewServer(w.bank)
	t.Cleanup(server.Close)
	stripe := payments.NewStripe(payments.StripeConfig{Key: "sk_test_x", WebhookSecrets: []string{"whsec_new", secret}, URL: server.URL})
	w.Service = payment.NewService(db.Payments(), map[payment.Provider]payment.Gateway{payment.Stripe: stripe}, clock)
	w.by = event.Origin{Partner: w.partner, Kind: event.ActorKey, ID: "test"}
	t.Cleanup(func() {
		proof, err := db.Ledger().Prove(context.WithoutCancel(t.Context()), w.partner)
		if err == nil && proof.Broken != nil {
			err = proof.Broken
		}
		if err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) pay() payment.State {
	w.Helper()
	p, err := w.Create(w.Context(), w.by, payment.New{ID: uuid.Must(uuid.NewV7()), Partner: w.partner, Provider: payment.Stripe, Amount: money.New(20*money.Unit, "USD")}, false)
	if err != nil {
		w.Fatal(err)
	}
	return p.State()
}

func (w *world) hear(kind string, object map[string]any) error {
	body, _ := json.Marshal(map[string]any{"id": "evt_1", "object": "event", "type": kind, "created": w.now.Unix(), "data": map[string]any{"object": object}})
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret})
	return w.Hear(w.Context(), payment.Stripe, body, signed.Header)
}

func (w *world) available(want int64) {
	w.Helper()
	all, err := w.Balances(w.Context(), w.partner)
	got := int64(0)
	if len(all) > 0 {
		got = all[0].Available()
	}
	if err != nil || got != want*money.Unit {
		w.Errorf("%s are available, want %d: %v", money.FormatMicros(got), want, err)
	}
}

func (w *world) status(id uuid.UUID, want payment.Status) {
	w.Helper()
	p, err := w.Get(w.Context(), w.partner, id)
	if err != nil || p.State().Status() != want {
		w.Errorf("the payment is %v, want %s: %v", p.State().Status(), want, err)
	}
}

func (w *world) reconcile() {
	w.Helper()
	w.now = w.now.Add(time.Minute)
	if err := w.Reconcile(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func TestAPaymentArrivesOnceHoweverOftenItIsTold(t *testing.T) {
	w := newWorld(t)
	st := w.pay()
	w.status(st.ID, payment.RequiresAction)
	intent := w.bank.intents[0]
	intent["status"], intent["amount_received"] = "succeeded", 2000
	for range 3 {
		if err := w.hear("payment_intent.succeeded", intent); err != nil {
			t.Fatal(err)
		}
	}
	w.reconcile()
	w.status(st.ID, payment.Succeeded)
	w.available(20)
	if _, err := w.Refund(t.Context(), w.by, w.partner, st.ID, uuid.New(), 5*money.Unit, false); err != nil {
		t.Fatal(err)
	}
	w.status(st.ID, payment.PartiallyRefunded)
	w.available(15)
}

func TestALostAnswerIsUnknownUntilItIsLookedUp(t *testing.T) {
	w := newWorld(t)
	w.bank.lose = true
	st := w.pay()
	w.status(st.ID, payment.Unknown)
	w.bank.lose = false
	intent := w.bank.intents[0]
	intent["status"], intent["amount_received"] = "succeeded", 2000
	w.reconcile()
	w.status(st.ID, payment.Succeeded)
	w.available(20)

	w.bank.lose = true
	if _, err := w.Refund(t.Context(), w.by, w.partner, st.ID, uuid.New(), 0, false); err != nil {
		t.Fatal(err)
	}
	w.available(20)
	w.bank.lose = false
	w.reconcile()
	w.status(st.ID, payment.Refunded)
	w.available(0)
	if len(w.bank.intents) != 1 || len(w.bank.refunds) != 1 {
		t.Errorf("%d intents and %d refunds", len(w.bank.intents), len(w.bank.refunds))
	}
}

func TestAWebhookThatIsNotProvedIsRefused(t *testing.T) {
	w := newWorld(t)
	body := []byte(`{"type":"payment_intent.succeeded","data":{"object":{}}}`)
	old := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: time.Now().Add(-6 * time.Minute)})
	other := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: "whsec_other"})
	for _, signature := range []string{"", "t=1,v1=00", old.Header, other.Header} {
		if err := w.Hear(t.Context(), payment.Stripe, body, signature); err == nil {
			t.Errorf("%q is believed", signature)
		}
	}
	if err := w.hear("payment_intent.succeeded", map[string]any{"id": "pi_of_somebody", "status": "succeeded", "amount_received": 5, "currency": "usd"}); err != nil {
		t.Errorf("what is not ours: %v", err)
	}
}

func TestAmountsThatStripeCannotTakeExactly(t *testing.T) {
	s := payments.NewStripe(payments.StripeConfig{})
	for _, c := range []struct {
		micros   int64
		currency money.Currency
		fits     bool
	}{
		{1_000_000, "JPY", true}, {1_500_000, "JPY", false}, {1_234_000, "KWD", false}, {1_230_000, "KWD", true},
		{10_000, "USD", true}, {1, "USD", false}, {1_000_000, "ISK", true}, {1_010_000, "ISK", false}, {1_000_000, "CLF", false},
	} {
		if err := s.Fits(money.New(c.micros, c.currency)); (err == nil) != c.fits {
			t.Errorf("%s: %v", money.New(c.micros, c.currency), err)
		}
	}
}

// Whatever is signed, the reader answers or refuses.
func FuzzWebhook(f *testing.F) {
	f.Add([]byte(`{"type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi","amount_received":5,"currency":"usd"}}}`))
	f.Add([]byte(`{"type":"charge.refunded","data":{"object":{"payment_intent":"pi_1"}}}`))
	f.Add([]byte(`{"type":"charge.dispute.created","data":{"object":{"payment_intent":null}}}`))
	s := payments.NewStripe(payments.StripeConfig{WebhookSecrets: []string{secret}})
	f.Fuzz(func(t *testing.T, body []byte) {
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret})
		n, err := s.Verify(body, signed.Header)
		for _, fact := range n.Report.Facts {
			if err == nil && !n.Report.Currency.Valid() {
				t.Fatalf("%+v in no currency", fact)
			}
		}
	})
}
