// Package telemetry is how an operator sees the service: structured logs
// without secrets, Prometheus metrics, and the operations port with /healthz
// (the process lives), /readyz (it can serve), /metrics and /debug/pprof.
package telemetry

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// secretWords are parts of attribute names whose values never reach a log.
var secretWords = []string{"secret", "token", "password", "authorization", "cookie", "api_key", "admin_key"}

// NewLogger writes JSON lines; values of attributes that look like secrets are
// struck out.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		for _, word := range secretWords {
			if strings.Contains(strings.ToLower(a.Key), word) {
				return slog.String(a.Key, "[struck out]")
			}
		}
		return a
	}}))
}

// Check is one thing that must hold for the service to be ready.
type Check struct {
	Name string
	Do   func(ctx context.Context) error
	// Optional checks are shown, with what they say, and do not make the
	// service unready: it serves without.
	Optional bool
}

// NewRegistry returns a registry with the figures of the Go runtime.
func NewRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Handler serves the operations port.
func Handler(registry *prometheus.Registry, checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, checks) })
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// ready runs every check and says of each whether it holds.
func ready(w http.ResponseWriter, r *http.Request, checks []Check) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	status, results := http.StatusOK, map[string]string{}
	for _, c := range checks {
		results[c.Name] = "ok"
		err := c.Do(ctx)
		switch {
		case err == nil:
		case c.Optional:
			results[c.Name] = err.Error()
		default:
			slog.WarnContext(ctx, "not ready", "check", c.Name, "error", err)
			status, results[c.Name] = http.StatusServiceUnavailable, "failing"
		}
	}
	word := "ready"
	if status != http.StatusOK {
		word = "not ready"
		w.Header().Set("Retry-After", "1")
	}
	answer(w, status, map[string]any{"status": word, "checks": results})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
