//go:build pulsar

package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/pulsar-client-go/pulsar"
	"github.com/apache/pulsar-client-go/pulsar/log"

	"github.com/hexabuilders/campaignd/event"
)

// pulsarBroker is Pulsar. A topic's messages go through one producer, which
// keeps them in order; a batch that fails is begun again with a new one, because
// a producer that has stopped reconnecting does not come back.
type pulsarBroker struct {
	client pulsar.Client
	space  string // "persistent://tenant/namespace/"

	mu        sync.Mutex
	producers map[string]pulsar.Producer
}

const pulsarWait = 10 * time.Second // for a batch, and for one answer

// dialPulsar takes a token as the user of the URL, and tenant and namespace from
// its path: pulsar://token@host:6650/tenant/namespace.
func dialPulsar(raw string) (Broker, error) {
	raw, path, _ := strings.Cut(strings.TrimPrefix(raw, "pulsar://"), "/")
	user, hosts, _, err := parts("pulsar://" + raw)
	if err != nil {
		return nil, err
	}
	if path == "" {
		path = "public/default"
	}
	opts := pulsar.ClientOptions{
		URL: "pulsar://" + strings.Join(hosts, ","), OperationTimeout: pulsarWait, ConnectionTimeout: pulsarWait / 2,
		Logger: log.DefaultNopLogger(),
	}
	if user != nil {
		opts.Authentication = pulsar.NewAuthenticationToken(user.Username())
	}
	client, err := pulsar.NewClient(opts)
	if err != nil {
		return nil, err
	}
	return &pulsarBroker{client: client, space: "persistent://" + strings.Trim(path, "/") + "/", producers: map[string]pulsar.Producer{}}, nil
}

func (*pulsarBroker) Features() Features { return Features{Consume: true} }

// Health asks where a topic is served.
func (b *pulsarBroker) Health(ctx context.Context) error {
	asked := make(chan error, 1)
	go func() {
		_, err := b.client.TopicPartitions(b.space + ours[0])
		asked <- err
	}()
	select {
	case err := <-asked:
		return err
	case <-ctx.Done():
		return errors.New("no answer")
	}
}

func (b *pulsarBroker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for topic := range b.producers {
		b.discard(topic)
	}
	b.client.Close()
	return nil
}

func (b *pulsarBroker) discard(topic string) {
	if p := b.producers[topic]; p != nil {
		p.Close()
		delete(b.producers, topic)
	}
}

func (b *pulsarBroker) producer(topic string) (pulsar.Producer, error) {
	if p := b.producers[topic]; p != nil {
		return p, nil
	}
	p, err := b.client.CreateProducer(pulsar.ProducerOptions{
		Topic: b.space + topic, SendTimeout: pulsarWait, DisableBatching: true, MaxPendingMessages: 2000,
	})
	if err == nil {
		b.producers[topic] = p
	}
	return p, err
}

// Publish implements Broker.
func (b *pulsarBroker) Publish(ctx context.Context, batch []event.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var pending sync.WaitGroup
	var mu sync.Mutex
	var failed error
	note := func(err error) {
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		}
	}
	topics := map[string]bool{}
	for _, m := range batch {
		topics[m.Topic] = true
		p, err := b.producer(m.Topic)
		if err != nil {
			note(err)
			break
		}
		pending.Add(1)
		p.SendAsync(ctx, &pulsar.ProducerMessage{
			Payload: m.Body, Key: m.Key, Properties: map[string]string{"content-type": m.ContentType, "id": m.ID, "route": m.Route},
		}, func(_ pulsar.MessageID, _ *pulsar.ProducerMessage, err error) {
			note(err)
			pending.Done()
		})
	}
	pending.Wait()
	if failed != nil {
		for topic := range topics {
			b.discard(topic)
		}
		return fmt.Errorf("pulsar: %w", failed)
	}
	return nil
}

// Consume implements Broker by a subscription of the type Key_Shared: the
// messages of one key go to one member of the group.
func (b *pulsarBroker) Consume(ctx context.Context, sub Subscription, handle Handler) error {
	log := &complaints{sub: sub}
	for {
		err := b.consume(ctx, log, handle)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			log.report(ctx, err)
		}
		if !wait(ctx, retry) {
			return nil
		}
	}
}

func (b *pulsarBroker) consume(ctx context.Context, log *complaints, handle Handler) error {
	sub := log.sub
	consumer, err := b.client.Subscribe(pulsar.ConsumerOptions{
		Topic: b.space + sub.Topic, SubscriptionName: sub.Group, Type: pulsar.KeyShared,
		SubscriptionInitialPosition: pulsar.SubscriptionPositionEarliest, ReceiverQueueSize: sub.batch(), NackRedeliveryDelay: retry,
	})
	if err != nil {
		return err
	}
	defer consumer.Close()
	for {
		first, err := consumer.Receive(ctx)
		if err != nil {
			return err
		}
		held := []pulsar.Message{first}
		for len(held) < sub.batch() {
			more, ok := ready(consumer)
			if !ok {
				break
			}
			held = append(held, more)
		}
		if err := b.settle(ctx, consumer, log, held, handle); err != nil {
			return err
		}
	}
}

// ready is a message that has come already.
func ready(consumer pulsar.Consumer) (pulsar.Message, bool) {
	select {
	case m, ok := <-consumer.Chan():
		return m, ok
	default:
		return nil, false
	}
}

// settle hands a batch over, and says to the broker what became of it.
func (b *pulsarBroker) settle(ctx context.Context, consumer pulsar.Consumer, log *complaints, held []pulsar.Message, handle Handler) error {
	batch := make([]event.Message, len(held))
	for i, m := range held {
		p := m.Properties()
		batch[i] = event.Message{Topic: log.sub.Topic, Route: p["route"], Key: m.Key(), ID: p["id"], ContentType: p["content-type"], Body: m.Payload()}
	}
	if err := handle(ctx, batch); err != nil {
		log.report(ctx, err)
		for _, m := range held {
			consumer.Nack(m)
		}
		return nil
	}
	for _, m := range held {
		if err := consumer.Ack(m); err != nil {
			return err
		}
	}
	return nil
}
