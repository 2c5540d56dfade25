package live_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hexabuilders/campaignd/internal/live"
)

func TestStoppingTellsClientsToReconnect(t *testing.T) {
	w := newWorld(t, live.Limits{})
	w.publish(w.note())
	socket := w.connect(transports[1], fresh)
	socket.expect("snapshot")
	caller := w.call("mine")
	caller.subscribe(w.channel())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+w.campaignPath("live"), nil)
	r.Header.Set("Authorization", "Bearer mine")
	events, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = events.Body.Close() }()

	stopped := make(chan time.Duration, 1)
	go func() { begun := time.Now(); w.stop(); stopped <- time.Since(begun) }()

	if code := websocket.CloseStatus(socket.ended(patience)); code != live.CloseRestart {
		t.Errorf("socket closed with %d", code)
	}
	for err == nil {
		err = caller.readMore()
	}
	if code := websocket.CloseStatus(err); code != 3001 {
		t.Errorf("centrifuge closed with %v", err)
	}
	said, err := io.ReadAll(bufio.NewReader(events.Body))
	if err != nil || strings.Count(string(said), "retry: ") != 2 {
		t.Errorf("the events ended with %v: %s", err, said)
	}
	if took := <-stopped; took > patience {
		t.Errorf("stopping took %v", took)
	}
	for _, p := range transports {
		if c, status, _ := p.dial(w, w.campaignPath(p.path), "mine", fresh); c != nil || status != http.StatusServiceUnavailable {
			t.Errorf("%s let in with status %d", p.name, status)
		}
	}
	if s := w.hub.Stats(); s != (live.Stats{}) {
		t.Errorf("left behind %+v", s)
	}
}

func TestStoppingWaitsForNobodyLong(t *testing.T) {
	w := newWorld(t, live.Limits{Farewell: 100 * time.Millisecond, WriteTimeout: 2 * patience})
	w.publish(w.note())
	w.stuck(transports[0])
	w.stuck(transports[1])
	for range 300 {
		w.publish(w.bulky(16 << 10))
	}
	begun := time.Now()
	w.stop()
	if took := time.Since(begun); took > patience {
		t.Fatalf("stopping took %v", took)
	}
}
