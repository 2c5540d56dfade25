// Package exchange carries one request to an ad platform and one answer back,
// and says what is certain about a call that failed: whether it was sent at all.
package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/hexabuilders/campaignd/platforms"
)

// MaxAnswer bounds what is read of one answer.
const MaxAnswer = 32 << 20

// Timeout is the longest that a call may take; platforms.Timing.CallTime must be
// longer.
const Timeout = 30 * time.Second

// NewClient is an HTTP client for platforms. It follows no redirect: a token
// must not go where somebody else points.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &http.Client{
		Timeout: Timeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Answer is what a platform said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request. Its error is a *platforms.Failure of class NotSent when
// the request certainly did not leave, and Unknown otherwise.
func Do(client *http.Client, req *http.Request) (Answer, error) {
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaderField: func(string, []string) { wrote.Store(true) }}
	resp, err := client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace))) //nolint:gosec // the host is a setting
	if err != nil {
		class := platforms.Unknown
		if !wrote.Load() {
			class = platforms.NotSent
		}
		return Answer{}, &platforms.Failure{Class: class, Message: reason(err)}
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err == nil && len(body) > MaxAnswer {
		err = fmt.Errorf("the answer has more than %d bytes", MaxAnswer)
	}
	if err != nil {
		return Answer{}, &platforms.Failure{Class: platforms.Unknown, Message: reason(err)}
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

// reason words a failure without the request's URL, which may hold a secret.
func reason(err error) string {
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "No answer came in time."
	case errors.As(err, &op) && op.Op == "dial":
		return "The platform cannot be reached."
	case errors.Is(err, context.Canceled):
		return "The service stopped while it waited."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), op != nil:
		return "The connection ended before the answer."
	}
	return "The call broke off."
}

// JSON reads an answer's body into out. An answer that is no JSON, whatever its
// status, leaves the outcome of its call unknown.
func (a Answer) JSON(out any) error {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if kind == "text/html" {
		return &platforms.Failure{Class: platforms.Unknown, Code: fmt.Sprint(a.Status), Message: "The platform answered with a page in place of data."}
	}
	decoder := json.NewDecoder(bytes.NewReader(a.Body))
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		return &platforms.Failure{Class: platforms.Unknown, Code: fmt.Sprint(a.Status), Message: "The platform's answer cannot be read."}
	}
	return nil
}
