package webhook

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/webhooks"
)

func message(url string) webhooks.Message {
	return webhooks.Message{URL: url, Body: []byte(`{"type":"x"}`), Header: map[string]string{"webhook-id": "1", "Content-Type": "application/json"}}
}

func TestWhatComesBackIsTold(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ok", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("webhook-id") != "1" || r.ContentLength != 12 {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = fmt.Fprint(w, "taken\x00")
	})
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < 1<<12; i++ {
			_, _ = fmt.Fprint(w, strings.Repeat("x", 1<<10))
		}
	})
	mux.HandleFunc("/broken", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, tt := range []struct {
		path, err string
		status    int
		retry     time.Duration
		answer    int
	}{
		{"/ok", "", 200, 0, 5},
		{"/busy", "", 503, 2 * time.Minute, 0},
		{"/moved", "", 302, 0, 0},
		{"/endless", "", 200, 0, maxAnswer},
		{"/broken", "the connection broke before an answer came", 0, 0, 0},
	} {
		got := New(true).Send(t.Context(), message(server.URL+tt.path))
		if got.Status != tt.status || got.Error != tt.err || got.RetryAfter != tt.retry || len(got.Answer) != tt.answer && tt.status != 302 {
			t.Errorf("%s: %+v", tt.path, got)
		}
	}
}

func TestPrivateAddressesAreNotConnectedTo(t *testing.T) {
	var connected bool
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connected = true }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		got := New(false).Send(t.Context(), message("http://"+host+":"+port+"/"))
		if got.Status != 0 || got.Error != errPrivate.Error() && host != "[::1]" {
			t.Errorf("%s: %+v", host, got)
		}
	}
	if connected {
		t.Error("a private address was connected to")
	}
}

// A name that is checked and then resolves to another address is the usual way
// around such a check: here the second answer is what counts, because the check
// is made on the address of the connection.
func TestRebindingGainsNothing(t *testing.T) {
	for _, address := range []string{"10.0.0.1:443", "169.254.169.254:80", "[fd00::1]:443", "[64:ff9b::a00:1]:443", "192.168.1.1:443", "no address"} {
		if refusePrivate("tcp", address, nil) == nil {
			t.Errorf("%s would be connected to", address)
		}
	}
	if err := refusePrivate("tcp", "93.184.215.14:443", nil); err != nil {
		t.Error(err)
	}
}

func TestNoAnswerHasAReason(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, tt := range []struct {
		ctx       context.Context
		url, want string
	}{
		{t.Context(), closed.URL, "the connection was refused"},
		{t.Context(), secure.URL, "the certificate is not valid for this host"},
		{t.Context(), "http://does-not-exist.invalid/", "the host's name cannot be resolved"},
		{stopped, secure.URL, "this service stopped while it was waiting for an answer"},
	} {
		if got := New(true).Send(tt.ctx, message(tt.url)); got.Error != tt.want || got.Status != 0 {
			t.Errorf("%s: %+v", tt.url, got)
		}
	}
}
