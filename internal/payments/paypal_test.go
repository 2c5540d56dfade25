package payments_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/internal/bank"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/money"
)

func TestAnApprovedOrderIsCapturedOnce(t *testing.T) {
	w := newWorld(t)
	st := w.beginWith(payment.PayPal, usd(20))
	if w.want(st.ID, payment.RequiresAction, 0); !strings.Contains(st.ActionURL, "checkoutnow") {
		t.Errorf("the payer is led to %q", st.ActionURL)
	}
	approved := w.paypal.Approve(0)
	w.hear(approved)
	w.want(st.ID, payment.Succeeded, 20)
	w.hear(w.paypal.Told(0))
	w.hear(approved)
	if err := w.refund(st.ID, 5*money.Unit); err != nil {
		t.Fatal(err)
	}
	w.want(st.ID, payment.PartiallyRefunded, 15)
	w.hear(w.paypal.Return(0, "3.00"))
	w.want(st.ID, payment.PartiallyRefunded, 12)
	if w.paypal.Captures() != 1 || w.receipts() != 12*money.Unit {
		t.Errorf("%d captures, receipts of %d", w.paypal.Captures(), w.receipts())
	}
}

func TestAnAnswerOfPayPalThatIsLost(t *testing.T) {
	lose := func(part string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, part) }
	}
	w := newWorld(t)
	w.paypal.Lose = lose("/orders")
	st := w.beginWith(payment.PayPal, usd(20))
	w.want(st.ID, payment.Unknown, 0)
	w.paypal.Lose = lose("/capture")
	w.reconcile(time.Minute) // finds the order by its key
	w.want(st.ID, payment.RequiresAction, 0)
	w.paypal.Approve(0)
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Approved, 0)
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Succeeded, 20)
	w.paypal.Lose = lose("/refund")
	if err := w.refund(st.ID, 0); err != nil {
		t.Fatal(err)
	}
	w.want(st.ID, payment.Succeeded, 0)
	w.paypal.Lose = nil
	w.reconcile(time.Minute)
	w.want(st.ID, payment.Refunded, 0)
	if w.paypal.Orders() != 1 || w.paypal.Captures() != 1 || w.paypal.Refunds(0) != 1 {
		t.Errorf("%d orders, %d captures, %d refunds", w.paypal.Orders(), w.paypal.Captures(), w.paypal.Refunds(0))
	}
}

func TestADeclinedCaptureMayBeTriedAgain(t *testing.T) {
	w := newWorld(t)
	st := w.beginWith(payment.PayPal, usd(20))
	w.paypal.Decline = "INSTRUMENT_DECLINED"
	w.hear(w.paypal.Approve(0))
	w.want(st.ID, payment.Failed, 0)
	before, _ := w.Get(t.Context(), w.partner, st.ID)
	w.reconcile(time.Minute)
	after, _ := w.Get(t.Context(), w.partner, st.ID)
	if before.State().Revision != after.State().Revision {
		t.Errorf("a look-up that says nothing new makes revision %d of %d", after.State().Revision, before.State().Revision)
	}
	w.paypal.Decline = ""
	w.paypal.ForgetKeys() // PayPal keeps no key of what it refused
	w.hear(w.paypal.Approve(0))
	w.want(st.ID, payment.Succeeded, 20)
}

func TestDisputesAtPayPal(t *testing.T) {
	w := newWorld(t)
	st := w.beginWith(payment.PayPal, usd(20))
	w.hear(w.paypal.Approve(0))
	w.hear(w.paypal.Dispute(0, "8.00", "INQUIRY"))
	w.want(st.ID, payment.Succeeded, 20)
	w.hear(w.paypal.Escalate(0, "CHARGEBACK"))
	w.want(st.ID, payment.Disputed, 12)
	w.hear(w.paypal.Resolve(0, "RESOLVED_SELLER_FAVOUR"))
	w.want(st.ID, payment.Succeeded, 20)
	w.hear(w.paypal.Dispute(0, "5.00", "CHARGEBACK"))
	w.hear(w.paypal.Resolve(1, "RESOLVED_BUYER_FAVOUR"))
	w.want(st.ID, payment.Disputed, 15)
}

func TestATokenThatIsRevokedIsRenewed(t *testing.T) {
	w := newWorld(t)
	w.beginWith(payment.PayPal, usd(20))
	w.paypal.Revoke()
	st := w.beginWith(payment.PayPal, usd(10))
	w.want(st.ID, payment.RequiresAction, 0)
}

func TestAWebhookOfPayPalThatIsNotProvedIsRefused(t *testing.T) {
	w := newWorld(t)
	body := []byte(`{"event_type":"CHECKOUT.ORDER.APPROVED","resource":{"id":"O1"}}`)
	other, err := bank.NewPayPal(w.paypal.WebhookID)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	stranger := other.Sign(body)
	refused := func(name string, change func(http.Header)) {
		t.Helper()
		told := w.paypal.Sign(body)
		change(told.Header)
		if err := w.Hear(t.Context(), payment.PayPal, told.Body, told.Header.Get); !errors.Is(err, payment.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	refused("no signature", func(h http.Header) { h.Del("Paypal-Transmission-Sig") })
	refused("another's signature", set("Paypal-Transmission-Sig", stranger.Header.Get("Paypal-Transmission-Sig")))
	refused("another's certificate", set("Paypal-Cert-Url", stranger.Header.Get("Paypal-Cert-Url")))
	refused("another host", set("Paypal-Cert-Url", "https://api.paypal.com.evil.test/v1/notifications/certs/C"))
	refused("a user in front of the host", set("Paypal-Cert-Url", strings.Replace(w.paypal.URL, "://", "://x@", 1)+"/v1/notifications/certs/C"))
	refused("another path", set("Paypal-Cert-Url", w.paypal.URL+"/v2/checkout/orders/O1"))
	refused("a path that leads elsewhere", set("Paypal-Cert-Url", w.paypal.URL+"/v1/notifications/certs/../../oauth2/token"))
	refused("another algorithm", set("Paypal-Auth-Algo", "SHA1withRSA"))
	refused("another time", set("Paypal-Transmission-Time", "2026-03-02T12:00:01Z"))
	changed := w.paypal.Sign(body)
	if err := w.Hear(t.Context(), payment.PayPal, append(changed.Body, ' '), changed.Header.Get); !errors.Is(err, payment.ErrSignature) {
		t.Errorf("another body: %v", err)
	}
	w.hear(w.paypal.Sign(body)) // about an order that is not ours
	w.now = bank.CertUntil.Add(time.Second)
	refused("a certificate that has run out", func(http.Header) {})
}

// While one webhook takes the other's place, both tell.
func TestTwoWebhooksOfPayPal(t *testing.T) {
	w := newWorld(t)
	p := payments.NewPayPal(payments.PayPalConfig{WebhookIDs: []string{"WH-NEXT", w.paypal.WebhookID}, URL: w.paypal.URL, Now: func() time.Time { return w.now }})
	body := []byte(`{"event_type":"CHECKOUT.ORDER.APPROVED","resource":{"id":"O1"}}`)
	verify := func() error {
		told := w.paypal.Sign(body)
		_, err := p.Verify(t.Context(), told.Body, told.Header.Get)
		return err
	}
	for id, want := range map[string]error{w.paypal.WebhookID: nil, "WH-NEXT": nil, "WH-OTHER": payment.ErrSignature} {
		if w.paypal.WebhookID = id; !errors.Is(verify(), want) {
			t.Errorf("%s: %v", id, verify())
		}
	}
}

func TestAmountsThatPayPalCannotTakeExactly(t *testing.T) {
	p := payments.NewPayPal(payments.PayPalConfig{})
	for _, c := range []struct {
		micros   int64
		currency money.Currency
		fits     bool
	}{
		{1_000_000, "JPY", true}, {1_500_000, "JPY", false}, {1_500_000, "HUF", false}, {1_000_000, "TWD", true},
		{10_000, "USD", true}, {1, "USD", false}, {1_230_000, "KWD", false}, {1_000_000, "COP", false},
	} {
		if err := p.Fits(money.New(c.micros, c.currency)); (err == nil) != c.fits {
			t.Errorf("%s: %v", money.New(c.micros, c.currency), err)
		}
	}
	w := newWorld(t)
	for i, amount := range []money.Money{usd(20), money.New(2000*money.Unit, "JPY"), money.New(3000*money.Unit, "HUF")} {
		st := w.beginWith(payment.PayPal, amount)
		w.hear(w.paypal.Approve(i))
		got, err := w.Get(t.Context(), w.partner, st.ID)
		if err != nil {
			t.Fatal(err)
		}
		if st = got.State(); st.Totals().Captured != amount.Micros {
			t.Errorf("%s arrives as %d", amount, st.Totals().Captured)
		}
	}
}

// Whatever is signed, the reader answers or refuses.
func FuzzPayPalWebhook(f *testing.F) {
	f.Add([]byte(`{"event_type":"CHECKOUT.ORDER.APPROVED","resource":{"id":"O1","purchase_units":[{"custom_id":"x"}]}}`))
	f.Add([]byte(`{"event_type":"PAYMENT.CAPTURE.REFUNDED","resource":{"links":[{"rel":"up","href":"/payments/captures/C1"}]}}`))
	f.Add([]byte(`{"event_type":"CUSTOMER.DISPUTE.CREATED","resource":{"disputed_transactions":[]}}`))
	bank, err := bank.NewPayPal("WH")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(bank.Close)
	p := payments.NewPayPal(payments.PayPalConfig{WebhookIDs: []string{"WH"}, URL: bank.URL, Now: time.Now})
	f.Fuzz(func(t *testing.T, body []byte) {
		told := bank.Sign(body)
		if n, err := p.Verify(t.Context(), body, told.Header.Get); err == nil && !n.LookUp || err != nil && !errors.Is(err, payment.ErrSignature) {
			t.Fatalf("%+v %v", n, err)
		}
	})
}
