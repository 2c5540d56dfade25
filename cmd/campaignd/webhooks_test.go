package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// receiver is a partner's program: it verifies each request with the reference
// library and refuses the first one, so that it comes again.
type receiver struct {
	mu       sync.Mutex
	secret   string
	refusals int
	bad      []error
	ids      map[string]int
	types    map[string]int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	check, err := standardwebhooks.NewWebhook(r.secret)
	if err == nil {
		err = check.Verify(body, req.Header)
	}
	if err != nil {
		r.bad = append(r.bad, err)
	}
	if r.refusals > 0 {
		r.refusals--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.ids[req.Header.Get("webhook-id")]++
	for _, kind := range []string{"alert.raised", "campaign.paused", "webhook.test"} {
		if strings.Contains(string(body), `"type":"`+kind+`"`) {
			r.types[kind]++
		}
	}
}

func (r *receiver) got(kind string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.types[kind]
}

// A campaign runs out of budget, and the partner's own program is told: each
// event once, signed, also when it was down at first, with the old secret and
// the new.
func TestWebhooksReachAPartnersProgram(t *testing.T) {
	r := &receiver{refusals: 1, ids: map[string]int{}, types: map[string]int{}}
	server := httptest.NewServer(r)
	defer server.Close()
	p := start(t, t.TempDir(), "--webhooks-private")
	_, manager := p.partner()
	made := manager.must("POST", "/webhook-endpoints", map[string]any{"url": server.URL, "events": []string{"alert.*", "campaign.paused"}})
	r.mu.Lock()
	r.secret = made["secret"].(string)
	r.mu.Unlock()
	manager.must("POST", fmt.Sprintf("/webhook-endpoints/%s/rotate-secret", made["id"]), nil) // the old one signs beside it
	id := manager.campaign("10.00", true)
	send(t, manager, id, "11.00")
	eventually(t, "the program is told", func() bool { return r.got("alert.raised") >= 2 && r.got("campaign.paused") == 1 })

	var log []any
	eventually(t, "the refused one is sent again", func() bool {
		pending := manager.must("GET", fmt.Sprintf("/webhook-endpoints/%s/deliveries?status=pending", made["id"]), nil)["items"].([]any)
		log = manager.must("GET", fmt.Sprintf("/webhook-endpoints/%s/deliveries?limit=100", made["id"]), nil)["items"].([]any)
		return len(pending) == 0 && len(log) >= 3
	})
	tries := 0
	for _, item := range log {
		delivery := item.(map[string]any)
		if delivery["status"] == "delivered" && r.ids[delivery["id"].(string)] == 0 {
			t.Errorf("not received: %v", delivery)
		}
		tries += len(delivery["tries"].([]any))
	}
	if tries != len(log)+1 {
		t.Errorf("%d tries of %d deliveries, of which the first one was refused once", tries, len(log))
	}
	if test := manager.must("POST", fmt.Sprintf("/webhook-endpoints/%s/test", made["id"]), nil); test["status"] != 200.0 {
		t.Errorf("test: %v", test)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, n := range r.ids {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if len(r.bad) > 0 {
		t.Errorf("not verified: %v", r.bad)
	}
}
