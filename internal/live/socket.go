package live

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// The codes with which a WebSocket is closed. After 1012, 1013 and 4000 come
// back with your last seq; after 4401 get a valid credential first.
const (
	CloseRestart = websocket.StatusServiceRestart // 1012
	CloseSlow    = websocket.StatusTryAgainLater  // 1013
	CloseRetry   = websocket.StatusCode(4000)
	CloseLapsed  = websocket.StatusCode(4401)
)

var farewells = map[ending]struct {
	code   websocket.StatusCode
	reason string
}{
	endRestart:  {CloseRestart, "the server restarts: reconnect with last_seq"},
	endSlow:     {CloseSlow, "reading too slowly: reconnect with last_seq"},
	endNoChange: {CloseRetry, "no snapshot can be had: reconnect later"},
	endLapsed:   {CloseLapsed, "the credential is no longer valid"},
}

// socket serves a channel as a WebSocket, one message an object.
func (h *Hub) socket(of kind) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h.enter(r, of)
		if err != nil {
			h.config.Refuse(w, r, err)
			return
		}
		defer v.leave()
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			slog.DebugContext(r.Context(), "websocket refused", "error", err)
			return
		}
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		s := &socketStream{conn: conn, limits: h.limits, cancel: cancel, gone: make(chan struct{})}
		go s.read(ctx)
		v.run(ctx, s)
		s.close()
	})
}

type socketStream struct {
	conn   *websocket.Conn
	limits Limits
	cancel context.CancelFunc
	gone   chan struct{} // closed when nothing more can be read
}

// read answers pings and close frames, and takes note when the client leaves.
// What a client says is not listened to.
func (s *socketStream) read(ctx context.Context) {
	defer close(s.gone)
	defer s.cancel()
	s.conn.SetReadLimit(4 << 10)
	for {
		if _, _, err := s.conn.Read(ctx); err != nil {
			return
		}
	}
}

func (s *socketStream) send(ctx context.Context, messages []*message) error {
	ctx, cancel := context.WithTimeout(ctx, s.limits.WriteTimeout)
	defer cancel()
	for _, m := range messages {
		if err := s.conn.Write(ctx, websocket.MessageText, m.body); err != nil {
			return err
		}
	}
	return nil
}

// beat pings without waiting: a client that does not answer in half the time to
// the next ping is closed by the library.
func (s *socketStream) beat(ctx context.Context) error {
	go func() {
		ctx, cancel := context.WithTimeout(ctx, s.limits.Beat/2)
		defer cancel()
		if s.conn.Ping(ctx) != nil {
			s.cancel()
		}
	}()
	return nil
}

// bye says why, and waits a little for the client to agree.
func (s *socketStream) bye(why ending) {
	timer := time.AfterFunc(s.limits.Farewell, s.cancel)
	defer timer.Stop()
	word := farewells[why]
	_ = s.conn.Close(word.code, word.reason)
}

func (s *socketStream) close() {
	s.cancel()
	_ = s.conn.CloseNow()
	<-s.gone
}
