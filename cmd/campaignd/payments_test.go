package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/bank"
)

// till is a program whose partners pay at simulated providers.
type till struct {
	*testing.T
	dir    string
	stripe *bank.Stripe
	paypal *bank.PayPal
	args   []string

	process *process
	finance caller
	payment string // its path
}

func newTill(t *testing.T) *till {
	t.Helper()
	stripe := &bank.Stripe{Secret: "whsec_of_a_test"}
	server := httptest.NewServer(stripe)
	t.Cleanup(server.Close)
	paypal, err := bank.NewPayPal("WH-OF-A-TEST")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(paypal.Close)
	x := &till{T: t, dir: t.TempDir(), stripe: stripe, paypal: paypal, args: []string{
		"--stripe-key", "sk_test_of_a_test", "--stripe-webhook-secret", stripe.Secret, "--stripe-url", server.URL,
		"--paypal-client-id", "id", "--paypal-secret", "secret_of_a_test", "--paypal-webhook-id", paypal.WebhookID, "--paypal-url", paypal.URL,
	}}
	x.process = start(t, x.dir, x.args...)
	admin := x.process.as(adminKey)
	id := admin.must("POST", "/partners", map[string]any{"name": "Andes", "timezone": "America/Bogota", "currency": "USD"})["id"].(string)
	x.finance = x.process.as(admin.must("POST", "/partners/"+id+"/keys", map[string]any{"role": "finance"})["key"].(string))
	return x
}

// pay asks for a payment; the program may die over it.
func (x *till) pay(provider string) {
	_, _, _ = x.finance.try("POST", "/payments", map[string]any{"provider": provider, "amount": "20.00"})
}

// told delivers a webhook and returns the status; the program may die over it.
func (x *till) told(provider string, w bank.Webhook) (status int) {
	r, err := http.NewRequestWithContext(x.Context(), http.MethodPost, x.process.url+"/api/v1/webhooks/"+provider, bytes.NewReader(w.Body))
	if err != nil {
		x.Fatal(err)
	}
	r.Header = w.Header.Clone()
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// dieAt kills the program at the first request of a kind.
func (x *till) dieAt(method, path string) func(*http.Request) {
	var once atomic.Bool
	return func(r *http.Request) {
		if r.Method == method && strings.HasSuffix(r.URL.Path, path) && once.CompareAndSwap(false, true) {
			_ = x.process.cmd.Process.Kill()
		}
	}
}

// again waits for the program's death and starts it anew over its data.
func (x *till) again() {
	x.Helper()
	select {
	case err := <-x.process.exited:
		x.process.exited <- err
	case <-time.After(patience):
		x.Fatal("the program was not killed, so nothing was tested")
	}
	x.process = start(x.T, x.dir, x.args...)
	x.finance = x.process.as(x.finance.key)
}

// balance waits until the partner has this much, within the minute that a
// recovery may take.
func (x *till) balance(want string) {
	x.Helper()
	eventually(x.T, want+" available", func() bool {
		b := x.finance.must("GET", "/balance", nil)["items"].([]any)[0].(map[string]any)
		return b["available"].(map[string]any)["amount"] == want && b["held"].(map[string]any)["amount"] == "0.00"
	})
}

// begun waits until the one payment waits for its payer.
func (x *till) begun() {
	x.Helper()
	eventually(x.T, "the payment waits for its payer", func() bool {
		all := x.finance.must("GET", "/payments?state=requires_action", nil)["items"].([]any)
		if len(all) == 1 {
			x.payment = "/payments/" + all[0].(map[string]any)["id"].(string)
		}
		return len(all) == 1
	})
}

// killings are the steps of a payment at which the program is killed, and what
// the partner must have in the end.
var killings = []struct {
	step string
	do   func(x *till)
	want string
}{
	{"the capture", func(x *till) {
		x.pay("paypal")
		x.begun()
		x.paypal.Done = x.dieAt("POST", "/capture")
		x.told("paypal", x.paypal.Approve(0))
		x.again()
	}, "20.00"},
	{"between intent and call", func(x *till) {
		die := x.dieAt("POST", "/v1/checkout/sessions")
		x.stripe.Down = func(r *http.Request) bool { die(r); return r.Method == http.MethodPost }
		x.pay("stripe")
		x.stripe.Down = nil
		x.again()
		x.begun()
		x.told("stripe", x.stripe.Attempt(0, "pay"))
	}, "20.00"},
	{"the call", func(x *till) {
		x.stripe.Done = x.dieAt("POST", "/v1/checkout/sessions")
		x.pay("stripe")
		x.stripe.Attempt(0, "pay") // while nobody listens
		x.again()
	}, "20.00"},
	{"the webhook", func(x *till) {
		x.pay("stripe")
		x.stripe.Attempt(0, "challenge")
		x.begun()
		told := x.stripe.Attempt(0, "pay")
		go func() { _ = x.process.cmd.Process.Kill() }()
		x.told("stripe", told)
		x.again()
	}, "20.00"},
	{"after the posting", func(x *till) {
		x.pay("stripe")
		x.begun()
		x.stripe.Done = x.dieAt("GET", "/v1/refunds") // the look-up that confirms what was posted
		told := x.stripe.Attempt(0, "pay")
		x.told("stripe", told)
		x.again()
		x.told("stripe", told)
	}, "20.00"},
	{"the refund", func(x *till) {
		x.pay("stripe")
		x.begun()
		x.told("stripe", x.stripe.Attempt(0, "pay"))
		x.stripe.Done = x.dieAt("POST", "/v1/refunds")
		_, _, _ = x.finance.try("POST", x.payment+"/refund", map[string]any{"amount": "5.00"})
		x.again()
	}, "15.00"},
}

// TestKilledBetweenIntentAndPosting kills the program with kill -9 at each step
// of a payment. What the payer was charged is in the ledger a minute later, and
// once. Webhooks over which it died do not come again.
func TestKilledBetweenIntentAndPosting(t *testing.T) {
	steps := killings
	if testing.Short() {
		steps = steps[:1]
	}
	for _, c := range steps {
		t.Run(c.step, func(t *testing.T) {
			t.Parallel()
			x := newTill(t)
			c.do(x)
			x.balance(c.want)
			x.holds(c.want)
		})
	}
}

// holds compares the partner's money with what the providers have, and looks
// for secrets in the log.
func (x *till) holds(want string) {
	x.Helper()
	if net := x.stripe.Net() + x.paypal.Net(); net != map[string]int64{"20.00": 2000, "15.00": 1500}[want] {
		x.Errorf("the providers have %d cents and the partner %s", net, want)
	}
	if x.stripe.Sessions()+x.paypal.Orders() != 1 {
		x.Errorf("%d sessions and %d orders", x.stripe.Sessions(), x.paypal.Orders())
	}
	if log := x.process.stderr.String(); strings.Contains(log, "of_a_test") {
		x.Errorf("a secret is in the log: %s", log)
	}
	x.process.stop()
	if code, stdout, stderr := command(x.T, "verify", "--data", x.dir); code != 0 {
		x.Errorf("verify: %d %s %s", code, stdout, stderr)
	}
}
