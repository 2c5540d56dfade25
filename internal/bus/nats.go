package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/hexabuilders/campaignd/event"
)

// natsBroker is JetStream. A batch is published atomically: the server stores
// it whole, with one sync to the disk, or not at all, which keeps the order and
// makes SyncAlways affordable.
type natsBroker struct {
	conn     *nats.Conn
	js       jetstream.JetStream
	replicas int
	idle     time.Duration
	stop     func() // ends what this broker runs on, after the connection

	mu      sync.Mutex
	lost    chan struct{}   // closed when the connection breaks
	streams map[string]bool // subject → a stream for it exists; true: it takes atomic batches
}

// Each stream keeps a week, or this much.
const (
	streamAge   = 7 * 24 * time.Hour
	streamBytes = 1 << 30
	dedupWindow = 2 * time.Minute
	natsWait    = 10 * time.Second // for one answer of the server
)

// dialNATS connects to servers elsewhere. "?replicas=3" is of streams that are
// made because none is there.
func dialNATS(raw string) (Broker, error) {
	user, hosts, query, err := parts(raw)
	if err != nil {
		return nil, err
	}
	scheme, _, _ := strings.Cut(raw, "://")
	for i := range hosts {
		hosts[i] = scheme + "://" + hosts[i]
	}
	replicas := 1
	if text := query.Get("replicas"); text != "" {
		if replicas, err = strconv.Atoi(text); err != nil || replicas < 1 || replicas > 5 {
			return nil, fmt.Errorf("replicas=%q is not a number from 1 to 5", text)
		}
	}
	opts := []nats.Option{}
	if user != nil {
		if password, ok := user.Password(); ok {
			opts = append(opts, nats.UserInfo(user.Username(), password))
		} else {
			opts = append(opts, nats.Token(user.Username()))
		}
	}
	return connectNATS(strings.Join(hosts, ","), replicas, func() {}, opts...)
}

func connectNATS(servers string, replicas int, stop func(), opts ...nats.Option) (*natsBroker, error) {
	b := &natsBroker{replicas: replicas, idle: usualIdle, stop: stop, lost: make(chan struct{}), streams: map[string]bool{}}
	opts = append(opts, nats.Name("campaignd"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(250*time.Millisecond), nats.ReconnectBufSize(-1), // what is published while it is down fails at once
		nats.DisconnectErrHandler(func(*nats.Conn, error) { b.disconnected() }))
	var err error
	if b.conn, err = nats.Connect(servers, opts...); err != nil {
		return nil, err
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		b.conn.Close()
		return nil, err
	}
	return b, nil
}

// errNotConnected is all that can be said of a broker that is away.
var errNotConnected = errors.New("not connected")

func (b *natsBroker) disconnected() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.lost)
	b.lost = make(chan struct{})
}

// whileConnected runs do, which ends with errNotConnected when the connection
// breaks: the answer to what was asked over it never comes, and waiting for it
// would hold up what comes next when the broker has long been back.
func (b *natsBroker) whileConnected(ctx context.Context, do func(context.Context) error) error {
	b.mu.Lock()
	lost := b.lost
	b.mu.Unlock()
	if !b.conn.IsConnected() {
		return errNotConnected
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-lost:
			cancel(errNotConnected)
		case <-done:
		}
	}()
	err := do(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errNotConnected) {
		return errNotConnected
	}
	return err
}

func (*natsBroker) Features() Features { return Features{Consume: true, Atomic: true, Dedup: true} }

func (b *natsBroker) Health(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return errNotConnected
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := b.js.AccountInfo(ctx)
	return err
}

func (b *natsBroker) Close() error {
	b.conn.Close()
	b.stop()
	return nil
}

// subjectOf is where a message is published.
func subjectOf(m event.Message) string {
	if m.Route == "" {
		return m.Topic
	}
	return m.Topic + "." + m.Route
}

// mostAtomic is the server's own bound of an atomic batch.
const mostAtomic = 1000

// Publish implements Broker. One batch goes to each stream, in turn.
func (b *natsBroker) Publish(ctx context.Context, batch []event.Message) error {
	ctx, cancel := context.WithTimeout(ctx, natsWait)
	defer cancel()
	return b.whileConnected(ctx, func(ctx context.Context) error { return b.publish(ctx, batch) })
}

func (b *natsBroker) publish(ctx context.Context, batch []event.Message) error {
	for len(batch) > 0 {
		stream := streamOf(batch[0].Topic)
		n := 1
		for n < min(len(batch), mostAtomic) && streamOf(batch[n].Topic) == stream {
			n++
		}
		atomic, err := b.ensure(ctx, batch[0].Topic)
		if err != nil {
			return err
		}
		send := b.each
		if atomic && n > 1 {
			send = b.whole
		}
		if err := send(ctx, batch[:n]); err != nil {
			b.forget()
			return err
		}
		batch = batch[n:]
	}
	return nil
}

// each publishes one message after the other, each when the one before is
// durable.
func (b *natsBroker) each(ctx context.Context, batch []event.Message) error {
	for _, m := range batch {
		if _, err := b.js.PublishMsg(ctx, natsMsg(m)); err != nil {
			return err
		}
	}
	return nil
}

// errDuplicate is the server's code for a batch of which a part is there: its
// answer was lost, or another node had got further.
const errDuplicate = jetstream.ErrorCode(10201)

// whole publishes an atomic batch.
func (b *natsBroker) whole(ctx context.Context, batch []event.Message) error {
	id := nuid.Next()
	for i, m := range batch {
		msg := natsMsg(m)
		msg.Header["Nats-Batch-Id"] = []string{id}
		msg.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i < len(batch)-1 {
			if err := b.conn.PublishMsg(msg); err != nil {
				return err
			}
			continue
		}
		msg.Header["Nats-Batch-Commit"] = []string{"1"}
		_, err := b.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
		var api *jetstream.APIError
		if errors.As(err, &api) && api.ErrorCode == errDuplicate {
			return b.each(ctx, batch) // the server leaves out what it has
		}
		return err
	}
	return nil
}

func natsMsg(m event.Message) *nats.Msg {
	msg := nats.NewMsg(subjectOf(m))
	msg.Data = m.Body
	msg.Header["Content-Type"] = []string{m.ContentType}
	msg.Header["Key"] = []string{m.Key}
	if m.ID != "" {
		// Beside the subject, because one event may go to several.
		msg.Header["Nats-Msg-Id"] = []string{m.ID + " " + m.Topic}
		msg.Header["Id"] = []string{m.ID}
	}
	return msg
}

// streamOf names the stream that is made for a topic when there is none: one
// for all that this service says, so that it keeps its order, and one for each
// topic that it listens to.
func streamOf(topic string) string {
	if isOurs(topic) {
		return "CAMPAIGN_MANAGEMENT"
	}
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(topic))
}

var ours = []string{"campaign-management.events", "campaign-management.performance"}

func isOurs(topic string) bool {
	for _, prefix := range ours {
		if topic == prefix || strings.HasPrefix(topic, prefix+".") {
			return true
		}
	}
	return false
}

// ensure sees to a stream for a topic: one that is there already, whoever made
// it, or a new one. It reports whether that takes atomic batches.
func (b *natsBroker) ensure(ctx context.Context, topic string) (atomic bool, err error) {
	name := streamOf(topic)
	b.mu.Lock()
	atomic, known := b.streams[name]
	b.mu.Unlock()
	if known {
		return atomic, nil
	}
	stream, err := b.findStream(ctx, topic)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		subjects := []string{topic, topic + ".>"}
		if isOurs(topic) {
			subjects = []string{ours[0] + ".>", ours[1] + ".>"}
		}
		stream, err = b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: name, Subjects: subjects, MaxAge: streamAge, MaxBytes: streamBytes, Discard: jetstream.DiscardOld,
			Duplicates: dedupWindow, Replicas: b.replicas, AllowAtomicPublish: true,
		})
	}
	if err != nil {
		return false, fmt.Errorf("stream for %s: %w", topic, err)
	}
	atomic = stream.CachedInfo().Config.AllowAtomicPublish
	b.mu.Lock()
	b.streams[name] = atomic
	b.mu.Unlock()
	return atomic, nil
}

func (b *natsBroker) findStream(ctx context.Context, topic string) (jetstream.Stream, error) {
	subject := topic
	if isOurs(topic) {
		subject = ours[0] + ".>"
	}
	name, err := b.js.StreamNameBySubject(ctx, subject)
	if err != nil {
		return nil, err
	}
	return b.js.Stream(ctx, name)
}

// forget makes the next call look for the streams again: a server that was
// replaced may have lost them.
func (b *natsBroker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.streams)
}
