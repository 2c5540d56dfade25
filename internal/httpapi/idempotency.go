package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// Answer is a stored answer to a request that carried an Idempotency-Key.
type Answer struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// Attempt is what is known of an Idempotency-Key when a request arrives.
type Attempt struct {
	// Reserved is the id that the thing created under this key has. It is
	// chosen once, before the first try, so that a try after a crash finds what
	// an earlier one made rather than making a second.
	Reserved uuid.UUID
	// Answer is the stored answer of a finished request; nil while there is none.
	Answer *Answer
}

// Idempotency keeps keys and answers for 24 hours.
type Idempotency interface {
	// Begin claims a key for one partner and route. It returns ErrKeyReused when
	// the key was used with another body, and ErrKeyBusy while another request
	// with it is under way (for a minute at most: after that it is taken to have
	// died, and may be tried again).
	Begin(ctx context.Context, partner uuid.UUID, route, key string, body [32]byte) (Attempt, error)
	// Finish stores the answer.
	Finish(ctx context.Context, partner uuid.UUID, route, key string, answer Answer) error
	// Abandon frees a key whose request failed for reasons of ours.
	Abandon(ctx context.Context, partner uuid.UUID, route, key string) error
}

var (
	// ErrKeyReused refuses a key that came with another body before.
	ErrKeyReused = fault.New(fault.Conflict, "idempotency_key_reused",
		"This Idempotency-Key was used with another body.", "Use a new key for a new request; repeat a request with exactly the same body.")
	// ErrKeyBusy refuses a key whose first request is still under way.
	ErrKeyBusy = fault.New(fault.Conflict, "idempotency_key_busy",
		"A request with this Idempotency-Key is under way.", "Wait a second and repeat the request.").After(time.Second)
	errKeyMalformed = fault.New(fault.Malformed, "idempotency_key_malformed",
		"An Idempotency-Key has 16 to 255 visible ASCII characters.", "Send a random one, such as a UUID.")
)

// idempotent replays the stored answer of a POST that is sent again with the
// same key and body.
func idempotent(store Idempotency, maxBody int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := r.Header.Get("Idempotency-Key")
			if r.Method != http.MethodPost || key == "" || r.URL.Query().Get("validate_only") == "true" {
				next.ServeHTTP(w, r)
				return
			}
			if !isKey(key) {
				writeProblem(w, r, errKeyMalformed)
				return
			}
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err != nil {
				writeProblem(w, r, errTooLarge(maxBody))
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			partner, route := principal(r.Context()).Partner, r.URL.Path
			attempt, err := store.Begin(r.Context(), partner, route, key, sha256.Sum256(body))
			if err != nil {
				writeProblem(w, r, err)
				return
			}
			if attempt.Answer != nil {
				attempt.Answer.write(w, true)
				return
			}
			answer := capture(next, w, r.WithContext(context.WithValue(r.Context(), keyReserved, attempt.Reserved)))
			keep(r.Context(), store, partner, route, key, answer)
			answer.write(w, false)
		})
	}
}

// shownOnce stands in for an answer that holds a secret, which is never stored.
var shownOnce = func() Answer {
	p := problem(fault.New(fault.Conflict, "secret_shown_once", "This request was carried out; its answer held a secret, which is shown once and not kept.",
		"If it was lost, revoke the key and issue another."))
	body, _ := json.Marshal(p)
	return Answer{Status: p.Status, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: body}
}()

// keep stores an answer that a repetition must get again. What failed for
// reasons of ours may succeed next time, so that key is freed.
func keep(ctx context.Context, store Idempotency, partner uuid.UUID, route, key string, answer Answer) {
	ctx = context.WithoutCancel(ctx)
	var err error
	if answer.Header.Get("Cache-Control") == "no-store" && answer.Status < 300 {
		answer = shownOnce
	}
	if answer.Status >= 500 || answer.Status == http.StatusTooManyRequests {
		err = store.Abandon(ctx, partner, route, key)
	} else {
		err = store.Finish(ctx, partner, route, key, answer)
	}
	if err != nil {
		slog.WarnContext(ctx, "idempotent answer not stored", "route", route, "error", err)
	}
}

// reservedID is the id that a thing created by this request has: the one its
// Idempotency-Key reserved, or a new one.
func reservedID(ctx context.Context) uuid.UUID {
	if id, ok := ctx.Value(keyReserved).(uuid.UUID); ok {
		return id
	}
	return uuid.Must(uuid.NewV7())
}

func isKey(s string) bool {
	if len(s) < 16 || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

func errTooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "too_large", "The body is larger than this operation takes.", "Send less at once, or stream NDJSON or CSV.").
		WithExtra("limit_bytes", limit)
}

func (a *Answer) write(w http.ResponseWriter, replayed bool) {
	for k, v := range a.Header {
		w.Header()[k] = v
	}
	if replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// capture runs the handler and keeps its answer in memory.
func capture(next http.Handler, w http.ResponseWriter, r *http.Request) Answer {
	c := &capturing{header: w.Header().Clone(), status: http.StatusOK}
	next.ServeHTTP(c, r)
	return Answer{Status: c.status, Header: c.header, Body: c.body.Bytes()}
}

type capturing struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *capturing) Header() http.Header         { return c.header }
func (c *capturing) WriteHeader(status int)      { c.status = status }
func (c *capturing) Write(b []byte) (int, error) { return c.body.Write(b) }
