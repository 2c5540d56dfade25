package integration_test

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	ours "github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/bus"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/relay"
)

// append adds n events of five aggregates to each partner's log.
func (m *memory) append(partners []uuid.UUID, n int) {
	defer m.lock()()
	for _, p := range partners {
		for range n {
			seq := int64(len(m.events[p]) + 1)
			aggregate := p
			aggregate[0] = byte(seq % 5)
			m.events[p] = append(m.events[p], ours.Event{ID: newID(), Partner: p, Seq: seq, Type: "campaign.updated", Aggregate: "campaign", AggregateID: aggregate, Data: json.RawMessage(`{}`)})
		}
	}
}

// within waits for what comes about by itself.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); !done(); {
		if time.Now().After(end) {
			t.Fatalf("not within 90 s: %s", what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// A server is really stopped, a backlog grows, and the same server comes back:
// it has the whole log, each event with its own id, and those of an aggregate in
// order.
func TestABacklogArrivesWholeAndInOrder(t *testing.T) {
	partners, backlog := []uuid.UUID{newID(), newID(), newID()}, 2000
	if testing.Short() {
		backlog = 600
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := bus.EmbeddedConfig{Addr: l.Addr().String(), Dir: t.TempDir()}
	_ = l.Close()
	server, err := bus.StartEmbedded(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(server.URL(), cfg.Addr) {
		t.Fatalf("the server listens at %s, not at %s", server.URL(), cfg.Addr)
	}
	broker, err := bus.Open(bus.Target{Name: "outside", URL: "nats://" + cfg.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()

	m := &memory{events: map[uuid.UUID][]ours.Event{}, cursors: map[uuid.UUID]int64{}}
	m.append(partners, 100)
	outbox := integration.NewOutbox(broker, time.Now)
	ctx, stop := context.WithCancel(t.Context())
	led := make(chan error, 1)
	leader := relay.Leader{Log: m, Leases: m, Cursors: m, Node: "n", Pause: 200 * time.Millisecond}
	go func() { led <- leader.Lead(ctx, "broker", outbox.Handle) }()
	defer func() {
		stop()
		if err := <-led; err != nil {
			t.Error(err)
		}
	}()
	within(t, "the first events arrive", func() bool { return outbox.Sent() >= 300 })
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	m.append(partners, backlog)
	within(t, "the outage is noticed", func() bool { return outbox.Failing() != nil })
	if server, err = bus.StartEmbedded(cfg); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	m.append(partners, 50) // what happens while the backlog is sent
	all := len(partners) * (100 + backlog + 50)
	within(t, "the backlog arrives", func() bool { return outbox.Sent() >= int64(all) })

	h := m.heard(t, broker, all)
	if len(h) != all {
		t.Errorf("%d of %d events", len(h), all)
	}
}

// heard consumes the events of a broker until all are there, and holds each to
// the log and those of an aggregate to their order.
func (m *memory) heard(t *testing.T, broker bus.Broker, all int) map[string]bool {
	t.Helper()
	want := map[string]int64{}
	for _, events := range m.events {
		for _, e := range events {
			want[e.ID.String()] = e.Seq
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	heard, last := map[string]bool{}, map[string]int64{}
	err := broker.Consume(ctx, bus.Subscription{Topic: integration.TopicEvents, Group: "test", Batch: 256}, func(_ context.Context, batch []ours.Message) error {
		for _, message := range batch {
			seq, known := want[message.ID]
			switch {
			case !known:
				t.Errorf("%q is not in the log", message.ID)
			case !heard[message.ID] && seq <= last[message.Key]:
				t.Errorf("number %d of %s after %d", seq, message.Key, last[message.Key])
			}
			heard[message.ID], last[message.Key] = true, max(seq, last[message.Key])
		}
		if len(heard) >= all {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return heard
}
