package bus

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/hexabuilders/campaignd/event"
)

// TestABatchIsBoundedByNumberAndBySize: hundreds of small messages come in one
// batch, and large ones do not fill the memory.
func TestABatchIsBoundedByNumberAndBySize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                        string
		size, messages, least, most int
	}{
		{"small", 200, 300, 256, 256},
		{"large", 512 << 10, 20, 8, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			broker, err := StartEmbedded(EmbeddedConfig{Addr: "127.0.0.1:0", Dir: t.TempDir()})
			b := begun(t, broker, err)
			messages := make([]event.Message, tt.messages)
			for i := range messages {
				messages[i] = message(i, "a")
				messages[i].Body = bytes.Repeat([]byte("x"), tt.size)
			}
			b.publish(t, messages...)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			greatest, got := 0, 0
			_ = b.Consume(ctx, Subscription{Topic: topic, Group: "bounded", Batch: 256}, func(_ context.Context, batch []event.Message) error {
				greatest, got = max(greatest, len(batch)), got+len(batch)
				if got >= tt.messages {
					cancel()
				}
				return nil
			})
			if got != tt.messages || greatest < tt.least || greatest > tt.most {
				t.Errorf("%d of %d messages, at most %d at a time; want %d to %d", got, tt.messages, greatest, tt.least, tt.most)
			}
		})
	}
}

// line carries bytes between a client and a server, until it is cut. deaf, it
// carries no answers, as a server that dies after it was asked.
type line struct {
	listener net.Listener
	deaf     atomic.Bool
	asked    chan struct{} // something was said to the server while it was deaf

	mu    sync.Mutex
	conns []net.Conn
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &line{listener: l, asked: make(chan struct{}, 1)}
	t.Cleanup(x.cut)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", to)
			if err != nil {
				_ = client.Close()
				return
			}
			x.mu.Lock()
			x.conns = append(x.conns, client, server)
			x.mu.Unlock()
			go x.carry(client, server, func() bool { return false })
			go x.carry(server, client, x.deaf.Load)
		}
	}()
	return x
}

func (x *line) carry(from, to net.Conn, lost func() bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if lost() {
			select {
			case x.asked <- struct{}{}:
			default:
			}
			continue
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// cut ends every connection, and lets no new one through.
func (x *line) cut() {
	_ = x.listener.Close()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, c := range x.conns {
		_ = c.Close()
	}
}

// The answer to a batch that was under way when the connection broke never
// comes: the batch has failed at once, and not when waiting has become too long.
func TestABatchUnderWayFailsWithTheConnection(t *testing.T) {
	t.Parallel()
	server, err := StartEmbedded(EmbeddedConfig{Addr: "127.0.0.1:0", Dir: t.TempDir()})
	begun(t, server, err)
	x := newLine(t, strings.TrimPrefix(server.URL(), "nats://"))
	opened, err := Open(Target{URL: "nats://" + x.listener.Addr().String()})
	b := begun(t, opened, err)
	b.publish(t, message(0, "a"))
	x.deaf.Store(true)
	failed := make(chan error, 1)
	go func() { failed <- b.Publish(t.Context(), []event.Message{message(1, "a"), message(2, "a")}) }()
	<-x.asked
	x.cut()
	if err := <-failed; !errors.Is(err, errNotConnected) {
		t.Errorf("%v", err)
	}
	if err := b.Publish(t.Context(), []event.Message{message(1, "a")}); !errors.Is(err, errNotConnected) {
		t.Errorf("while it is away: %v", err)
	}
}

// counted is a log that counts the lines about a topic.
type counted struct {
	slog.Handler
	topic string
	lines *atomic.Int64
}

func (c counted) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "topic" && a.Value.String() == c.topic {
			c.lines.Add(1)
		}
		return true
	})
	return nil
}

// An hour without a broker is a line in the log now and then, not one a second.
func TestABrokerThatIsAwayDoesNotFillTheLog(t *testing.T) {
	lines, before := &atomic.Int64{}, slog.Default()
	slog.SetDefault(slog.New(counted{before.Handler(), "away", lines}))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		log := &complaints{sub: Subscription{Topic: "away"}}
		for range 60 * 60 {
			log.report(t.Context(), errNotConnected)
			time.Sleep(retry)
		}
	})
	if got := lines.Load(); got != 240 {
		t.Errorf("%d lines in an hour", got)
	}
}

// heldMessage counts how often the server is told that it is worked on.
type heldMessage struct {
	jetstream.Msg
	told atomic.Int64
}

func (m *heldMessage) InProgress() error {
	m.told.Add(1)
	return nil
}

// A handler that takes ten times as long as the server waits keeps its messages;
// one that has ended, or failed, claims nothing further.
func TestASlowHandlerKeepsItsMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &heldMessage{}, &heldMessage{}
		err := whileHeld([]jetstream.Msg{a, b}, func() error {
			for range 20 {
				before := a.told.Load()
				time.Sleep(ackWait / 2)
				synctest.Wait()
				if a.told.Load() == before || b.told.Load() != a.told.Load() {
					t.Fatalf("told %d and %d times, %d before half the wait", a.told.Load(), b.told.Load(), before)
				}
			}
			return context.Canceled
		})
		ended := a.told.Load()
		time.Sleep(10 * ackWait)
		if err != context.Canceled || a.told.Load() != ended { //nolint:errorlint // the very error
			t.Errorf("%v; told %d times, %d after the end", err, ended, a.told.Load())
		}
	})
}
