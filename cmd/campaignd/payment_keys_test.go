package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hexabuilders/campaignd/internal/bank"
)

// keysFile is a file of payment keys and how it is written.
func keysFile(t *testing.T) (path string, write func(text string)) {
	path = filepath.Join(t.TempDir(), "keys.yaml")
	return path, func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".next", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".next", path); err != nil {
			t.Fatal(err)
		}
	}
}

// Keys of payment providers take each other's place while the program runs: the
// new secret of a webhook beside the old one, then alone. No webhook that is
// signed with one that holds is refused meanwhile, and a file that cannot be
// taken changes nothing.
func TestPaymentKeysChangeWithoutARestart(t *testing.T) {
	const key, old, next = "stripe-key: sk_test_of_a_test\nstripe-webhook-secret: ", "whsec_old_of_a_test", "whsec_next_of_a_test"
	file, write := keysFile(t)
	write(key + old)
	p := start(t, t.TempDir(), "--payment-keys", file)
	x := &till{T: t, process: p}
	tell := func(secret string) int {
		return x.told("stripe", (&bank.Stripe{Secret: secret}).Sign([]byte(`{"object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_of_somebody"}}}`)))
	}
	both := func(when string, first, second int) {
		t.Helper()
		if a, b := tell(old), tell(next); a != first || b != second {
			t.Errorf("%s: the old one %d, the new one %d", when, a, b)
		}
	}
	both("at first", http.StatusOK, http.StatusBadRequest)

	var signs atomic.Value // the secret that the provider signs with
	signs.Store(old)
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		for sent := 0; ; sent++ {
			select {
			case <-stop:
				done <- sent
				return
			default:
			}
			if secret := signs.Load().(string); tell(secret) != http.StatusOK {
				t.Errorf("%s is refused", secret)
			}
		}
	}()
	write(key + "[" + next + ", " + old + "]")
	eventually(t, "the new secret holds too", func() bool { return tell(next) == http.StatusOK })
	both("both", http.StatusOK, http.StatusOK)
	signs.Store(next)

	write("stripe-key: sk_test_of_a_test\nstripe-webhok-secret: " + old)
	eventually(t, "a wrong file is told", func() bool { return strings.Contains(p.stderr.String(), "payment keys not taken") })
	both("after a wrong file", http.StatusOK, http.StatusOK)
	write(key + next)
	eventually(t, "the old one no longer holds", func() bool { return tell(old) == http.StatusBadRequest })
	both("in the end", http.StatusBadRequest, http.StatusOK)
	close(stop)
	if sent := <-done; sent < 10 {
		t.Errorf("only %d webhooks were sent meanwhile", sent)
	}
	if strings.Contains(p.stderr.String(), "of_a_test") {
		t.Errorf("a secret is in the log: %s", p.stderr.String())
	}
}

// Keys in two places, and a file without what is needed, are refused at the start.
func TestPaymentKeysAreInOnePlace(t *testing.T) {
	file, write := keysFile(t)
	for text, args := range map[string][]string{
		"stripe-key: sk_of_a_test\nstripe-webhook-secret: whsec_of_a_test": {"--paypal-client-id", "id"},
		"stripe-key: sk_of_a_test": nil,
		"secret_of_a_test":         nil,
	} {
		write(text)
		code, _, stderr := command(t, append([]string{"serve", "--data", t.TempDir(), "--payment-keys", file}, args...)...)
		if code == 0 || !strings.Contains(stderr, "payment-keys: ") || strings.Contains(stderr, "of_a_test") {
			t.Errorf("%q: %d %s", text, code, stderr)
		}
	}
}
