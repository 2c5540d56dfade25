package reachdata_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/reachdata"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// house is a provider's service and a clock.
type house struct {
	*reachdata.Provider
	asked  atomic.Int32
	answer atomic.Value // func(http.ResponseWriter, *http.Request)
	now    atomic.Int64
}

func newHouse(t *testing.T, timeout time.Duration) *house {
	t.Helper()
	h := &house{}
	h.now.Store(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC).Unix())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		h.answer.Load().(func(http.ResponseWriter, *http.Request))(w, r)
	}))
	t.Cleanup(server.Close)
	h.Provider = reachdata.New(reachdata.Config{URL: server.URL + "/shares", Token: "secret", Timeout: timeout, Now: func() time.Time { return time.Unix(h.now.Load(), 0) }})
	return h
}

func (h *house) says(text string) {
	h.answer.Store(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func (h *house) fails() {
	h.answer.Store(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
}

func (h *house) pass(d time.Duration) { h.now.Add(int64(d / time.Second)) }

func ask(value string) reach.Ask {
	return reach.Ask{Countries: []string{"CO"}, Wanted: []reach.Wanted{{Criterion: targeting.ByPlatform, Value: value}}}
}

const good = `{"source":"Example Data, March 2026","shares":[{"criterion":"platforms","value":"tiktok","share":0.41,"low":0.38,"high":0.44}]}`

func TestTheProtocol(t *testing.T) {
	h := newHouse(t, time.Minute)
	h.answer.Store(func(w http.ResponseWriter, r *http.Request) {
		var said map[string]any
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil || said["version"] != 1.0 || r.Header.Get("Authorization") != "Bearer secret" || r.URL.Path != "/shares" {
			t.Errorf("%v %v %v", said, r.Header, err)
		}
		_, _ = io.WriteString(w, good)
	})
	got, err := h.Shares(t.Context(), ask("tiktok"))
	if err != nil || got.Source != "Example Data, March 2026" || got.Shares[0].Mid != 0.41 {
		t.Fatalf("%+v %v", got, err)
	}
	for range 3 { // kept for an hour
		if _, err := h.Shares(t.Context(), ask("tiktok")); err != nil {
			t.Fatal(err)
		}
	}
	h.pass(61 * time.Minute)
	if _, err := h.Shares(t.Context(), ask("tiktok")); err != nil || h.asked.Load() != 2 {
		t.Errorf("asked %d times, %v", h.asked.Load(), err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	h := newHouse(t, time.Minute)
	for i, text := range []string{"", "[]", `{"shares":[]}`, `{"source":"` + strings.Repeat("x", 1<<20) + `"}`} {
		h.says(text)
		if _, err := h.Shares(t.Context(), ask(string(rune('a'+i)))); err == nil {
			t.Errorf("%.40s passes", text)
		}
	}
}

// After five failures the provider is left alone, then tried by one request.
func TestTheCircuitBreaker(t *testing.T) {
	h := newHouse(t, time.Minute)
	h.fails()
	for range 8 {
		if _, err := h.Shares(t.Context(), ask("x")); err == nil {
			t.Fatal("a failure passes")
		}
	}
	if n := h.asked.Load(); n != 5 {
		t.Errorf("asked %d times", n)
	}
	h.pass(31 * time.Second)
	_, _ = h.Shares(t.Context(), ask("x"))
	_, _ = h.Shares(t.Context(), ask("x"))
	if n := h.asked.Load(); n != 6 {
		t.Errorf("asked %d times after the rest", n)
	}
	h.says(good)
	h.pass(31 * time.Second)
	for _, value := range []string{"a", "b"} {
		if _, err := h.Shares(t.Context(), ask(value)); err != nil {
			t.Error(err)
		}
	}
}

func TestASlowProviderIsNotWaitedFor(t *testing.T) {
	h := newHouse(t, 10*time.Millisecond)
	h.answer.Store(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see the client go
		<-r.Context().Done()
	})
	if _, err := h.Shares(t.Context(), ask("x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
