package bus

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hexabuilders/campaignd/event"
)

// Consume implements Broker by a durable pull consumer named like the group.
func (b *natsBroker) Consume(ctx context.Context, sub Subscription, handle Handler) error {
	log := &complaints{sub: sub}
	for {
		err := b.consume(ctx, sub, handle)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			b.forget()
			log.report(ctx, err)
		}
		if !wait(ctx, retry) {
			return nil
		}
	}
}

func (b *natsBroker) consume(ctx context.Context, sub Subscription, handle Handler) error {
	if !b.conn.IsConnected() {
		return errNotConnected
	}
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
