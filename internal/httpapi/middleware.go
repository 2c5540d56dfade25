package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

type contextKey int

const (
	keyRequestID contextKey = iota
	keyPrincipal
	keyReserved
)

// requestID is the id of the request that ctx belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// principal is who sent the request; the zero Principal may do nothing.
func principal(ctx context.Context) partners.Principal {
	p, _ := ctx.Value(keyPrincipal).(partners.Principal)
	return p
}

// withRequestID gives every request an id, in the log, in problems and in
// X-Request-Id. A client's own is kept when it is a plain short token.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !isToken(id) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyRequestID, id)))
	})
}

func isToken(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// recovered turns a panic into a 500 that is logged with its stack.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // panics carry the value itself
				panic(v)
			}
			slog.ErrorContext(r.Context(), "panic", "value", v, "request_id", requestID(r.Context()), "stack", string(debug.Stack()))
			WriteProblem(w, r, errInternal)
		}()
		next.ServeHTTP(w, r)
	})
}

// logged writes one line a request, without bodies, keys or query values.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		c := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(c, r)
		level := slog.LevelDebug
		if c.status >= 500 {
			level = slog.LevelWarn
		}
		slog.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", c.status,
			"ms", time.Since(start).Milliseconds(), "request_id", requestID(r.Context()))
	})
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Authenticator turns a request's credential into who it is.
type Authenticator interface {
	// Authenticate returns a fault of kind Unauthorized without a valid credential.
	Authenticate(r *http.Request) (partners.Principal, error)
}

// authenticated refuses requests without a valid credential.
func authenticated(auth Authenticator) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, err := auth.Authenticate(r)
			if err != nil {
				WriteProblem(w, r, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyPrincipal, p)))
		})
	}
}

// readable refuses a query with bytes that are no text, which stores take each
// in their own way.
func readable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			for name, values := range r.URL.Query() {
				if text := strings.Join(values, ""); strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
					WriteProblem(w, r, errMalformed.WithFields(fault.Field{Path: name, Code: "not_text", Detail: "It contains bytes that are no text.", Allow: "UTF-8 without NUL"}))
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}
