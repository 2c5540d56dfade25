package influx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// Store is where the figures come from, and who is asked while the mirror
// cannot answer.
type Store interface {
	performance.Series
	performance.Directory
	Replay(ctx context.Context, partner, campaign uuid.UUID, span performance.Span, limit int, f func(recordedAt int64, events []performance.Event) error) error
	// Floor is the start of the first bucket of a width that the store keeps
	// sums of; those before it are summed up from the events.
	Floor(ctx context.Context, width performance.Bucket) (int64, error)
	// Delivering lists a partner's campaigns that have events.
	Delivering(ctx context.Context, partner uuid.UUID) ([]uuid.UUID, error)
}

// Log is the event log of all partners.
type Log interface {
	Heads(ctx context.Context) (map[uuid.UUID]int64, error)
	Head(ctx context.Context, partner uuid.UUID) (int64, error)
	Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error)
	Changed() <-chan struct{}
}

// Mirror keeps InfluxDB up with the event log, and answers from it what the
// store would have to sum up from the events. It is the Log, the Cursors and
// the Handler of one leading consumer.
type Mirror struct {
	Log
	// Lease takes or renews the lease under which this node writes. The fence
	// grows with every new holder. Without it nobody else writes.
	Lease func(ctx context.Context) (fence int64, ok bool, err error)

	client *Client
	series Series
	store  Store
	now    func() time.Time

	mu        sync.Mutex
	seen      map[uuid.UUID]int64 // as read from the markers, or written to them
	failed    error               // the last round's; nil while all is well
	tries     int                 // in vain, on end
	checked   time.Time
	told      bool // that it is behind
	asked     int64
	elsewhere int64
}

// NewMirror makes the mirror of a store.
func NewMirror(cfg Config, store Store, log Log, now func() time.Time) *Mirror {
	client := NewClient(cfg)
	return &Mirror{Log: log, client: client, series: NewSeries(client), store: store, now: now}
}

// Rollups implements performance.Series. InfluxDB is asked for minutes and
// hours that the store no longer keeps, and believed when it had seen the whole
// of the partner's log: everything else, and everything while it is down or
// behind, is answered by the store. So no answer is stale or partial, and none
// that is cheap takes the longer way.
func (m *Mirror) Rollups(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) ([]performance.Rollup, error) {
	out, ok := m.old(ctx, partner, campaign, width, from, to)
	m.count(ok)
	if ok {
		return out, nil
	}
	return m.store.Rollups(ctx, partner, campaign, width, from, to)
}

func (m *Mirror) old(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) ([]performance.Rollup, bool) {
	if width != performance.Minute && width != performance.Hour || from < earliest || to > latest || m.down() {
		return nil, false
	}
	floor, err := m.store.Floor(ctx, width)
	if err != nil || from >= floor {
		return nil, false
	}
	head, err := m.Head(ctx, partner)
	if err != nil {
		return nil, false
	}
	out, seq, err := m.series.rollupsAt(ctx, partner, campaign, width, from, to)
	return out, err == nil && seq >= head
}

func (m *Mirror) count(asked bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if asked {
		m.asked++
	} else {
		m.elsewhere++
	}
}

// checkEvery is how often the markers are compared with what was written.
const checkEvery = 10 * time.Second

var errLostPlace = errors.New("influx: the mirror has lost what was written to it, and is filled again")

// Heads implements relay.Log. A failure, and a mirror that has lost its place,
// end the consumer's term, so that the next begins from what is really there.
func (m *Mirror) Heads(ctx context.Context) (map[uuid.UUID]int64, error) {
	m.mu.Lock()
	failed, due := m.failed, m.now().Sub(m.checked) >= checkEvery
	m.mu.Unlock()
	if failed != nil {
		return nil, failed
	}
	if due {
		if err := m.check(ctx); err != nil {
			return nil, m.fail(ctx, err)
		}
	}
	return m.Log.Heads(ctx)
}

func (m *Mirror) check(ctx context.Context) error {
	there, err := m.series.positions(ctx)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checked = m.now()
	for partner, seq := range m.seen {
		if there[partner] < seq {
			return fmt.Errorf("%w: partner %s stands at %d, not %d", errLostPlace, partner, there[partner], seq)
		}
	}
	return nil
}

// Cursors implements relay.Cursors: the place to go on from is in InfluxDB.
func (m *Mirror) Cursors(ctx context.Context, _ string) (map[uuid.UUID]int64, error) {
	if err := m.wait(ctx); err != nil {
		return nil, err
	}
	err := m.client.Prepare(ctx)
	var seen map[uuid.UUID]int64
	if err == nil {
		seen, err = m.series.positions(ctx)
	}
	if err != nil {
		return nil, m.fail(ctx, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen, m.failed, m.tries, m.checked = maps.Clone(seen), nil, 0, m.now()
	return seen, nil
}

// Advance implements relay.Cursors. Handle has already written the markers.
func (m *Mirror) Advance(context.Context, string, map[uuid.UUID]int64, int64) (bool, error) {
	return true, nil
}

// Pauses between tries, doubled up to the last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

func (m *Mirror) wait(ctx context.Context) error {
	m.mu.Lock()
	tries := m.tries
	m.mu.Unlock()
	if tries == 0 {
		return nil
	}
	timer := time.NewTimer(min(lastPause, firstPause<<min(tries, 10)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// fail remembers a failure and says it once an outage.
func (m *Mirror) fail(ctx context.Context, err error) error {
	m.mu.Lock()
	m.failed = err
	m.tries++
	first := !m.told && ctx.Err() == nil
	m.told = m.told || first
	m.mu.Unlock()
	if first {
		b := m.Behind(ctx)
		slog.WarnContext(ctx, b.String(), "error", err)
	}
	return err
}

func (m *Mirror) down() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed != nil
}

// Handle implements relay.Handler: it brings the mirror up with a page of one
// partner's log.
func (m *Mirror) Handle(ctx context.Context, events []event.Event) error {
	if len(events) == 0 {
		return nil
	}
	if err := m.follow(ctx, events); err != nil {
		return m.fail(ctx, err)
	}
	m.mu.Lock()
	told := m.told
	m.mu.Unlock()
	if told {
		if b := m.Behind(ctx); b.Entries == 0 {
			m.mu.Lock()
			m.told = false
			m.mu.Unlock()
			slog.InfoContext(ctx, b.String())
		}
	}
	return nil
}

func (m *Mirror) follow(ctx context.Context, events []event.Event) error {
	partner, last := events[0].Partner, events[len(events)-1].Seq
	m.mu.Lock()
	seen := m.seen[partner]
	m.mu.Unlock()
	if last <= seen {
		return nil
	}
	held, err := m.holding(ctx)
	if err != nil {
		return err
	}
	t, whole, err := m.touched(ctx, partner, seen, events)
	if err != nil {
		return err
	}
	b := newBatch(m.client, held)
	if whole || seen == 0 {
		if last, err = m.fill(ctx, b, partner); err != nil {
			return err
		}
	} else if err := m.copy(ctx, b, partner, t); err != nil {
		return err
	}
	if err := b.mark(ctx, partner, last); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[uuid.UUID]int64{}
	}
	m.seen[partner] = last
	return nil
}

var errNotHeld = errors.New("influx: another node leads by now, and may have written newer sums")

// holding returns what says, before each write, whether this node has led
// without a break since. A node that stalled between reading the sums and
// writing them would otherwise put older ones in the place of newer ones.
func (m *Mirror) holding(ctx context.Context) (func(context.Context) error, error) {
	if m.Lease == nil {
		return func(context.Context) error { return nil }, nil
	}
	first, ok, err := m.Lease(ctx)
	if err == nil && !ok {
		err = errNotHeld
	}
	return func(ctx context.Context) error {
		fence, ok, err := m.Lease(ctx)
		if err == nil && (!ok || fence != first) {
			err = errNotHeld
		}
		return err
	}, err
}

// buckets are the starts of one campaign's buckets by width.
type buckets map[performance.Bucket]map[int64]struct{}

// copy writes those buckets as they stand now.
func (m *Mirror) copy(ctx context.Context, b *batch, partner uuid.UUID, touched map[uuid.UUID]buckets) error {
	for campaign, widths := range touched {
		for width, starts := range widths {
			for _, r := range ranges(slices.Sorted(maps.Keys(starts)), steps[width]) {
				if err := m.copyRange(ctx, b, partner, campaign, width, r[0], r[1]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (m *Mirror) copyRange(ctx context.Context, b *batch, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) error {
	rollups, err := m.store.Rollups(ctx, partner, campaign, width, from, to)
	if err != nil {
		return err
	}
	for i := range rollups {
		if err := b.add(ctx, partner, campaign, &rollups[i]); err != nil {
			return err
		}
	}
	return nil
}

var steps = map[performance.Bucket]int64{performance.Minute: 60_000_000, performance.Hour: 3_600_000_000, performance.Day: 1}

// ranges joins starts that are near each other: a question costs more than a
// few buckets that nobody asked for.
func ranges(starts []int64, step int64) (out [][2]int64) {
	const near = 16
	for _, s := range starts {
		if last := len(out) - 1; last >= 0 && s-out[last][1] <= near*step && s-out[last][0] < 1440*step {
			out[last][1] = s + step
		} else {
			out = append(out, [2]int64{s, s + step})
		}
	}
	return out
}
