package live

import (
	"math"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/google/uuid"
)

// channel is one open channel. Everything in it is under its feed's lock.
type channel struct {
	feed  *feed
	topic topic
	name  string
	every time.Duration // least time between metrics frames

	ring     ring
	epoch    string // of the ring: an index of another epoch says nothing
	promised int64  // the least seq that a snapshot of this epoch had
	snapshot *message
	taken    time.Time // when the snapshot was asked for

	watching  map[*subscriber]struct{}
	clients   map[*centrifuge.Client]struct{}
	holders   int // those who watch or are about to
	idleSince time.Time

	gathered figures // metrics not yet sent
	seq      int64   // of the last event gathered
	at       time.Time
	sent     time.Time // when the last metrics frame went out
	timer    *time.Timer
	closed   bool
}

func newChannel(f *feed, t topic) *channel {
	c := &channel{
		feed: f, topic: t, name: t.String(), every: f.hub.limits.CampaignEvery,
		watching: map[*subscriber]struct{}{}, clients: map[*centrifuge.Client]struct{}{},
	}
	if t.kind == ofPartner {
		c.every = f.hub.limits.PartnerEvery
	}
	c.ring.floor = f.head
	c.renewEpoch()
	return c
}

// renewEpoch makes every place in the stream that clients know worthless.
func (c *channel) renewEpoch() {
	c.epoch, c.promised = uuid.NewString(), math.MaxInt64
	for client := range c.clients {
		go client.Disconnect(centrifuge.DisconnectInsufficientState)
	}
}

// measure takes newer totals and sends them as soon as the pace allows.
func (c *channel) measure(seq int64, at time.Time, newer figure) {
	c.gather(seq, at, newer)
	c.pace()
}

func (c *channel) gather(seq int64, at time.Time, newer figure) {
	c.gathered.set(newer)
	c.seq, c.at = seq, at
}

// pace sends what is gathered now, or when the interval since the last frame
// has passed. A first frame after a pause is not held back.
func (c *channel) pace() {
	if c.timer != nil || len(c.gathered.list) == 0 {
		return
	}
	wait := c.every - time.Since(c.sent)
	if wait <= 0 {
		c.flush()
		return
	}
	c.timer = time.AfterFunc(wait, func() {
		c.feed.mu.Lock()
		defer c.feed.mu.Unlock()
		c.flush()
	})
}

// flush sends the gathered metrics as one frame.
func (c *channel) flush() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if c.closed || len(c.gathered.list) == 0 {
		return
	}
	m := metricsMessage(c.topic.kind, c.seq, c.at, c.gathered)
	c.gathered, c.sent = figures{}, time.Now()
	c.send(m)
}

// tell sends a message that is not merged, after the metrics that came before
// it, whatever their pace.
func (c *channel) tell(m *message) {
	c.flush()
	c.send(m)
}

func (c *channel) send(m *message) {
	c.feed.hub.history.Add(int64(c.ring.push(m, c.feed.hub.ringBytes())))
	for s := range c.watching {
		s.push(m)
	}
	if len(c.clients) > 0 {
		c.feed.hub.bridge.broadcast(c, m)
	}
}

// covers says whether everything after seq is, or will be, in the ring. Before
// the first event of a feed nothing is known of the past, but a snapshot can be
// trusted: should events be missing after it, restart will find that out.
func (c *channel) covers(seq int64) bool { return !c.feed.known || seq >= c.ring.floor }

// resumable says whether a client that has seen seq can be told what it missed.
func (c *channel) resumable(seq int64) bool {
	return c.feed.known && seq >= c.ring.floor && seq <= c.feed.head
}

// watch adds a subscriber that has seen everything up to seq, and returns what
// came since.
func (c *channel) watch(seq int64) (*subscriber, []*message) {
	s := newSubscriber(c.topic.kind, seq, c.feed.hub.limits)
	c.watching[s] = struct{}{}
	return s, c.ring.after(seq)
}

func (c *channel) unwatch(s *subscriber) {
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	delete(c.watching, s)
}

func (c *channel) close() {
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.feed.hub.history.Add(-int64(c.ring.reset(0)))
	c.feed.hub.open.CompareAndDelete(c.name, c)
	c.feed.hub.opened.Add(-1)
}
