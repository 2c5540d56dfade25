package relay

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// ErrLost says that another node holds the lease now.
var ErrLost = errors.New("relay: the lease is held by another node")

// Leases lets one node at a time hold a name. The fence grows with every new
// holder, so that what an old one still writes can be refused.
type Leases interface {
	// Acquire takes or renews the lease. ok is false while another node holds it.
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, ok bool, err error)
	Release(ctx context.Context, name, holder string) error
}

// Cursors keeps how far each consumer has come with each partner's log.
type Cursors interface {
	Cursors(ctx context.Context, consumer string) (map[uuid.UUID]int64, error)
	// Advance moves cursors forward; held is false when the lease with this
	// fence is no longer the current one, and then nothing has moved.
	Advance(ctx context.Context, consumer string, seen map[uuid.UUID]int64, fence int64) (held bool, err error)
}

// Leader runs consumers that must run on one node at a time.
type Leader struct {
	Log     Log
	Leases  Leases
	Cursors Cursors
	Node    string        // this node's name among the holders of leases
	TTL     time.Duration // how long a dead node holds up the others; 0 means 10 s
	Pause   time.Duration // the longest wait of a partner after failures; 0 means a minute
	// Gather is how long the commits of this node are gathered after the first,
	// for handlers whose every call costs a sync to a disk; 0 means 2 ms.
	Gather time.Duration
}

// Lead hands every event to the consumer's handler, at least once and in order
// for each partner, on whichever node holds the lease. It returns when ctx
// ends, and gives the lease back.
func (l Leader) Lead(ctx context.Context, consumer string, handle Handler) error {
	if l.TTL == 0 {
		l.TTL = 10 * time.Second
	}
	t := &tail{log: l.Log, handle: handle, name: consumer, pause: l.Pause, gather: l.Gather}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = l.Leases.Release(ctx, consumer, l.Node)
	}()
	for {
		if err := l.term(ctx, t); err != nil && ctx.Err() == nil && !errors.Is(err, ErrLost) {
			slog.WarnContext(ctx, "consumer interrupted, trying again", "consumer", consumer, "error", err)
		}
		if !t.rest(ctx, nil, l.TTL/10) {
			return nil
		}
	}
}

// saveEvery bounds how often cursors are written. What was handled after the
// last save comes again after a crash, as at least once allows. Each write is a
// transaction that every consumer makes and ingest waits for.
const saveEvery = time.Second

// term is one time of holding the lease: it ends when the lease is lost or the
// store fails.
func (l Leader) term(ctx context.Context, t *tail) error {
	fence, ok, err := l.Leases.Acquire(ctx, t.name, l.Node, l.TTL)
	if err != nil || !ok {
		return err
	}
	if t.seen, err = l.Cursors.Cursors(ctx, t.name); err != nil {
		return err
	}
	t.unsaved = map[uuid.UUID]int64{}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = l.save(ctx, t, fence)
	}()
	t.between = l.keeper(t, fence)
	for {
		changed := t.log.Changed()
		if err := t.round(ctx); err != nil {
			return err
		}
		if !t.rest(ctx, changed, poll) {
			return ctx.Err()
		}
	}
}

// keeper saves the cursors and renews the lease, each in its time. A round may
// take longer than the lease lives: kept up only between rounds, two nodes with
// a long backlog would take it from each other for ever.
func (l Leader) keeper(t *tail, fence int64) func(context.Context) error {
	renewed, saved := time.Now(), time.Now()
	return func(ctx context.Context) error {
		if time.Since(saved) > saveEvery {
			if err := l.save(ctx, t, fence); err != nil {
				return err
			}
			saved = time.Now()
		}
		if time.Since(renewed) > l.TTL/3 {
			if err := l.renew(ctx, t, fence); err != nil {
				return err
			}
			renewed = time.Now()
		}
		return nil
	}
}

func (l Leader) renew(ctx context.Context, t *tail, fence int64) error {
	again, ok, err := l.Leases.Acquire(ctx, t.name, l.Node, l.TTL)
	if err == nil && (!ok || again != fence) {
		return ErrLost
	}
	return err
}

func (l Leader) save(ctx context.Context, t *tail, fence int64) error {
	if len(t.unsaved) == 0 {
		return nil
	}
	held, err := l.Cursors.Advance(ctx, t.name, t.unsaved, fence)
	if err == nil && !held {
		return ErrLost
	}
	if err == nil {
		clear(t.unsaved)
	}
	return err
}
