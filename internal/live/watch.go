package live

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// stream is one way of writing messages to a client.
type stream interface {
	send(ctx context.Context, messages []*message) error
	beat(ctx context.Context) error // says that the connection lives
	bye(why ending)
}

// visit is a plain connection from the door to its end.
type visit struct {
	hub     *Hub
	session *session
	channel *channel
	joined  joined
	told    int64 // seq of the last message written
	ended   chan ending
}

// enter checks everything about a plain request and subscribes it; what it
// refuses can still be answered as plain HTTP.
func (h *Hub) enter(r *http.Request, of kind) (*visit, error) {
	viewer, err := h.config.Authenticate(r)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return nil, ErrUnknownChannel
	}
	last, err := position(r)
	if err != nil {
		return nil, err
	}
	owner, err := h.topicOf(r.Context(), viewer, topic{of, id})
	if err != nil {
		return nil, err
	}
	v := &visit{hub: h, told: last, ended: make(chan ending, 1)}
	if v.session, err = h.admit(r, viewer, v.end); err != nil {
		return nil, err
	}
	v.channel = h.feed(owner).open(topic{of, id})
	if v.joined, err = h.join(r.Context(), v.channel, last); err != nil {
		v.leave()
		return nil, err
	}
	return v, nil
}

// position reads the seq that the client has seen. Both ways are taken on both
// transports; the header is the newer one, since EventSource keeps its URL when
// it reconnects.
func position(r *http.Request) (int64, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("last_seq")
	}
	if text == "" {
		return noPosition, nil
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seq < 0 {
		return 0, ErrPosition
	}
	return seq, nil
}

func (v *visit) end(why ending) {
	select {
	case v.ended <- why:
	default:
	}
}

func (v *visit) leave() {
	if v.joined.subscriber != nil {
		v.channel.unwatch(v.joined.subscriber)
	}
	v.channel.feed.release(v.channel)
	v.hub.door.leave(v.session)
}

// run writes to the client until it leaves or is asked to.
func (v *visit) run(ctx context.Context, out stream) {
	beat := time.NewTicker(v.hub.limits.Beat)
	defer beat.Stop()
	err := v.tell(ctx, out, v.joined.first)
	v.joined.first = nil
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case why := <-v.ended:
			out.bye(why)
			return
		case <-beat.C:
			err = out.beat(ctx)
		case <-v.joined.wake:
			err = v.forward(ctx, out)
		}
	}
	var over *endError
	if errors.As(err, &over) {
		out.bye(over.why)
	}
}

// endError ends a connection from within.
type endError struct{ why ending }

func (e *endError) Error() string { return "connection to be closed" }

// forward writes what is queued.
func (v *visit) forward(ctx context.Context, out stream) error {
	messages, state := v.joined.take()
	switch state {
	case overrun:
		return &endError{endSlow}
	case resynced:
		return v.resync(ctx, out)
	default:
		return v.tell(ctx, out, messages)
	}
}

func (v *visit) tell(ctx context.Context, out stream, messages []*message) error {
	if len(messages) == 0 {
		return nil
	}
	v.told = messages[len(messages)-1].seq
	return out.send(ctx, messages)
}

// resync begins anew with a snapshot after events were missing in the feed.
func (v *visit) resync(ctx context.Context, out stream) error {
	v.channel.unwatch(v.joined.subscriber)
	j, err := v.hub.rejoin(ctx, v.channel, v.told)
	if err != nil {
		return &endError{endNoChange}
	}
	v.joined = j
	return v.tell(ctx, out, j.first)
}
