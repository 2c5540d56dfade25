// Package relay carries the event log to those who act on it.
//
//	Follow   every node, from the present on: live updates
//	Lead     one node at a time under a lease, from a stored cursor, at least
//	         once and in order for each partner: reactions, projections, brokers
//
// Both read each partner's log by its sequence, which has no gaps and grows
// only as commits become visible, so nothing is ever skipped. A handler must
// be idempotent by event id: after a crash, or when a lease changes hands, the
// last page may come again. A handler that fails is tried again with growing
// pauses; only its partner waits meanwhile.
package relay

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// Log is the event log of all partners.
type Log interface {
	// Heads returns the last sequence number of every partner, to be read only.
	Heads(ctx context.Context) (map[uuid.UUID]int64, error)
	// Read returns a partner's events after a sequence number, in order.
	Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error)
	// Changed returns a channel that is closed at this node's next commit.
	Changed() <-chan struct{}
}

// Handler acts on one partner's events, in order.
type Handler func(ctx context.Context, events []event.Event) error

const (
	page     = 500
	poll     = 50 * time.Millisecond // finds other nodes' commits
	breather = 2 * time.Millisecond  // gathers this node's commits
	maxPause = time.Minute
)

// Follow hands over what is appended from now on, until ctx ends.
func Follow(ctx context.Context, log Log, handle Handler) error {
	t := &tail{log: log, handle: handle, name: "follow"}
	for t.seen == nil {
		heads, err := log.Heads(ctx)
		if err == nil {
			t.seen = maps.Clone(heads) // shared with other consumers
		} else if !t.rest(ctx, nil, time.Second) {
			return nil
		}
	}
	for {
		changed := log.Changed()
		if err := t.round(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "event log not readable, trying again", "consumer", t.name, "error", err)
			changed = nil
		}
		if !t.rest(ctx, changed, poll) {
			return nil
		}
	}
}

// tail is one consumer's way through the log.
type tail struct {
	log     Log
	handle  Handler
	name    string
	pause   time.Duration // the longest wait after failures; 0 is maxPause
	gather  time.Duration // how long commits are gathered; 0 is breather
	seen    map[uuid.UUID]int64
	unsaved map[uuid.UUID]int64 // handled, but not yet in the stored cursor
	stuck   map[uuid.UUID]*pause
	told    time.Time // when a failure was last logged
	// between runs after every page, so that what has to be kept up is, however
	// long a backlog takes. An error ends the round.
	between func(ctx context.Context) error
}

// pause is a partner whose handler failed.
type pause struct {
	length time.Duration
	until  time.Time
}

// round hands over everything that is there now.
func (t *tail) round(ctx context.Context) error {
	heads, err := t.log.Heads(ctx)
	if err != nil {
		return err
	}
	for partner, head := range heads {
		if p := t.stuck[partner]; p != nil && time.Now().Before(p.until) {
			continue
		}
		for t.seen[partner] < head {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			done, err := t.step(ctx, partner)
			if err != nil {
				return err
			}
			if !done {
				break
			}
			if err := t.keepUp(ctx); err != nil {
				return err
			}
		}
	}
	return t.keepUp(ctx)
}

func (t *tail) keepUp(ctx context.Context) error {
	if t.between == nil {
		return nil
	}
	return t.between(ctx)
}

// step hands over one page; false means that the partner has to wait.
func (t *tail) step(ctx context.Context, partner uuid.UUID) (bool, error) {
	events, err := t.log.Read(ctx, partner, t.seen[partner], page)
	if err != nil {
		return false, err
	}
	if len(events) == 0 {
		return false, nil
	}
	if err := t.call(ctx, events); err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err() // the node is stopping, which is no failure
		}
		t.hold(ctx, partner, events[0], err)
		return false, nil
	}
	delete(t.stuck, partner)
	t.seen[partner] = events[len(events)-1].Seq
	if t.unsaved != nil {
		t.unsaved[partner] = t.seen[partner]
	}
	return true, nil
}

// call runs the handler; a panic is a failure like any other, so that one event
// cannot stop the node.
func (t *tail) call(ctx context.Context, events []event.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return t.handle(ctx, events)
}

// hold lets a partner wait after a failure, each time twice as long.
func (t *tail) hold(ctx context.Context, partner uuid.UUID, first event.Event, err error) {
	if t.stuck == nil {
		t.stuck = map[uuid.UUID]*pause{}
	}
	p := t.stuck[partner]
	if p == nil {
		p = &pause{length: poll}
		t.stuck[partner] = p
	}
	p.length = min(2*p.length, cmp.Or(t.pause, maxPause))
	p.until = time.Now().Add(p.length)
	if time.Since(t.told) < tellEvery {
		return
	}
	t.told = time.Now()
	slog.ErrorContext(ctx, "event handler failed, trying again", "consumer", t.name, "partner", partner,
		"from_seq", first.Seq, "event_type", first.Type, "retry_in", p.length, "partners_waiting", len(t.stuck), "error", err)
}

// tellEvery bounds the lines in the log: a broker that is away fails for every
// partner, each time again, and would bury all else.
const tellEvery = 15 * time.Second

// rest waits for the next change, at most for the given time. It returns false
// when ctx has ended.
func (t *tail) rest(ctx context.Context, changed <-chan struct{}, most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-changed:
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(cmp.Or(t.gather, breather)):
		return true
	}
}
