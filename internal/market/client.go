package market

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// client speaks the public API with one key, and tries again what may succeed
// later.
type client struct {
	http     *http.Client
	base     string // up to and with /api/v1
	key      string
	patience time.Duration // how long a request is tried again
}

// Problem is a refusal as the API words it.
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fields []struct {
		Path   string `json:"path"`
		Detail string `json:"detail"`
	} `json:"errors"`
}

func (p *Problem) Error() string {
	text := fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail)
	for _, f := range p.Fields {
		text += " " + f.Path + ": " + f.Detail
	}
	return text
}

// request is one call.
type request struct {
	method, path string
	in, out      any    // bodies, JSON but for a file; nil for none
	ifMatch      string // of a change
	repeatable   bool   // a POST that is safe to repeat as it is
}

// file is a body that is sent as it is.
type file struct {
	media string
	data  []byte
}

// do sends a request until it is answered and returns the answer's ETag. It
// fails with a *Problem that is no use to repeat, with the last failure when
// patience is over, or with ctx's error.
func (c *client) do(ctx context.Context, r request) (etag string, err error) {
	body, err := r.body()
	if err != nil {
		return "", err
	}
	// One key for all tries: whichever of them arrives first is the one done.
	idempotency := uuid.NewString()
	until := time.Now().Add(c.patience)
	for delay := 100 * time.Millisecond; ; delay = min(2*delay, 5*time.Second) {
		etag, wait, err := c.try(ctx, r, body, idempotency)
		if err == nil || !again(err) {
			return etag, err
		}
		wait = max(wait, delay/2+rand.N(delay))
		if time.Now().Add(wait).After(until) {
			return "", fmt.Errorf("%s %s: %w", r.method, r.path, err)
		}
		if err := pause(ctx, wait); err != nil {
			return "", err
		}
	}
}

func (r request) body() ([]byte, error) {
	switch in := r.in.(type) {
	case nil:
		return nil, nil
	case file:
		return in.data, nil
	default:
		return json.Marshal(in)
	}
}

// again reports whether a failure may be gone the next time: a lost connection
// or a service that asks for patience. A disk that is full stays full until
// somebody makes room: setting up ends with that, and deliveries wait for their
// next turn.
func again(err error) bool {
	var p *Problem
	if !errors.As(err, &p) {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, errAnswer)
	}
	if p.Code == "storage_full" {
		return false
	}
	return p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable ||
		p.Status == http.StatusBadGateway || p.Status == http.StatusGatewayTimeout || p.Code == "idempotency_key_busy"
}

var errAnswer = errors.New("the answer cannot be read")

// try sends a request once. wait is what the service asks for before the next.
func (c *client) try(ctx context.Context, r request, body []byte, idempotency string) (etag string, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(body))
	if err != nil {
		return "", 0, errors.Join(errAnswer, err)
	}
	c.dress(req, r, idempotency)
	resp, err := c.http.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return "", 0, err
	}
	if resp.StatusCode >= 300 {
		return "", retryAfter(resp), problem(resp.StatusCode, answer)
	}
	if r.out != nil {
		if err := json.Unmarshal(answer, r.out); err != nil {
			return "", 0, fmt.Errorf("%s %s: %w: %w", r.method, r.path, errAnswer, err)
		}
	}
	return resp.Header.Get("ETag"), 0, nil
}

func (c *client) dress(req *http.Request, r request, idempotency string) {
	req.Header.Set("Authorization", "Bearer "+c.key)
	switch in := r.in.(type) {
	case nil:
	case file:
		req.Header.Set("Content-Type", in.media)
	default:
		req.Header.Set("Content-Type", "application/json")
	}
	if r.method == http.MethodPost && !r.repeatable {
		req.Header.Set("Idempotency-Key", idempotency)
	}
	if r.ifMatch != "" {
		req.Header.Set("If-Match", r.ifMatch)
	}
}

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Minute)
}

func problem(status int, body []byte) *Problem {
	p := &Problem{}
	if json.Unmarshal(body, p) != nil || p.Code == "" {
		p.Code, p.Detail = "http", strings.TrimSpace(string(body[:min(len(body), 200)]))
	}
	p.Status = status
	return p
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
