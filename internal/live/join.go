package live

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// noPosition is the position of a client that comes for the first time.
const noPosition = -1

// joined is a subscription and what to say before its queue.
type joined struct {
	*subscriber
	first []*message
	top   uint64 // the place in the channel's stream where the queue begins
}

// join subscribes to a channel from a position on. When what came since is not
// in the ring any more, the client is resynchronised.
func (h *Hub) join(ctx context.Context, c *channel, last int64) (joined, error) {
	if last == noPosition {
		return h.joinAnew(ctx, c)
	}
	if j, ok := c.resume(last); ok {
		return j, nil
	}
	return h.rejoin(ctx, c, last)
}

func (c *channel) resume(last int64) (j joined, ok bool) {
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	if !c.resumable(last) {
		return j, false
	}
	j.subscriber, j.first = c.watch(last)
	return j, true
}

// rejoin says resync, and then everything from a snapshot on.
func (h *Hub) rejoin(ctx context.Context, c *channel, last int64) (joined, error) {
	j, err := h.joinAnew(ctx, c)
	if err == nil {
		word := newMessage(typeResync, last, time.Now(), []byte(`{"reason":"history_gone"}`))
		j.first = append([]*message{word}, j.first...)
	}
	return j, err
}

// joinAnew starts with a snapshot. Between taking it and subscribing, messages
// go into the ring, and are found there.
func (h *Hub) joinAnew(ctx context.Context, c *channel) (joined, error) {
	for range 5 {
		snap, err := h.snapshot(ctx, c)
		if err != nil {
			return joined{}, err
		}
		if j, ok := c.start(snap); ok {
			return j, nil
		}
	}
	return joined{}, ErrBusy
}

func (c *channel) start(snap *message) (j joined, ok bool) {
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	if !c.covers(snap.seq) {
		return j, false
	}
	c.promised = min(c.promised, snap.seq)
	var since []*message
	j.subscriber, since = c.watch(snap.seq)
	j.first, j.top = append([]*message{snap}, since...), c.ring.top
	return j, true
}

// snapshotTimeout bounds a read that many may be waiting for.
const snapshotTimeout = 5 * time.Second

// snapshot returns one that was taken a moment ago, or takes one for all who
// are waiting.
func (h *Hub) snapshot(ctx context.Context, c *channel) (*message, error) {
	if snap := c.recentSnapshot(); snap != nil {
		return snap, nil
	}
	taking := h.snapshots.DoChan(c.name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), snapshotTimeout)
		defer cancel()
		return h.takeSnapshot(ctx, c)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-taking:
		snap, _ := got.Val.(*message)
		return snap, got.Err
	}
}

func (c *channel) recentSnapshot() *message {
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	s := c.snapshot
	if s == nil || time.Since(c.taken) > c.feed.hub.limits.SnapshotLife || !c.covers(s.seq) {
		return nil
	}
	return s
}

func (h *Hub) takeSnapshot(ctx context.Context, c *channel) (*message, error) {
	asked := time.Now()
	state, seq, err := h.config.Snapshot(ctx, c.feed.partner, c.name)
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", c.name, err)
	}
	if !json.Valid(state) {
		return nil, fmt.Errorf("snapshot of %s is not JSON", c.name)
	}
	snap := newMessage(typeSnapshot, seq, asked, state)
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	if c.snapshot == nil || c.snapshot.seq <= seq {
		c.snapshot, c.taken = snap, asked
	}
	return snap, nil
}
