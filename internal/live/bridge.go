package live

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// bridge serves the channels over the centrifuge protocol. The library's broker
// is the hub itself: offset and epoch are a message's place in the channel's
// ring, so recovery and plain resuming tell the same story.
type bridge struct {
	hub    *Hub
	node   *centrifuge.Node
	socket http.Handler
}

func newBridge(h *Hub) (*bridge, error) {
	node, err := centrifuge.New(centrifuge.Config{
		Name:                  "campaignd",
		ClientStaleCloseDelay: h.limits.Beat,
		Metrics:               centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()},
	})
	if err != nil {
		return nil, err
	}
	b := &bridge{hub: h, node: node}
	node.SetBroker(b)
	node.OnConnecting(b.connecting)
	node.OnConnect(b.connected)
	if err := node.Run(); err != nil {
		return nil, err
	}
	b.socket = centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		WriteTimeout:     h.limits.WriteTimeout,
		MessageSizeLimit: 16 << 10,
		PingPongConfig:   centrifuge.PingPongConfig{PingInterval: h.limits.Beat, PongTimeout: h.limits.Beat / 2},
	})
	return b, nil
}

// guest is what a connection's context remembers of its request.
type guest struct {
	request *http.Request
	viewer  partners.Principal
}

type guestKey struct{}

// ServeHTTP refuses a wrong Authorization header at once. Without one the
// connect command may still bring a token, as browsers on other sites must.
func (b *bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		viewer, err := b.hub.config.Authenticate(r)
		if err == nil {
			err = viewer.Require(partners.ActionRead)
		}
		if err != nil {
			b.hub.config.Refuse(w, r, err)
			return
		}
	}
	g := &guest{request: r}
	b.socket.ServeHTTP(reachable{w}, r.WithContext(context.WithValue(r.Context(), guestKey{}, g)))
}

// reachable lets the library take over a connection whose writer is wrapped.
type reachable struct{ http.ResponseWriter }

func (w reachable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func (b *bridge) connecting(ctx context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	g, ok := ctx.Value(guestKey{}).(*guest)
	if !ok {
		return centrifuge.ConnectReply{}, centrifuge.DisconnectInvalidToken
	}
	if e.Token != "" {
		g.request = g.request.Clone(context.Background())
		g.request.Header.Set("Authorization", "Bearer "+e.Token)
	}
	viewer, err := b.hub.config.Authenticate(g.request)
	if err != nil {
		if refused(err) {
			return centrifuge.ConnectReply{}, centrifuge.DisconnectInvalidToken
		}
		return centrifuge.ConnectReply{}, centrifuge.ErrorInternal
	}
	if !viewer.Can(partners.ActionRead) {
		return centrifuge.ConnectReply{}, centrifuge.DisconnectPermissionDenied
	}
	g.viewer = viewer
	return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: viewer.Key.String()}}, nil
}

// disconnects are what a centrifuge client is told; codes from 3500 on stop it
// from reconnecting.
var disconnects = map[ending]centrifuge.Disconnect{
	endRestart: centrifuge.DisconnectShutdown,
	endSlow:    centrifuge.DisconnectSlow,
	endLapsed:  centrifuge.DisconnectInvalidToken,
}

func (b *bridge) connected(client *centrifuge.Client) {
	g := client.Context().Value(guestKey{}).(*guest)
	s, err := b.hub.admit(g.request, g.viewer, func(why ending) { go client.Disconnect(disconnects[why]) })
	if err != nil {
		client.Disconnect(centrifuge.DisconnectForceReconnect)
		return
	}
	g.request = nil
	var held holding
	client.OnDisconnect(func(centrifuge.DisconnectEvent) { b.hub.door.leave(s) })
	client.OnSubscribe(func(e centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
		b.subscribe(client, &held, s.viewer, e.Channel, reply)
	})
	client.OnUnsubscribe(func(e centrifuge.UnsubscribeEvent) { held.release(client, e.Channel) })
}

// holding is the channels that one client holds open.
type holding struct {
	mu       sync.Mutex
	channels map[string]*channel
}

func (h *holding) keep(client *centrifuge.Client, c *channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channels == nil {
		h.channels = map[string]*channel{}
	}
	h.channels[c.name] = c
	c.feed.mu.Lock()
	c.clients[client] = struct{}{}
	c.feed.mu.Unlock()
}

func (h *holding) release(client *centrifuge.Client, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channels[name]
	if c == nil {
		return
	}
	delete(h.channels, name)
	c.feed.mu.Lock()
	delete(c.clients, client)
	c.feed.mu.Unlock()
	c.feed.release(c)
}

// subscribe answers with a snapshot as the subscription's data and, as its
// first publications, what came after it. The library adds the client to the
// channel only after that; when a message came in between, a newer snapshot
// follows, which says what that message said.
func (b *bridge) subscribe(client *centrifuge.Client, held *holding, v partners.Principal, name string, reply centrifuge.SubscribeCallback) {
	ctx := client.Context()
	c, err := b.openFor(ctx, v, name)
	if err != nil {
		reply(centrifuge.SubscribeReply{}, asClientError(err))
		return
	}
	held.keep(client, c) // before the snapshot: a gap in the feed after it disconnects the client
	opening, err := b.hub.opening(ctx, c)
	if err != nil {
		held.release(client, name)
		reply(centrifuge.SubscribeReply{}, asClientError(err))
		return
	}
	written := make(chan struct{})
	reply(centrifuge.SubscribeReply{
		Options:           centrifuge.SubscribeOptions{EnableRecovery: true, EnablePositioning: true, Data: opening.snapshot.body},
		Publications:      opening.publications,
		SubscriptionReady: written,
	}, nil)
	go b.catchUp(client, c, opening.top, written)
}

func (b *bridge) openFor(ctx context.Context, v partners.Principal, name string) (*channel, error) {
	t, ok := parseTopic(name)
	if !ok {
		return nil, ErrUnknownChannel
	}
	owner, err := b.hub.topicOf(ctx, v, t)
	if err != nil {
		return nil, err
	}
	return b.hub.feed(owner).open(t), nil
}

// catchUp sends a newer snapshot when the channel moved while the client was
// being subscribed.
func (b *bridge) catchUp(client *centrifuge.Client, c *channel, top uint64, written <-chan struct{}) {
	select {
	case <-written:
	case <-client.Context().Done():
		return
	}
	seq, moved := c.movedSince(top)
	if !moved {
		return
	}
	for range 5 {
		snap, err := b.hub.takeSnapshot(client.Context(), c)
		if err == nil && snap.seq >= seq {
			_ = client.WritePublication(c.name, &centrifuge.Publication{Data: snap.body}, centrifuge.StreamPosition{})
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	client.Disconnect(centrifuge.DisconnectStateInvalidated)
}

func (c *channel) movedSince(top uint64) (int64, bool) {
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	if c.ring.top == top || len(c.ring.messages) == 0 {
		return 0, false
	}
	return c.ring.messages[len(c.ring.messages)-1].seq, true
}

// opening is how a centrifuge subscription begins.
type opening struct {
	snapshot     *message
	publications []*centrifuge.Publication
	top          uint64 // the place in the stream up to which it says everything
}

func (h *Hub) opening(ctx context.Context, c *channel) (opening, error) {
	j, err := h.joinAnew(ctx, c)
	if err != nil {
		return opening{}, err
	}
	c.unwatch(j.subscriber)
	o := opening{snapshot: j.first[0], top: j.top}
	for _, m := range j.first[1:] {
		o.publications = append(o.publications, &centrifuge.Publication{Data: m.body})
	}
	return o, nil
}

func asClientError(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return centrifuge.DisconnectConnectionClosed
	case fault.KindOf(err) == fault.NotFound:
		return centrifuge.ErrorUnknownChannel
	case fault.KindOf(err) == fault.Forbidden:
		return centrifuge.ErrorPermissionDenied
	case fault.KindOf(err) == fault.Unavailable:
		return centrifuge.ErrorTooManyRequests
	default:
		return centrifuge.ErrorInternal
	}
}

// stop ends all centrifuge connections, telling them to reconnect.
func (b *bridge) stop(ctx context.Context) { _ = b.node.Shutdown(ctx) }

// broadcast hands a message to the channel's centrifuge clients. It is called
// under the feed's lock, which keeps the order; the library only queues.
func (b *bridge) broadcast(c *channel, m *message) {
	pub := &centrifuge.Publication{Data: m.body, Offset: m.index}
	_ = b.node.HandlePublication(c.name, pub, centrifuge.StreamPosition{Offset: m.index, Epoch: c.epoch}, false, nil)
}
