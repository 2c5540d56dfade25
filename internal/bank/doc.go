// Package bank is Stripe and PayPal as far as tests need them: servers that
// keep what was paid, answer a repeated key with the first answer, and tell of
// everything by signed webhooks. Tests act for the payer and for the payer's
// bank, and say which answers are lost. Only tests import it.
package bank

import (
	"net/http"
	"sync"
)

// common is what both have: one thing at a time, keys, and faults.
type common struct {
	mu    sync.Mutex
	keys  map[string]kept
	count int

	// Lose, when it says so, carries a request out and answers 500.
	Lose func(r *http.Request) bool
	// Down, when it says so, answers 503 without looking.
	Down func(r *http.Request) bool
	// Done is called when a request was carried out and before it is answered.
	Done func(r *http.Request)
}

// kept is the first answer to a key.
type kept struct {
	status int
	body   any
}

// once answers a key's repetition with its first answer.
func (c *common) once(key string, do func() (int, any)) (int, any) {
	if first, ok := c.keys[key]; ok && key != "" {
		return first.status, first.body
	}
	status, body := do()
	if key != "" && status < http.StatusInternalServerError {
		if c.keys == nil {
			c.keys = map[string]kept{}
		}
		c.keys[key] = kept{status, body}
	}
	return status, body
}

// serve answers a request that do carries out, or loses the answer.
func (c *common) serve(w http.ResponseWriter, r *http.Request, do func() (int, any), write func(http.ResponseWriter, int, any)) {
	if c.Down != nil && c.Down(r) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	c.mu.Lock()
	status, body := do()
	c.mu.Unlock()
	if c.Done != nil {
		c.Done(r)
	}
	if c.Lose != nil && c.Lose(r) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	write(w, status, body)
}

// ForgetKeys lets keys be used again.
func (c *common) ForgetKeys() { c.mu.Lock(); defer c.mu.Unlock(); c.keys = nil }
