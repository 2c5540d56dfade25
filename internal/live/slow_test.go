package live_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/live"
)

// stuck opens a connection of the transport and reads nothing but the answer's
// first bytes.
func (w *world) stuck(p plain) net.Conn {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	upgrade := ""
	if p.name == "ws" {
		upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	}
	_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer mine\r\n%s\r\n", w.campaignPath(p.path), upgrade)
	if _, err := conn.Read(make([]byte, 64)); err != nil {
		w.t.Fatal(err)
	}
	return conn
}

// bulky is a note too large for sockets' buffers to hide many of them.
func (w *world) bulky(size int) event.Event {
	e := w.note()
	e.Data = []byte(strings.TrimSuffix(string(e.Data), "}") + `,"text":"` + strings.Repeat("x", size) + `"}`)
	return e
}

func TestASubscriberThatStopsReadingSlowsNobody(t *testing.T) {
	limits := live.Limits{WriteTimeout: 2 * time.Second, Beat: time.Hour, Farewell: 100 * time.Millisecond}
	each(t, limits, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		for range 5 {
			w.stuck(p)
		}
		var good []*client
		for range 10 {
			good = append(good, w.connect(p, fresh))
			good[len(good)-1].expect("snapshot")
		}
		eventually(t, func() bool { return w.hub.Stats().Connections == 15 })
		var slowest time.Duration
		for n := 2; n <= 300; n++ {
			e := w.bulky(16 << 10)
			begun := time.Now()
			w.publish(e)
			slowest = max(slowest, time.Since(begun))
			for _, c := range good {
				if m := c.expect("campaign_notification"); m.note(t) != n {
					t.Fatalf("note %d, want %d", m.note(t), n)
				}
			}
		}
		if slowest >= limits.WriteTimeout {
			t.Errorf("publishing waited %v", slowest)
		}
		if held := w.hub.Stats().HistoryBytes; held > 1<<20 {
			t.Errorf("%d bytes of history", held)
		}
		eventually(t, func() bool { return w.hub.Stats().Connections == 10 })
	})
}

// A client that is late, but reads, is told to come back, and misses nothing.
func TestALateClientIsClosedWithACodeAndResumes(t *testing.T) {
	w := newWorld(t, live.Limits{Queue: 8})
	w.publish(w.note())
	p := transports[1]
	c := w.connect(p, fresh)
	last, seen := c.expect("snapshot").Seq, 1
	for range 400 {
		w.publish(w.bulky(16 << 10))
	}
	var err error
	for err == nil {
		var m said
		if m, err = c.tryReceive(patience); err == nil {
			last, seen = m.Seq, m.note(t)
		}
	}
	if websocket.CloseStatus(err) != live.CloseSlow || seen == 401 {
		t.Fatalf("after note %d: %v", seen, err)
	}
	back := w.connect(p, last)
	if m := back.receive(); m.Type == "resync" {
		if s := back.expect("snapshot"); s.note(t) != 401 {
			t.Fatalf("snapshot %s", s.Data)
		}
	} else if m.note(t) != seen+1 {
		t.Fatalf("note %d after %d", m.note(t), seen)
	}
}

func TestMetricsOfALateClientAreMerged(t *testing.T) {
	each(t, live.Limits{CampaignEvery: time.Nanosecond, Queue: 8}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		c := w.connect(p, fresh)
		c.expect("snapshot")
		const clicks = 20_000
		published := make(chan struct{})
		go func() { // read meanwhile, or a slow machine takes the client for a dead one
			defer close(published)
			for range clicks { // faster than they can be written
				w.publish(w.click(w.campaign))
			}
			w.publish(w.note())
		}()
		defer func() { <-published }()
		var totals struct{ Totals struct{ Clicks int } }
		frames := 0
		for m := c.receive(); m.Type != "campaign_notification"; m = c.receive() {
			before := totals.Totals.Clicks
			decode(t, m.Data, &totals)
			if frames++; totals.Totals.Clicks <= before {
				t.Fatalf("clicks went from %d to %d", before, totals.Totals.Clicks)
			}
		}
		if totals.Totals.Clicks != clicks || frames == clicks {
			t.Fatalf("%d clicks in %d frames", totals.Totals.Clicks, frames)
		}
	})
}

func TestAClientThatAnswersNoPingIsClosed(t *testing.T) {
	w := newWorld(t, live.Limits{Beat: 100 * time.Millisecond})
	w.publish(w.note())
	w.stuck(transports[1])
	eventually(t, func() bool { return w.hub.Stats().Connections == 1 })
	eventually(t, func() bool { return w.hub.Stats().Connections == 0 })
}

func TestALivingClientStays(t *testing.T) {
	each(t, live.Limits{Beat: 30 * time.Millisecond}, func(t *testing.T, w *world, p plain) {
		w.publish(w.note())
		c := w.connect(p, fresh)
		c.expect("snapshot")
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		time.AfterFunc(300*time.Millisecond, func() { w.publish(w.note()) })
		if m, err := c.read(ctx); err != nil || m.note(t) != 2 { // answers pings meanwhile
			t.Fatalf("%+v, %v", m, err)
		}
	})
}
