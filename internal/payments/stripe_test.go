package payments_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v86/webhook"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/internal/bank"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/money"
)

func TestAPaymentArrivesOnceHoweverOftenItIsTold(t *testing.T) {
	w := newWorld(t)
	st := w.begin(usd(20))
	if st.ActionURL == "" || st.ProviderID == "" {
		t.Fatalf("the payer is not led anywhere: %+v", st)
	}
	w.want(st.ID, payment.RequiresAction, 0)
	w.hear(w.stripe.Attempt(0, "challenge"))
	w.want(st.ID, payment.RequiresAction, 0)
	w.hear(w.stripe.Attempt(0, "decline"))
	w.want(st.ID, payment.Failed, 0)
	w.hear(w.stripe.Attempt(0, "pay")) // the payer tries again with another card
	w.want(st.ID, payment.Succeeded, 20)
	w.reconcile(time.Minute)
	if err := w.refund(st.ID, 5*money.Unit); err != nil {
		t.Fatal(err)
	}
	w.want(st.ID, payment.PartiallyRefunded, 15)
	w.reconcile(time.Minute)
	if w.receipts() != 15*money.Unit || w.stripe.Charged() != 2000 {
		t.Errorf("receipts of %d, %d charged", w.receipts(), w.stripe.Charged())
	}
}

// A webhook that never comes is made up for by look-ups, also for a payment that
// had failed before.
func TestWithoutWebhooksLookUpsFindEverything(t *testing.T) {
	w := newWorld(t)
	st := w.begin(usd(20))
	w.stripe.Attempt(0, "decline")
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Failed, 0)
	w.stripe.Attempt(0, "pay")
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Succeeded, 20)
	w.stripe.Return(0, 300)
	w.stripe.Dispute(0, 700)
	w.reconcile(25 * time.Hour)
	w.want(st.ID, payment.Disputed, 10)
	w.stripe.CloseDispute(0, "won")
	w.stripe.FailRefund(0)
	w.reconcile(25 * time.Hour)
	w.want(st.ID, payment.Succeeded, 20)
	if w.receipts() != 20*money.Unit {
		t.Errorf("receipts of %d", w.receipts())
	}
}

// What is told of money that is not known yet is found once it is.
func TestARefundThatIsToldBeforeItsPayment(t *testing.T) {
	w := newWorld(t)
	st := w.begin(usd(20))
	paid := w.stripe.Attempt(0, "pay")
	returned := w.stripe.Return(0, 500)
	w.hear(returned)
	w.hear(w.stripe.Dispute(0, 100))
	w.want(st.ID, payment.RequiresAction, 0)
	w.hear(paid)
	w.want(st.ID, payment.Disputed, 14)
}

func TestALostAnswerIsUnknownUntilItIsLookedUp(t *testing.T) {
	w := newWorld(t)
	w.stripe.Lose = func(*http.Request) bool { return true }
	st := w.begin(usd(20))
	w.want(st.ID, payment.Unknown, 0)
	w.reconcile(time.Minute) // the look-up's answer is lost too
	w.want(st.ID, payment.Unknown, 0)
	w.stripe.Lose = nil
	w.stripe.Attempt(0, "pay")
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Succeeded, 20)

	w.stripe.Lose = func(r *http.Request) bool { return r.Method == http.MethodPost }
	if err := w.refund(st.ID, 0); err != nil {
		t.Fatal(err)
	}
	w.want(st.ID, payment.Succeeded, 0) // held against the balance
	if err := w.refund(st.ID, money.Unit); !errors.Is(err, payment.ErrNotRefundable) {
		t.Errorf("what is held is refunded again: %v", err)
	}
	w.stripe.Lose = nil
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Refunded, 0)
	if w.stripe.Sessions() != 1 || w.stripe.Refunds() != 1 {
		t.Errorf("%d sessions and %d refunds", w.stripe.Sessions(), w.stripe.Refunds())
	}
}

// A call that never reached the provider is made again with its key, and given
// up once the provider may have forgotten the key.
func TestACallThatNeverArrived(t *testing.T) {
	for _, c := range []struct {
		after    time.Duration
		want     payment.Status
		sessions int
	}{{time.Minute, payment.RequiresAction, 1}, {6 * time.Hour, payment.Failed, 0}} {
		w := newWorld(t)
		w.stripe.Down = func(*http.Request) bool { return true }
		st := w.begin(usd(20))
		w.want(st.ID, payment.Unknown, 0)
		w.stripe.Down = nil
		w.reconcile(c.after)
		w.want(st.ID, c.want, 0)
		if w.stripe.Sessions() != c.sessions {
			t.Errorf("after %s there are %d sessions", c.after, w.stripe.Sessions())
		}
	}
}

func TestWhatStripeRefusesOrNoLongerHasEnds(t *testing.T) {
	w := newWorld(t)
	small := w.begin(money.New(100_000, "USD"))
	if w.want(small.ID, payment.Failed, 0); small.Reason != "amount_too_small" {
		t.Errorf("refused because of %q", small.Reason)
	}
	st := w.begin(usd(20))
	w.stripe.Attempt(0, "leave")
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Cancelled, 0)

	gone := newWorld(t)
	st = gone.begin(usd(20))
	gone.stripe.Forget()
	gone.reconcile(time.Minute)
	gone.want(st.ID, payment.Cancelled, 0)
	if due, _ := gone.db.Payments().Due(t.Context(), gone.now.Add(1000*time.Hour), 10); len(due) > 0 {
		t.Error("what is gone is looked up for ever")
	}
}

func TestPaymentsThatWaitForACaptureAreCapturedOnce(t *testing.T) {
	w := newWorld(t)
	w.stripe.Manual = true
	st := w.begin(usd(20))
	w.stripe.Lose = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/capture") }
	w.hear(w.stripe.Attempt(0, "pay"))
	w.stripe.Lose = nil
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Succeeded, 20)

	part := newWorld(t)
	part.stripe.Manual = true
	st = part.begin(usd(20))
	part.stripe.Attempt(0, "pay")
	part.hear(part.stripe.CaptureAtStripe(0, 1250))
	p, err := part.Get(t.Context(), part.partner, st.ID)
	if err != nil {
		t.Fatal(err)
	}
	if st = p.State(); st.Totals().Captured != 12_500_000 || st.Status() != payment.Succeeded {
		t.Errorf("%s with %d", st.Status(), st.Totals().Captured)
	}
}

// A partner cannot take back what it has spent.
func TestOnlyWhatIsNotSpentGoesBack(t *testing.T) {
	w := newWorld(t)
	st := w.begin(usd(20))
	w.hear(w.stripe.Attempt(0, "pay"))
	w.hear(w.stripe.Dispute(0, 1500))
	if err := w.refund(st.ID, 6*money.Unit); !errors.Is(err, payment.ErrRefundTooLarge) {
		t.Errorf("disputed money is refunded: %v", err)
	}
	second := w.begin(usd(10))
	w.hear(w.stripe.Attempt(1, "pay"))
	if err := w.refund(second.ID, 0); err != nil {
		t.Error(err)
	}
	w.want(second.ID, payment.Refunded, 5)
}

func TestAWebhookThatIsNotProvedIsRefused(t *testing.T) {
	w := newWorld(t)
	body := []byte(`{"object":"event","type":"payment_intent.succeeded","data":{"object":{}}}`)
	old := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: time.Now().Add(-6 * time.Minute)})
	other := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: "whsec_other"})
	for _, signature := range []string{"", "t=1,v1=00", old.Header, other.Header} {
		if err := w.Hear(t.Context(), payment.Stripe, body, func(string) string { return signature }); !errors.Is(err, payment.ErrSignature) {
			t.Errorf("%q is believed: %v", signature, err)
		}
	}
	right := w.stripe.Sign(body)
	if err := w.Hear(t.Context(), payment.Stripe, append(right.Body, ' '), right.Header.Get); !errors.Is(err, payment.ErrSignature) {
		t.Errorf("another body is believed: %v", err)
	}
	w.hear(w.stripe.Sign([]byte(`{"object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_of_somebody","amount_received":5,"currency":"usd"}}}`)))
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

// Amounts pass through Stripe's smallest units and come back as they were.
func TestEveryKindOfCurrencyArrives(t *testing.T) {
	for _, amount := range []money.Money{usd(20), money.New(2000*money.Unit, "JPY"), money.New(20_230_000, "KWD"), money.New(3000*money.Unit, "ISK")} {
		w := newWorld(t)
		st := w.begin(amount)
		w.hear(w.stripe.Attempt(0, "pay"))
		p, err := w.Get(t.Context(), w.partner, st.ID)
		if err != nil {
			t.Fatal(err)
		}
		if st = p.State(); st.Totals().Captured != amount.Micros {
			t.Errorf("%s arrives as %d", amount, st.Totals().Captured)
		}
	}
}

// Whatever is signed, the reader answers or refuses.
func FuzzStripeWebhook(f *testing.F) {
	f.Add([]byte(`{"object":"event","type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi","amount_received":5,"currency":"usd"}}}`))
	f.Add([]byte(`{"object":"event","type":"charge.refunded","data":{"object":{"payment_intent":"pi_1"}}}`))
	f.Add([]byte(`{"object":"event","type":"refund.updated","data":{"object":{"payment_intent":"pi_1","amount":9223372036854775807,"currency":"jpy"}}}`))
	f.Add([]byte(`{"object":"event","type":"charge.dispute.created","data":{"object":{"payment_intent":null}}}`))
	s := payments.NewStripe(payments.StripeConfig{WebhookSecrets: []string{secret}})
	signer := bank.Stripe{Secret: secret}
	f.Fuzz(func(t *testing.T, body []byte) {
		told := signer.Sign(body)
		n, err := s.Verify(t.Context(), body, told.Header.Get)
		for _, fact := range n.Report.Facts {
			if err == nil && !n.Report.Currency.Valid() {
				t.Fatalf("%+v in no currency", fact)
			}
		}
	})
}

// The simulation takes no money that there is not: half a yen, a tenth of a cent.
func TestTheSimulationHasNoSmallerCoins(t *testing.T) {
	s := payments.NewSimulated(nil, nil, time.Now)
	for _, c := range []struct {
		micros   int64
		currency money.Currency
		fits     bool
	}{
		{500_000, "JPY", false}, {1_000_000, "JPY", true}, {1_000, "USD", false}, {10_000, "USD", true},
		{1_000, "KWD", true}, {100, "KWD", false}, {100, "CLF", true}, {10, "CLF", false},
	} {
		if err := s.Fits(money.New(c.micros, c.currency)); (err == nil) != c.fits {
			t.Errorf("%s: %v", money.New(c.micros, c.currency), err)
		}
	}
}
