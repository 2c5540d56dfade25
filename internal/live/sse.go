package live

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// events serves a channel as Server-Sent Events: unnamed events whose data is
// the message and whose id is its seq, which a browser sends back as
// Last-Event-ID when it reconnects.
func (h *Hub) events(of kind) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h.enter(r, of)
		if err != nil {
			h.config.Refuse(w, r, err)
			return
		}
		defer v.leave()
		out := &eventStream{w: w, control: http.NewResponseController(w), timeout: h.limits.WriteTimeout}
		if out.open() == nil && r.Method == http.MethodGet { // and not HEAD
			v.run(r.Context(), out)
		}
	})
}

type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	line    []byte // reused
}

// open lifts the server's time limits, which are meant for short requests, and
// sends the headers. From then on each write has its own limit.
func (s *eventStream) open() error {
	_ = s.control.SetReadDeadline(time.Time{})
	header := s.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies must not gather events
	s.w.WriteHeader(http.StatusOK)
	s.limit()
	return s.write("retry: 1000\n\n")
}

func (s *eventStream) limit() { _ = s.control.SetWriteDeadline(time.Now().Add(s.timeout)) }

func (s *eventStream) send(_ context.Context, messages []*message) error {
	s.limit()
	for _, m := range messages {
		if _, err := s.w.Write(s.frame(m)); err != nil {
			return err
		}
	}
	return s.flush()
}

// frame gives no id to the word resync: a client that leaves before the
// snapshot must still say where it really was.
func (s *eventStream) frame(m *message) []byte {
	b := s.line[:0]
	if m.kind != typeResync {
		b = append(b, "id: "...)
		b = strconv.AppendInt(b, m.seq, 10)
		b = append(b, '\n')
	}
	b = append(b, "data: "...)
	b = append(b, m.body...)
	b = append(b, "\n\n"...)
	s.line = b
	return b
}

// beat is an event of its own, which a browser hands to the page: of a comment
// a page never hears, and so not of a connection that has died in silence. It
// carries no data, so that who reads nothing else is not given any.
func (s *eventStream) beat(context.Context) error {
	s.limit()
	return s.write("event: beat\ndata:\n\n")
}

func (s *eventStream) write(text string) error {
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.flush()
}

// flush goes without where the writer cannot: then the server's buffer is all.
func (s *eventStream) flush() error {
	if err := s.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// bye ends the stream. A browser comes back after the time given here; one
// whose credential has ended is then refused, and gives up.
func (s *eventStream) bye(ending) {
	s.limit()
	_ = s.write(fmt.Sprintf("retry: %d\n\n", backOff(rand.Int64N(1<<31)).Milliseconds()))
}
