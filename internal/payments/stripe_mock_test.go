package payments_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// Every call that we make has the shape that Stripe's own description of its API
// asks for, and what it answers can be read.
func TestCallsHaveTheShapeThatStripeAsksFor(t *testing.T) {
	stripe := payments.NewStripe(payments.StripeConfig{Key: "sk_test_123", WebhookSecrets: []string{secret}, URL: testenv.StripeMock(t)})
	st := payment.State{ID: uuid.New(), Provider: payment.Stripe, Amount: usd(20), ReturnURL: "https://andes.test/billing", Key: "k", CreatedAt: time.Now()}
	made, err := stripe.Create(t.Context(), st)
	if err != nil || made.ProviderID == "" || made.Phase == "" {
		t.Fatalf("create: %+v %v", made, err)
	}
	if _, found, err := stripe.Lookup(t.Context(), st); err != nil || found {
		t.Errorf("a session that is not ours: %t %v", found, err)
	}
	st.ProviderID = made.ProviderID
	if r, found, err := stripe.Lookup(t.Context(), st); err != nil || !found || r.ProviderID != st.ProviderID {
		t.Errorf("look up: %+v %t %v", r, found, err)
	}
	if _, err := stripe.Capture(t.Context(), st); err != nil {
		t.Errorf("capture: %v", err)
	}
	st.Facts = []payment.Fact{{Kind: payment.Capture, ID: "pi_1", Amount: st.Amount.Micros, Step: payment.Moved}}
	asked := payment.Refund{ID: uuid.New(), Amount: st.Amount.Micros, Key: "r"}
	if r, err := stripe.Refund(t.Context(), st, asked); err != nil || len(r.Facts) != 1 {
		t.Errorf("refund: %+v %v", r, err)
	}
}
