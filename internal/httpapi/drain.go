package httpapi

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// How much is still taken of a body after its refusal, and for how long. A
// client that wrote twice what POST /metrics takes, over a line of 50 Mbit/s,
// gets its answer.
const (
	drainBytes = 64 << 20
	drainTime  = 10 * time.Second

	// smallBody is what the server itself takes of a body that nobody reads.
	smallBody = 256 << 10
)

// Drained answers a refusal at once and then reads on for a while. Many clients
// write their whole body before they look for an answer; closing a connection
// on what they still send resets it, and they would learn that and not why they
// were refused. Those who listen while they send see that the connection ends
// and stop.
func Drained(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if 0 <= r.ContentLength && r.ContentLength <= smallBody {
			next.ServeHTTP(w, r)
			return
		}
		body := &countedBody{Reader: r.Body}
		body.asked.Store(r.Header.Get("Expect") == "")
		answer := &refusalWriter{ResponseWriter: w, body: body}
		r = r.WithContext(r.Context()) // the server looks at its own request's body when it ends the connection
		r.Body = body
		next.ServeHTTP(answer, r)
		if answer.early {
			drain(http.NewResponseController(w), body)
		}
	})
}

func drain(c *http.ResponseController, body io.Reader) {
	if c.Flush() != nil || c.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, body, drainBytes)
}

// countedBody is a request's body that knows whether more of it is on its way.
// Its reader may be another goroutine than the one that answers.
type countedBody struct {
	io.Reader
	asked atomic.Bool // a client that asks first begins to send at the first read
	ended atomic.Bool
}

func (b *countedBody) Read(into []byte) (int, error) {
	b.asked.Store(true)
	n, err := b.Reader.Read(into)
	if err != nil {
		b.ended.Store(true)
	}
	return n, err
}

// Close leaves the body open, to be drained; the server closes it in the end.
func (b *countedBody) Close() error { return nil }

// refusalWriter makes a refusal that comes before the end of the body the last
// answer of its connection.
type refusalWriter struct {
	http.ResponseWriter
	body  *countedBody
	early bool
}

func (w *refusalWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest && w.body.asked.Load() && !w.body.ended.Load() {
		w.early = http.NewResponseController(w.ResponseWriter).EnableFullDuplex() == nil
		w.Header().Set("Connection", "close")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (w *refusalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
