package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"

	ours "github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/relay"
)

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// What leaves is a CloudEvent to the reference library, and says what the event
// says.
func TestOutgoingEventsAreCloudEvents(t *testing.T) {
	e := ours.Event{
		ID: newID(), Partner: newID(), Seq: 42, Type: "campaign.launched", Aggregate: "campaign", AggregateID: newID(),
		OccurredAt: time.Date(2026, 3, 2, 12, 0, 0, 123456000, time.UTC), Data: json.RawMessage(`{"a":"é\u0000<"}`),
	}
	messages := integration.Outgoing(&e)
	if len(messages) != 1 || messages[0].Topic != "campaign-management.events" || messages[0].Route != e.Partner.String()+".campaign.launched" || messages[0].Key != e.AggregateID.String() {
		t.Fatalf("%+v", messages)
	}
	var got event.Event
	if err := json.Unmarshal(messages[0].Body, &got); err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	if got.ID() != e.ID.String() || got.Type() != "campaign-management/campaign.launched" || got.Source() != "/campaign-management" || !got.Time().Equal(e.OccurredAt) ||
		got.Extensions()["sequence"] != "42" || got.Extensions()["partnerid"] != e.Partner.String() || string(got.Data()) != string(e.Data) {
		t.Errorf("%v", got)
	}
	if _, err := integration.ParseCloudEvent(messages[0].Body); err != nil {
		t.Errorf("our own reader: %v", err)
	}
}

func TestAReportLeavesUnderBothRoutingKeys(t *testing.T) {
	e := ours.Event{ID: newID(), Partner: newID(), Type: integration.EventReport, Aggregate: "campaign", AggregateID: newID(), Data: json.RawMessage(`{}`)}
	got := integration.Outgoing(&e)
	if len(got) != 2 || got[0].Topic != "campaign-management.performance."+e.Partner.String() || got[1].Topic != "campaign-management.performance.all" ||
		got[0].ID != got[1].ID || got[0].Key != e.AggregateID.String() {
		t.Fatalf("%+v", got)
	}
	var body map[string]any
	if err := json.Unmarshal(got[0].Body, &body); err != nil || body["type"] != "campaign-management/performance-report" {
		t.Errorf("%v %v", body["type"], err)
	}
}

// memory is a log, its leases and cursors.
type memory struct {
	mu      sync.Mutex
	events  map[uuid.UUID][]ours.Event
	cursors map[uuid.UUID]int64
	lost    bool // cursors are not saved, as after a crash
}

func (m *memory) lock() func() { m.mu.Lock(); return m.mu.Unlock }

func (m *memory) Heads(context.Context) (map[uuid.UUID]int64, error) {
	defer m.lock()()
	heads := map[uuid.UUID]int64{}
	for p, events := range m.events {
		heads[p] = int64(len(events))
	}
	return heads, nil
}

func (m *memory) Read(_ context.Context, p uuid.UUID, after int64, limit int) ([]ours.Event, error) {
	defer m.lock()()
	events := m.events[p][after:]
	return events[:min(limit, len(events))], nil
}

func (m *memory) Changed() <-chan struct{} { return nil }

func (m *memory) Cursors(context.Context, string) (map[uuid.UUID]int64, error) {
	defer m.lock()()
	seen := map[uuid.UUID]int64{}
	for p, seq := range m.cursors {
		seen[p] = seq
	}
	return seen, nil
}

func (m *memory) Advance(_ context.Context, _ string, seen map[uuid.UUID]int64, _ int64) (bool, error) {
	defer m.lock()()
	if m.lost {
		return false, errors.New("the node is dead")
	}
	for p, seq := range seen {
		m.cursors[p] = max(m.cursors[p], seq)
	}
	return true, nil
}

func (m *memory) Acquire(context.Context, string, string, time.Duration) (int64, bool, error) {
	return 1, true, nil
}
func (m *memory) Release(context.Context, string, string) error { return nil }

// shaky is a broker that fails before it stores a batch, after, or not.
type shaky struct {
	mu     sync.Mutex
	random *rand.Rand
	down   bool
	got    []ours.Message
}

func (s *shaky) Publish(_ context.Context, batch []ours.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	chance := s.random.IntN(4)
	if s.down || chance == 0 {
		return errors.New("not stored")
	}
	s.got = append(s.got, batch...)
	if chance == 1 {
		return errors.New("stored, and the answer was lost")
	}
	return nil
}

// The node dies again and again between commit and publish, and between publish
// and mark; the broker loses answers and is gone for an hour. Nothing is lost,
// each repetition has its id, and what is new of an aggregate comes in order
// (F13, F15).
func TestNothingIsLostBetweenTheLogAndTheBroker(t *testing.T) {
	each, outage := 1500, time.Hour
	if testing.Short() {
		each, outage = 600, time.Minute
	}
	synctest.Test(t, func(t *testing.T) {
		m := &memory{events: map[uuid.UUID][]ours.Event{}, cursors: map[uuid.UUID]int64{}}
		for range 3 {
			p := newID()
			for n := range each {
				m.events[p] = append(m.events[p], ours.Event{ID: newID(), Partner: p, Seq: int64(n + 1), Type: "x.y", Aggregate: "x", AggregateID: p, Data: json.RawMessage(`{}`)})
			}
		}
		broker := &shaky{random: rand.New(rand.NewPCG(1, 2))}
		live := func(how time.Duration, dies bool) {
			ctx, stop := context.WithTimeout(t.Context(), how)
			defer stop()
			m.lock()()
			m.lost = dies
			leader := relay.Leader{Log: m, Leases: m, Cursors: m, Node: "n", Pause: 2 * time.Second}
			outbox := integration.NewOutbox(broker, time.Now)
			if err := leader.Lead(ctx, "broker", outbox.Handle); err != nil {
				t.Error(err)
			}
		}
		for range 10 {
			live(150*time.Millisecond, true)
		}
		broker.down = true
		live(outage, false)
		broker.down = false
		live(time.Minute, false)
		seen, last := map[string]bool{}, map[string]int{}
		for _, message := range broker.got {
			var e struct{ ID, Sequence string }
			if err := json.Unmarshal(message.Body, &e); err != nil || e.ID != message.ID {
				t.Fatalf("%s %v", message.Body, err)
			}
			var seq int
			_, _ = fmt.Sscan(e.Sequence, &seq)
			if !seen[e.ID] && seq != last[message.Key]+1 {
				t.Errorf("number %d after %d", seq, last[message.Key])
			}
			seen[e.ID], last[message.Key] = true, max(last[message.Key], seq)
		}
		if len(seen) != 3*each {
			t.Errorf("%d of %d events", len(seen), 3*each)
		}
	})
}
