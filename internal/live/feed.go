package live

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// feed is one partner's log as this node follows it, and the open channels of
// that partner. Its lock covers all of them: a message reaches the ring and the
// queues of a channel in one step, which is what joining without a gap rests on.
type feed struct {
	hub     *Hub
	partner uuid.UUID

	mu       sync.Mutex
	known    bool  // an event has been seen since this node started
	head     int64 // its seq
	channels map[topic]*channel
}

// publish takes the partner's next events. Those seen before are skipped; when
// some are missing, whoever may have needed them is resynchronised.
func (f *feed) publish(ctx context.Context, events []event.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range events {
		e := &events[i]
		if f.known && e.Seq <= f.head {
			continue
		}
		if !f.known || e.Seq > f.head+1 {
			f.restart(e.Seq - 1)
		}
		f.known, f.head = true, e.Seq
		if len(f.channels) > 0 {
			f.route(ctx, e)
		}
	}
}

// restart takes note that events up to seq were not all seen here. A watcher
// whose snapshot includes them has lost nothing.
func (f *feed) restart(seq int64) {
	for _, c := range f.channels {
		f.hub.history.Add(-int64(c.ring.reset(seq)))
		if c.promised < seq {
			c.renewEpoch()
		}
		for s := range c.watching {
			if s.position < seq {
				s.stop(resynced)
			}
		}
	}
}

// route hands an event to the open channels that it concerns.
func (f *feed) route(ctx context.Context, e *event.Event) {
	if e.Type == performance.TypeUpdated {
		f.routeMetrics(ctx, e)
		return
	}
	u, ok := translate(ctx, e)
	if !ok {
		return
	}
	m := newMessage(u.kind, e.Seq, e.RecordedAt, u.data)
	for _, t := range []topic{{ofCampaign, u.campaign}, {ofPartner, f.partner}} {
		if c := f.channels[t]; c != nil {
			own := *m
			c.tell(&own)
		}
	}
}

func (f *feed) routeMetrics(ctx context.Context, e *event.Event) {
	whole := f.channels[topic{ofPartner, f.partner}]
	for _, one := range readFigures(ctx, e) {
		if c := f.channels[topic{ofCampaign, one.campaign}]; c != nil {
			c.measure(e.Seq, e.RecordedAt, one)
		}
		if whole != nil {
			whole.gather(e.Seq, e.RecordedAt, one)
		}
	}
	if whole != nil {
		whole.pace()
	}
}

// open returns the channel, from now on filled, and keeps it until release.
func (f *feed) open(t topic) *channel {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[t]
	if c == nil {
		c = newChannel(f, t)
		f.channels[t] = c
		f.hub.open.Store(c.name, c)
		f.hub.opened.Add(1)
	}
	c.holders++
	return c
}

func (f *feed) release(c *channel) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.holders--
	c.idleSince = time.Now()
}

// tidy forgets the channels that nobody has watched since a moment, and cuts
// the rings of the others to what they may hold now.
func (f *feed) tidy(since time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t, c := range f.channels {
		if c.holders == 0 && c.idleSince.Before(since) {
			delete(f.channels, t)
			c.close()
			continue
		}
		f.hub.history.Add(-int64(c.ring.trim(f.hub.ringBytes())))
	}
}
