package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
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

// claim is one request's hold of a key.
type claim struct {
	store      Idempotency
	partner    uuid.UUID
	route, key string
}

// idempotent replays the stored answer of a POST that is sent again with the
// same key and body.
func idempotent(store Idempotency, maxBody int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := r.Header.Get("Idempotency-Key")
			if r.Method != http.MethodPost || key == "" || rehearsal(r) {
				next.ServeHTTP(w, r)
				return
			}
			// The role belongs to the route: an answer is replayed only to those
			// who may have asked for it.
			p := principal(r.Context())
			c := claim{store, p.Partner, string(p.Role) + " " + r.URL.Path, key}
			if err := c.serve(w, r, next, maxBody); err != nil {
				WriteProblem(w, r, err)
			}
		})
	}
}

// rehearsal reports whether nothing is to be changed. What is neither true nor
// false is refused by the operation.
func rehearsal(r *http.Request) bool {
	only, _ := strconv.ParseBool(r.URL.Query().Get("validate_only"))
	return only
}

// serve answers from what is stored, or lets next answer and stores that. When
// it returns an error nothing has been written.
func (c claim) serve(w http.ResponseWriter, r *http.Request, next http.Handler, maxBody int64) error {
	if !isKey(c.key) {
		return errKeyMalformed
	}
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	attempt, err := c.store.Begin(r.Context(), c.partner, c.route, c.key, requestHash(r, body))
	if err != nil {
		return err
	}
	if attempt.Answer != nil {
		attempt.Answer.write(w, true)
		return nil
	}
	ctx := context.WithValue(r.Context(), keyReserved, attempt.Reserved)
	answer := c.capture(next, r.WithContext(ctx))
	c.keep(ctx, answer)
	answer.write(w, false)
	return nil
}

// readBody takes the body off the wire and leaves it to be read again.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, errMalformed.With("The body ended before it was complete.").Wrap(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// requestHash tells two requests apart: the query is part of what is asked.
func requestHash(r *http.Request, body []byte) [32]byte {
	query := sha256.Sum256([]byte(r.URL.Query().Encode()))
	return sha256.Sum256(append(query[:], body...))
}

// errShownOnce stands in for an answer that holds a secret, which is never
// stored.
var errShownOnce = fault.New(fault.Conflict, "secret_shown_once",
	"This request was carried out; its answer held a secret, which is shown once and not kept.",
	"If it was lost, revoke the key and issue another.")

// keep stores an answer that a repetition must get again. What failed for
// reasons of ours may succeed next time, so that key is freed.
func (c claim) keep(ctx context.Context, answer Answer) {
	if answer.Status >= http.StatusInternalServerError || answer.Status == http.StatusTooManyRequests {
		c.abandon(ctx)
		return
	}
	if answer.Header.Get("Cache-Control") == "no-store" && answer.Status < http.StatusBadRequest {
		answer = problemAnswer(ctx, errShownOnce)
	}
	if err := c.store.Finish(context.WithoutCancel(ctx), c.partner, c.route, c.key, answer); err != nil {
		slog.WarnContext(ctx, "idempotent answer not stored", "route", c.route, "error", err)
	}
}

func (c claim) abandon(ctx context.Context) {
	if err := c.store.Abandon(context.WithoutCancel(ctx), c.partner, c.route, c.key); err != nil {
		slog.WarnContext(ctx, "idempotency key not freed", "route", c.route, "error", err)
	}
}

func problemAnswer(ctx context.Context, err error) Answer {
	p := problem(ctx, err)
	body, _ := json.Marshal(p) // plain values only
	return Answer{Status: p.Status, Header: http.Header{"Content-Type": {p.ContentType("")}}, Body: body}
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

// capture runs the handler and keeps its answer in memory. A panic frees the
// key on its way up.
func (c claim) capture(next http.Handler, r *http.Request) Answer {
	answered := false
	defer func() {
		if !answered {
			c.abandon(r.Context())
		}
	}()
	to := &capturing{header: http.Header{}, status: http.StatusOK}
	next.ServeHTTP(to, r)
	answered = true
	return Answer{Status: to.status, Header: to.header, Body: to.body.Bytes()}
}

type capturing struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *capturing) Header() http.Header         { return c.header }
func (c *capturing) WriteHeader(status int)      { c.status = status }
func (c *capturing) Write(b []byte) (int, error) { return c.body.Write(b) }
