package telemetry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReadyNamesTheCheckThatFails(t *testing.T) {
	broken := errors.New("no database")
	var dbErr error
	h := Handler(NewRegistry(),
		Check{Name: "store", Do: func(context.Context) error { return dbErr }},
		Check{Name: "relay", Do: func(context.Context) error { return nil }})
	for _, tc := range []struct {
		err    error
		path   string
		status int
		want   string
	}{
		{nil, "/healthz", http.StatusOK, `"ok"`},
		{nil, "/readyz", http.StatusOK, `"store":"ok"`},
		{broken, "/readyz", http.StatusServiceUnavailable, `"store":"failing"`},
		{broken, "/healthz", http.StatusOK, `"ok"`},
		{nil, "/metrics", http.StatusOK, "go_goroutines"},
	} {
		dbErr = tc.err
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tc.path, nil))
		if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
			t.Errorf("%s with %v: %d %s", tc.path, tc.err, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "no database") {
			t.Errorf("%s shows the cause", tc.path)
		}
	}
}

func TestSecretsAreStruckOutOfLogs(t *testing.T) {
	var b bytes.Buffer
	NewLogger(&b, slog.LevelInfo).Info("signed in", "session_token", "s3cret", "key_id", "visible")
	if strings.Contains(b.String(), "s3cret") || !strings.Contains(b.String(), "visible") {
		t.Fatal(b.String())
	}
}
