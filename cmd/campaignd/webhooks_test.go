package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
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

// A program that is gone is disabled at once: its owner is called, once, until it
// is switched on again, and then what failed can be sent again.
func TestAnEndpointThatIsGoneCallsItsOwner(t *testing.T) {
	var gone atomic.Bool
	var arrived atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusGone)
			return
		}
		arrived.Add(1)
	}))
	defer server.Close()
	gone.Store(true)
	p := start(t, t.TempDir(), "--webhooks-private")
	_, manager := p.partner()
	made := manager.must("POST", "/webhook-endpoints", map[string]any{"url": server.URL, "events": []string{"campaign.*"}})
	at := fmt.Sprintf("/webhook-endpoints/%s", made["id"])
	manager.campaign("10.00", true)
	eventually(t, "the owner is called", func() bool { return fmt.Sprint(manager.platformAlerts("webhook_disabled")) == "[FIRING]" })
	if got := manager.must("GET", at, nil); got["enabled"] != false || got["disabled_because"] != "gone" {
		t.Errorf("%v", got)
	}
	all := map[string]any{"failed_since": "2020-01-01T00:00:00Z"}
	for _, path := range []string{at + "/redeliver", at + "/redeliver?validate_only=true"} {
		if status, body, err := manager.try("POST", path, all); err != nil || status != http.StatusConflict {
			t.Errorf("%s while it is disabled: %d %s %v", path, status, body, err)
		}
	}
	gone.Store(false)
	manager.must("PATCH", at, map[string]any{"enabled": true}, "If-Match", manager.etag(at))
	eventually(t, "the call is over", func() bool { return fmt.Sprint(manager.platformAlerts("webhook_disabled")) == "[RESOLVED]" })
	if queued := manager.must("POST", at+"/redeliver", all)["queued"].(float64); queued < 1 {
		t.Errorf("%v queued", queued)
	}
	eventually(t, "what failed arrives", func() bool {
		return arrived.Load() > 0 && len(manager.must("GET", at+"/deliveries?status=failed", nil)["items"].([]any)) == 0
	})
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
