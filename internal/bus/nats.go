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
	opts = append(opts, nats.Name("campaignd"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(250*time.Millisecond), nats.ReconnectBufSize(-1)) // what is published while it is down fails at once
	conn, err := nats.Connect(servers, opts...)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &natsBroker{conn: conn, js: js, replicas: replicas, idle: usualIdle, stop: stop, streams: map[string]bool{}}, nil
}

func (*natsBroker) Features() Features { return Features{Consume: true, Atomic: true, Dedup: true} }

func (b *natsBroker) Health(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return errors.New("not connected")
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

// Consume implements Broker by a durable pull consumer named like the group.
func (b *natsBroker) Consume(ctx context.Context, sub Subscription, handle Handler) error {
	for {
		err := b.consume(ctx, sub, handle)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			b.forget()
			report(ctx, sub, err)
		}
		if !wait(ctx, retry) {
			return nil
		}
	}
}

func (b *natsBroker) consume(ctx context.Context, sub Subscription, handle Handler) error {
	if _, err := b.ensure(ctx, sub.Topic); err != nil {
		return err
	}
	stream, err := b.findStream(ctx, sub.Topic)
	if err != nil {
		return err
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:        strings.ReplaceAll(sub.Group+"-"+sub.Topic, ".", "_"),
		FilterSubjects: []string{sub.Topic, sub.Topic + ".>"},
		AckPolicy:      jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 4 * sub.batch(),
	})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := b.fetch(ctx, consumer, sub, handle); err != nil {
			return err
		}
	}
	return nil
}

// usualIdle is how long one request for a message is open. A server that was
// away has forgotten it, so that what comes next waits as long at most.
const usualIdle = 5 * time.Second

// next waits for a message; it is nil when none came in time.
func (b *natsBroker) next(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, b.idle)
	defer cancel()
	msg, err := consumer.Next(jetstream.FetchContext(ctx))
	if errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, jetstream.ErrNoMessages) {
		err = nil
	}
	return msg, err
}

// A batch is fetched in steps, so that one of large messages ends at about
// enoughBytes and not at its number.
const (
	fetchStep   = 64
	enoughBytes = 4 << 20
)

// more adds what is there already to a first message. When the server fails
// meanwhile, what has come is still taken in, and the next request says why.
func more(consumer jetstream.Consumer, first jetstream.Msg, most int) []jetstream.Msg {
	held, size := []jetstream.Msg{first}, len(first.Data())
	for len(held) < most && size < enoughBytes {
		before, usual := len(held), max(1, size/len(held))
		asked := min(most-before, fetchStep, 1+(enoughBytes-size)/usual)
		batch, err := consumer.FetchNoWait(asked)
		if err != nil {
			break
		}
		for msg := range batch.Messages() {
			held = append(held, msg)
			size += len(msg.Data())
		}
		if len(held) < before+asked {
			break
		}
	}
	return held
}

// fetch hands over one batch, or nothing when nothing came.
func (b *natsBroker) fetch(ctx context.Context, consumer jetstream.Consumer, sub Subscription, handle Handler) error {
	first, err := b.next(ctx, consumer)
	if first == nil {
		return err
	}
	held := more(consumer, first, sub.batch())
	batch := make([]event.Message, len(held))
	for i, msg := range held {
		h := msg.Headers()
		batch[i] = event.Message{Topic: sub.Topic, Route: strings.TrimPrefix(strings.TrimPrefix(msg.Subject(), sub.Topic), "."),
			Key: h.Get("Key"), ID: h.Get("Id"), ContentType: h.Get("Content-Type"), Body: msg.Data()}
	}
	if err := whileHeld(held, func() error { return handle(ctx, batch) }); err != nil {
		for _, msg := range held {
			_ = msg.NakWithDelay(retry)
		}
		return err
	}
	for _, msg := range held {
		if err := msg.Ack(); err != nil {
			return err
		}
	}
	return nil
}

// ackWait is how long the messages of a node that died wait for another one.
const ackWait = 30 * time.Second

// whileHeld tells the server as long as a handler is at work: without that a slow
// one would be given its own messages once more, and become slower by it.
func whileHeld(held []jetstream.Msg, handle func() error) error {
	done, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		tick := time.NewTicker(ackWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				for _, msg := range held {
					_ = msg.InProgress() // if it does not arrive, they come again
				}
			}
		}
	}()
	defer func() {
		close(done)
		<-told
	}()
	return handle()
}
