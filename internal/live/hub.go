package live

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// Hub turns the event log into live channels. It is an http.Handler for Paths.
type Hub struct {
	config Config
	limits Limits
	mux    *http.ServeMux
	door   *door
	bridge *bridge

	mu    sync.RWMutex
	feeds map[uuid.UUID]*feed

	open      sync.Map     // channel name -> *channel
	opened    atomic.Int64 // how many
	history   atomic.Int64 // bytes in all rings
	snapshots singleflight.Group
}

// Paths are the patterns that the hub answers, all with GET. Mount it as
// "GET "+path for each, so that other methods are refused like everywhere else.
var Paths = []string{
	"/connection/websocket",
	"/api/v1/campaigns/{id}/live",
	"/api/v1/campaigns/{id}/ws",
	"/api/v1/partners/{id}/live",
	"/api/v1/partners/{id}/ws",
}

// New makes a hub. It must Run for credentials to be checked and idle channels
// to be closed, and be Shutdown when it does not run.
func New(config Config) (*Hub, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	h := &Hub{config: config, limits: config.Limits.withDefaults(), feeds: map[uuid.UUID]*feed{}}
	h.door = newDoor(h.limits)
	var err error
	if h.bridge, err = newBridge(h); err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	h.mux = http.NewServeMux()
	for i, handler := range []http.Handler{
		h.bridge, h.events(ofCampaign), h.socket(ofCampaign), h.events(ofPartner), h.socket(ofPartner),
	} {
		h.mux.Handle("GET "+Paths[i], handler)
	}
	return h, nil
}

func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// Publish takes the next events of the log, of one partner or several, each
// partner's in order. It never waits for a client and never fails: it is what
// relay.Follow hands events to.
func (h *Hub) Publish(ctx context.Context, events []event.Event) error {
	for len(events) > 0 {
		partner, n := events[0].Partner, 1
		for n < len(events) && events[n].Partner == partner {
			n++
		}
		h.feed(partner).publish(ctx, events[:n])
		h.revoke(events[:n])
		events = events[n:]
	}
	return nil
}

func (h *Hub) feed(partner uuid.UUID) *feed {
	h.mu.RLock()
	f := h.feeds[partner]
	h.mu.RUnlock()
	if f != nil {
		return f
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if f = h.feeds[partner]; f == nil {
		f = &feed{hub: h, partner: partner, channels: map[topic]*channel{}}
		h.feeds[partner] = f
	}
	return f
}

// ringBytes is what one channel's ring may hold, so that all together stay
// within their budget however many are open.
func (h *Hub) ringBytes() int {
	share := h.limits.HistoryBytes / int(max(1, h.opened.Load()))
	return min(share, h.limits.ChannelBytes)
}

// Run checks credentials and closes channels that nobody watches, until ctx
// ends, and then shuts down.
func (h *Hub) Run(ctx context.Context) error {
	tick := time.NewTicker(h.limits.Recheck)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			h.door.recheck(h.config.Authenticate)
			h.door.forget(time.Now().Add(-2 * partners.CacheFor))
			h.tidy(time.Now().Add(-h.limits.Retain))
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.limits.Farewell+time.Second)
			defer cancel()
			h.Shutdown(ctx)
			return nil
		}
	}
}

func (h *Hub) tidy(since time.Time) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, f := range h.feeds {
		f.tidy(since)
	}
}

// Shutdown lets nobody in any more, tells all clients to reconnect, and waits
// until they have left or ctx ends. A server's own Shutdown waits for event
// streams and knows nothing of WebSockets, so this one goes first.
func (h *Hub) Shutdown(ctx context.Context) {
	h.door.close()
	h.bridge.stop(ctx)
	h.door.wait(ctx)
	h.tidy(time.Now().Add(time.Hour))
}

// topicOf finds the partner whose channel it is, when the principal may watch it.
func (h *Hub) topicOf(ctx context.Context, p partners.Principal, t topic) (uuid.UUID, error) {
	if err := p.Require(partners.ActionRead); err != nil {
		return uuid.Nil, err
	}
	owner := t.id
	if t.kind == ofCampaign {
		var err error
		if owner, err = h.owner(ctx, p, t); err != nil {
			return uuid.Nil, err
		}
	}
	if !p.Sees(owner) {
		return uuid.Nil, ErrUnknownChannel
	}
	return owner, nil
}

// owner asks the open channel before the store: a campaign never changes hands.
func (h *Hub) owner(ctx context.Context, p partners.Principal, t topic) (uuid.UUID, error) {
	if c, ok := h.open.Load(t.String()); ok {
		return c.(*channel).feed.partner, nil
	}
	return h.config.Owner(ctx, p.Partner, t.id)
}
