package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/internal/bank"
	"github.com/hexabuilders/campaignd/internal/payments"
)

// payable connects the world with a simulated Stripe.
func (w *world) payable() {
	w.stripe = &bank.Stripe{Secret: "whsec_of_a_test"}
	server := httptest.NewServer(w.stripe)
	w.Cleanup(server.Close)
	w.services.Payments = payment.NewService(payment.Config{
		Store: w.db.Payments(), Queue: w.db.Payments(), Purses: w.db.Payments(), Partners: paying{zoned{w.services.Partners}}, Home: func() string { return "https://campaignd.test/billing" }, Now: w.clock,
		Gateways: map[payment.Provider]payment.Gateway{
			payment.Stripe: payments.NewStripe(payments.StripeConfig{Key: "sk_test_x", WebhookSecrets: []string{w.stripe.Secret}, URL: server.URL}),
		},
	})
}

type paying struct{ zoned }

func (p paying) Terms(ctx context.Context, partner uuid.UUID) (payment.Terms, error) {
	zone, err := p.Zone(ctx, partner)
	return payment.Terms{Currency: "USD", Zone: zone}, err
}

// tell delivers a webhook of Stripe as Stripe does.
func (w *world) tell(told bank.Webhook) *answer {
	w.Helper()
	return w.call("", "POST", "/api/v1/webhooks/stripe", string(told.Body), "Stripe-Signature", told.Header.Get("Stripe-Signature"))
}

func TestAPaymentFundsTheBalance(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	paid := w.call(h.finance, "POST", "/api/v1/payments", `{"provider":"stripe","amount":"20.00","return_url":"https://andes.test/billing"}`).want(http.StatusCreated)
	at := "/api/v1/payments/" + paid.str("id")
	if paid.str("state") != "requires_action" || paid.str("action_url") == "" || paid.Header.Get("Location") != at || paid.str("amount.currency") != "USD" {
		t.Fatalf("begun as %s", paid.text)
	}
	for range 2 {
		w.tell(w.stripe.Attempt(0, "pay")).want(http.StatusOK)
	}
	if got := w.call(h.analyst, "GET", at, nil).want(http.StatusOK); got.str("state") != "succeeded" || got.str("refundable.amount") != "20.00" {
		t.Errorf("paid as %s", got.text)
	}
	balance := w.call(h.analyst, "GET", "/api/v1/balance", nil).want(http.StatusOK)
	if balance.str("items.0.available.amount") != "20.00" || balance.str("providers.0") != "stripe" {
		t.Errorf("the balance is %s", balance.text)
	}
	w.call(h.manager, "POST", at+"/refund", nil).refused(http.StatusForbidden, "role_not_allowed")
	w.call(h.finance, "POST", at+"/refund", `{"amount":"20.01"}`).refused(http.StatusUnprocessableEntity, "refund_too_large")
	w.call(h.finance, "POST", at+"/refund", `{"amount":"0"}`).want(http.StatusUnprocessableEntity)
	w.call(h.finance, "POST", at+"/refund", `{"amount":{"amount":"5.00","currency":"EUR"}}`).want(http.StatusUnprocessableEntity)
	w.call(h.finance, "POST", at+"/refund?validate_only=true", `{"amount":"5.00"}`).want(http.StatusOK)
	back := w.call(h.finance, "POST", at+"/refund", `{"amount":"5.00"}`).want(http.StatusOK)
	if back.str("state") != "partially_refunded" || back.str("refunds.0.state") != "succeeded" || w.stripe.Refunds() != 1 {
		t.Errorf("refunded as %s", back.text)
	}
	w.holds(h, "20.00", "5.00", "15.00")
}

// holds checks what statement, journal and reconciliation say of payments.
func (w *world) holds(h *house, funded, refunds, closing string) {
	w.Helper()
	month := w.clock().Format("2006-01")
	s := w.call(h.finance, "GET", "/api/v1/statements/"+month, nil).want(http.StatusOK)
	if s.str("currencies.0.funded.amount") != funded || s.str("currencies.0.refunds.amount") != refunds || s.str("currencies.0.closing.amount") != closing {
		w.Errorf("the statement says %s", s.text)
	}
	r := w.call(h.finance, "GET", "/api/v1/reconciliation", nil).want(http.StatusOK)
	if r.str("payments.state") != "compared" || r.str("payments.totals.0.reported.amount") == "" {
		w.Errorf("payments are not compared: %s", r.text)
	}
}

func TestPaymentsAreRefusedWithAReason(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	for body, code := range map[string]string{
		`{"provider":"stripe","amount":"0"}`:                                       "validation_failed",
		`{"provider":"stripe","amount":"-1"}`:                                      "validation_failed",
		`{"provider":"stripe","amount":"1.001"}`:                                   "validation_failed",
		`{"provider":"stripe","amount":{"amount":"1.5","currency":"JPY"}}`:         "validation_failed",
		`{"provider":"stripe","amount":{"amount":"1","currency":"CLF"}}`:           "validation_failed",
		`{"provider":"stripe","amount":{"amount":"1","currency":"XXY"}}`:           "validation_failed",
		`{"provider":"stripe","amount":"9223372036854.775808"}`:                    "validation_failed",
		`{"provider":"stripe","amount":"5.00","return_url":"javascript:alert(1)"}`: "validation_failed",
		`{"provider":"bank","amount":"5.00"}`:                                      "validation_failed",
		`{"provider":"paypal","amount":"5.00"}`:                                    "payment_provider_not_configured",
		`{"provider":"simulated","amount":"5.00"}`:                                 "payment_provider_not_configured",
	} {
		got := w.call(h.finance, "POST", "/api/v1/payments", body)
		if got.str("code") != code || got.StatusCode/100 != 4 {
			t.Errorf("%s: %d %s", body, got.StatusCode, got.text)
		}
	}
	if w.stripe.Sessions() != 0 {
		t.Errorf("%d sessions were opened", w.stripe.Sessions())
	}
	w.call("", "POST", "/api/v1/webhooks/stripe", `{}`, "Stripe-Signature", "t=1,v1=00").refused(http.StatusBadRequest, "webhook_signature_invalid")
	w.call("", "POST", "/api/v1/webhooks/paypal", `{}`).refused(http.StatusConflict, "payment_provider_not_configured")
	w.call("", "POST", "/api/v1/webhooks/other", `{}`).want(http.StatusNotFound)
}

// A key repeated after its answer was lost gives the payment that it has made.
func TestAPaymentIsMadeOnceForItsKey(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	key := []string{"Idempotency-Key", "0123456789abcdef-pay"}
	first := w.call(h.finance, "POST", "/api/v1/payments", bodies["create-payment"], key...).want(http.StatusCreated)
	again := w.call(h.finance, "POST", "/api/v1/payments", bodies["create-payment"], key...).want(http.StatusCreated)
	if first.str("id") != again.str("id") || w.stripe.Sessions() != 1 {
		t.Errorf("%s and %s, %d sessions", first.str("id"), again.str("id"), w.stripe.Sessions())
	}
}

func TestPrepaidCampaignsNeedFundsToLaunch(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	revision := w.call(adminSecret, "GET", "/api/v1/partners/"+h.id, nil).want(http.StatusOK).Header.Get("ETag")
	if got := w.call(adminSecret, "PATCH", "/api/v1/partners/"+h.id, `{"contract":{"prepaid":true}}`, "If-Match", revision).want(http.StatusOK); got.at("contract.prepaid") != true {
		t.Fatalf("patched to %s", got.text)
	}
	campaign := h.ready()
	refused := w.call(h.manager, "POST", campaign+"/launch", nil).refused(http.StatusConflict, "not_ready")
	funded := func(a *answer) any {
		for _, c := range a.at("checks").([]any) {
			if check := c.(map[string]any); check["check"] == "funded" {
				return check["ok"]
			}
		}
		return nil
	}
	if funded(refused) != false {
		t.Errorf("refused because of %s", refused.text)
	}
	w.call(h.finance, "POST", "/api/v1/payments", `{"provider":"stripe","amount":"500.00"}`).want(http.StatusCreated)
	w.tell(w.stripe.Attempt(0, "pay")).want(http.StatusOK)
	if got := w.call(h.manager, "GET", campaign+"/readiness", nil).want(http.StatusOK); funded(got) != true {
		t.Errorf("with funds it is %s", got.text)
	}
	w.call(h.manager, "POST", campaign+"/launch", nil).want(http.StatusOK)
}

// What a provider cannot be asked now is answered with when to come again, and
// the webhook is taken when it comes again.
func TestAWebhookComesAgainWhenStripeDoesNotAnswer(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	at := "/api/v1/payments/" + w.call(h.finance, "POST", "/api/v1/payments", bodies["create-payment"]).want(http.StatusCreated).str("id")
	w.stripe.Down = func(*http.Request) bool { return true }
	told := w.stripe.Attempt(0, "leave")
	w.tell(told).refused(http.StatusServiceUnavailable, "payment_provider_unreachable").retryAfter()
	w.call(h.finance, "POST", at+"/check", nil).refused(http.StatusServiceUnavailable, "payment_provider_unreachable")
	w.stripe.Down = nil
	w.sleep(time.Second)
	w.tell(told).want(http.StatusOK)
	if got := w.call(h.finance, "POST", at+"/check", nil).want(http.StatusOK); got.str("state") != "cancelled" {
		t.Errorf("it is %s", got.text)
	}
}
