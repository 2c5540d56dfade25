package dashboard

import (
	"log/slog"
	"net/http"
	"strings"
)

// policy lets a page load our own files and nothing else: no inline script or
// style, no frame, no other host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secured puts the guard against other sites' requests and the headers of every
// page before the handlers. refuse answers what the guard stops.
func secured(next http.Handler, refuse http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(refuse)
	guarded := guard.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		r.Body = http.MaxBytesReader(w, r.Body, formLimit(r.URL.Path))
		guarded.ServeHTTP(w, r)
	})
}

const (
	maxForm = 256 << 10 // bytes of a form
	maxFile = 16 << 30  // and of a form with a list of members, which is read as a stream
)

// formLimit bounds the body of a form.
func formLimit(path string) int64 {
	if strings.HasPrefix(path, "/audiences/") && strings.HasSuffix(path, "/members") {
		return maxFile
	}
	return maxForm
}

// recovered turns a panic into an error page instead of a closed connection.
func recovered(next http.Handler, failed func(http.ResponseWriter, *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			reason := recover()
			if reason == nil {
				return
			}
			if reason == http.ErrAbortHandler { //nolint:errorlint // the very value, as net/http compares it
				panic(reason)
			}
			slog.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "panic", reason)
			failed(w, r)
		}()
		next.ServeHTTP(w, r)
	})
}
