package dashboard

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
)

// inDollars is what payments of these tests need of a partner.
type inDollars struct{}

func (inDollars) Terms(context.Context, uuid.UUID) (payment.Terms, error) {
	return payment.Terms{Currency: "USD", Zone: time.UTC}, nil
}

// paymentsOf are payments through the simulation, whose page is served apart.
func (w *world) paymentsOf(db *sqlstore.DB) *payment.Service {
	var service *payment.Service
	var home string
	simulated := payments.NewSimulated(func() string { return home }, func(ctx context.Context, id uuid.UUID) {
		_, err := service.Check(ctx, event.Origin{Kind: event.ActorReaction, ID: "simulated"}, uuid.Nil, id)
		must(w.t, err)
	}, time.Now)
	server := httptest.NewServer(simulated)
	w.t.Cleanup(server.Close)
	home = server.URL
	service = payment.NewService(payment.Config{
		Store: db.Payments(), Queue: db.Payments(), Purses: db.Payments(), Partners: inDollars{}, Home: func() string { return home }, Now: time.Now,
		Gateways: map[payment.Provider]payment.Gateway{payment.Simulated: simulated},
	})
	return service
}

var goesOn = regexp.MustCompile(`href="(http://[^"]+/simulated-payments/[^"]+)"`)

// outcome is what the payer decides on the provider's page.
func (w *world) outcome(page, what string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, page, strings.NewReader("outcome="+what))
	must(w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	must(w.t, err)
	must(w.t, answer.Body.Close())
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, w.url+"/billing?payment=") {
		w.t.Errorf("the payer comes back to %q: %d", to, answer.StatusCode)
	}
}

func TestPayingInFromTheBillingPage(t *testing.T) {
	w := newWorld(t)
	finance := w.session(partners.RoleFinance)
	_, body, _ := w.get("/billing", finance, "en")
	has(t, body, "Balance", "Available", "Pay in", "Simulation (no money moves)", "Nothing has been paid in yet")
	id := uuid.NewString()
	form := url.Values{"id": {id}, "amount": {"120.50"}, "provider": {"simulated"}}.Encode()
	for range 2 { // a second click
		if status, _, header := w.post("/billing/payments", finance, form); status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), "/billing?payment="+id) {
			t.Fatalf("paying leads to %q: %d", header.Get("Location"), status)
		}
	}
	status, body, _ := w.post("/billing/payments", finance, strings.Replace(form, "120.50", "130", 1)) // back, and another amount
	if has(t, body, "This was sent before with another amount"); status != http.StatusConflict || strings.Contains(body, `name="id" value="`+id) {
		t.Errorf("another amount: %d", status)
	}
	_, body, _ = w.get("/billing?payment="+id, finance, "en")
	has(t, body, "Waiting for you", "Go on to pay", "Check now")
	page := goesOn.FindStringSubmatch(body)
	if page == nil {
		t.Fatal("the payer is not led on")
	}
	w.outcome(page[1], "decline")
	_, body, _ = w.get("/billing", finance, "es")
	has(t, body, "Fallido", "card_declined", "Ir a pagar")
	w.outcome(page[1], "pay")
	_, body, _ = w.get("/billing?payment="+id, finance, "en")
	has(t, body, "It is in your balance", "120.50", "Refund")
	if strings.Contains(body, "Go on to pay") {
		t.Error("what is paid can be paid again")
	}
	back := url.Values{"refund": {uuid.NewString()}, "currency": {"USD"}, "amount": {"20.50"}}
	for range 2 {
		if status, _, _ := w.post("/billing/payments/"+id+"/refund", finance, back.Encode()); status != http.StatusSeeOther {
			t.Fatalf("refunding: %d", status)
		}
	}
	_, body, _ = w.get("/billing", finance, "en")
	has(t, body, "Partly refunded", "100.00", "Payments, as the provider confirms them")
}

func TestPayingIsRefusedOnThePage(t *testing.T) {
	w := newWorld(t)
	finance := w.session(partners.RoleFinance)
	for form, says := range map[string]string{
		"amount=abc&provider=simulated": "Something is not right yet",
		"amount=0&provider=simulated":   "Something is not right yet",
		"amount=10.00&provider=stripe":  "This provider is not connected",
	} {
		status, body, _ := w.post("/billing/payments", finance, form)
		if status/100 != 4 || !strings.Contains(body, says) || !strings.Contains(body, `value="`+form[len("amount="):strings.Index(form, "&")]+`"`) {
			t.Errorf("%s: %d", form, status)
		}
	}
	for _, role := range []partners.Role{partners.RoleManager, partners.RoleAnalyst} {
		who := w.session(role)
		if status, _, _ := w.post("/billing/payments", who, "amount=10&provider=simulated"); status != http.StatusForbidden {
			t.Errorf("%s pays: %d", role, status)
		}
		_, body, _ := w.get("/billing", who, "en")
		if strings.Contains(body, "/billing/payments") {
			t.Errorf("%s is offered to pay", role)
		}
	}
	if status, _, _ := w.post("/billing/payments/"+uuid.NewString()+"/check", finance, ""); status != http.StatusNotFound {
		t.Errorf("an unknown payment: %d", status)
	}
}
