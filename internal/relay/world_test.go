package relay_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/relay"
)

var errGone = errors.New("the store is gone")

// memory is a log, cursors and leases, shared by the nodes of a test.
type memory struct {
	mu      sync.Mutex
	logs    map[uuid.UUID][]event.Event
	changed chan struct{}
	cursors map[uuid.UUID]int64
	lease   struct {
		holder string
		fence  int64
		until  time.Time
	}
	gone bool            // nobody reaches the store
	cut  map[string]bool // these nodes do not reach the leases
}

func newMemory() *memory {
	return &memory{
		logs: map[uuid.UUID][]event.Event{}, changed: make(chan struct{}),
		cursors: map[uuid.UUID]int64{}, cut: map[string]bool{},
	}
}

// lock also fails when the store is gone.
func (m *memory) lock() (unlock func(), err error) {
	m.mu.Lock()
	if m.gone {
		err = errGone
	}
	return m.mu.Unlock, err
}

// append adds n events to a partner's log.
func (m *memory) append(partner uuid.UUID, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range n {
		m.logs[partner] = append(m.logs[partner], event.Event{Partner: partner, Seq: int64(len(m.logs[partner]) + 1)})
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memory) Heads(context.Context) (map[uuid.UUID]int64, error) {
	unlock, err := m.lock()
	defer unlock()
	heads := map[uuid.UUID]int64{}
	for partner, log := range m.logs {
		heads[partner] = int64(len(log))
	}
	return heads, err
}

func (m *memory) Read(_ context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error) {
	unlock, err := m.lock()
	defer unlock()
	log := m.logs[partner][after:]
	return slices.Clone(log[:min(limit, len(log))]), err
}

func (m *memory) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *memory) Cursors(context.Context, string) (map[uuid.UUID]int64, error) {
	unlock, err := m.lock()
	defer unlock()
	return maps.Clone(m.cursors), err
}

func (m *memory) Advance(_ context.Context, _ string, seen map[uuid.UUID]int64, fence int64) (bool, error) {
	unlock, err := m.lock()
	defer unlock()
	if err != nil || fence != m.lease.fence {
		return false, err
	}
	maps.Copy(m.cursors, seen)
	return true, nil
}

func (m *memory) Acquire(_ context.Context, _, holder string, ttl time.Duration) (int64, bool, error) {
	unlock, err := m.lock()
	defer unlock()
	switch l := &m.lease; {
	case err != nil || m.cut[holder]:
		return 0, false, errGone
	case l.holder == holder:
		l.until = time.Now().Add(ttl)
	case l.holder == "" || l.until.Before(time.Now()):
		l.holder, l.fence, l.until = holder, l.fence+1, time.Now().Add(ttl)
	default:
		return 0, false, nil
	}
	return m.lease.fence, true, nil
}

func (m *memory) Release(_ context.Context, _, holder string) error {
	unlock, err := m.lock()
	defer unlock()
	if m.lease.holder == holder && !m.cut[holder] {
		m.lease.until = time.Time{}
	}
	return err
}

// consumer notes what it was given, and fails or dawdles as told.
type consumer struct {
	mu    sync.Mutex
	seen  map[uuid.UUID][]int64
	fails map[uuid.UUID]int // how often yet
	panic bool
	slow  time.Duration
}

func newConsumer() *consumer {
	return &consumer{seen: map[uuid.UUID][]int64{}, fails: map[uuid.UUID]int{}}
}

func (c *consumer) handle(ctx context.Context, events []event.Event) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(c.slow):
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	partner := events[0].Partner
	if c.fails[partner] > 0 {
		c.fails[partner]--
		if c.panic {
			panic("a poisoned event")
		}
		return errors.New("not now")
	}
	for _, e := range events {
		c.seen[partner] = append(c.seen[partner], e.Seq)
	}
	return nil
}

// got are the sequence numbers of a partner, in the order of handling.
func (c *consumer) got(partner uuid.UUID) []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.seen[partner])
}

// wants checks that a consumer got exactly from..to of a partner, in order.
func (c *consumer) wants(t *testing.T, partner uuid.UUID, from, to int64) {
	t.Helper()
	got := c.got(partner)
	for i, seq := range got {
		if seq != from+int64(i) {
			t.Errorf("event %d is number %d, want %d to %d in order", i, seq, from, to)
			return
		}
	}
	if int64(len(got)) != to-from+1 {
		t.Errorf("got %d events from number %d, want them up to %d", len(got), from, to)
	}
}

// start runs a worker until the returned function has stopped it.
func start(t *testing.T, run func(ctx context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil {
			t.Errorf("ended with %v", err)
		}
	}()
	return func() { cancel(); <-done }
}

// lead starts a node.
func lead(t *testing.T, m *memory, node string, c *consumer) (stop func()) {
	l := relay.Leader{Log: m, Leases: m, Cursors: m, Node: node, TTL: 10 * time.Second}
	return start(t, func(ctx context.Context) error { return l.Lead(ctx, "reactions", c.handle) })
}

func follow(t *testing.T, m relay.Log, c *consumer) (stop func()) {
	return start(t, func(ctx context.Context) error { return relay.Follow(ctx, m, c.handle) })
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// silent is a log whose commits wake nobody, as those of another node.
type silent struct{ *memory }

func (silent) Changed() <-chan struct{} { return nil }

func (m *memory) setGone(gone bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = gone
}

func (m *memory) setCut(node string, cut bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut[node] = cut
}
