package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/hexabuilders/campaignd/event"
)

// kafkaBroker is Kafka. A batch is a transaction: readers that ask for what is
// committed see all of it or none. The transactional id fences off a sender that
// has lost its lease and does not know yet.
type kafkaBroker struct {
	opts          []kgo.Opt
	transactional string
	asked         *kgo.Client // for Health

	mu     sync.Mutex
	sender *kgo.Client // made anew after a failure; nil: at the next Publish
}

const kafkaWait = 15 * time.Second // for a batch

// dialKafka takes user and password (SASL PLAIN) from the URL and, from its
// query, tls=true and transactional_id. Two installations at one cluster need
// different ones.
func dialKafka(raw string) (Broker, error) {
	user, hosts, query, err := parts(raw)
	if err != nil {
		return nil, err
	}
	b := &kafkaBroker{transactional: "campaignd", opts: []kgo.Opt{kgo.SeedBrokers(hosts...), kgo.ClientID("campaignd"), kgo.AllowAutoTopicCreation()}}
	if id := query.Get("transactional_id"); id != "" {
		b.transactional = id
	}
	if query.Get("tls") == "true" {
		b.opts = append(b.opts, kgo.DialTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if user != nil {
		password, _ := user.Password()
		b.opts = append(b.opts, kgo.SASL(plain.Auth{User: user.Username(), Pass: password}.AsMechanism()))
	}
	b.asked, err = kgo.NewClient(b.opts...)
	return b, err
}

func (*kafkaBroker) Features() Features { return Features{Consume: true, Atomic: true} }

func (b *kafkaBroker) Health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return b.asked.Ping(ctx)
}

func (b *kafkaBroker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.discard()
	b.asked.Close()
	return nil
}

func (b *kafkaBroker) discard() {
	if b.sender != nil {
		b.sender.Close()
		b.sender = nil
	}
}

// Publish implements Broker.
func (b *kafkaBroker) Publish(ctx context.Context, batch []event.Message) error {
	ctx, cancel := context.WithTimeout(ctx, kafkaWait)
	defer cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.commit(ctx, batch); err != nil {
		// What the failure left of the transaction is ended by the next sender's
		// start, which has the same transactional id.
		b.discard()
		return err
	}
	return nil
}

// commit sends a batch as one transaction.
func (b *kafkaBroker) commit(ctx context.Context, batch []event.Message) (err error) {
	if b.sender == nil {
		b.sender, err = kgo.NewClient(slices.Concat(b.opts, []kgo.Opt{kgo.TransactionalID(b.transactional),
			kgo.TransactionTimeout(2 * kafkaWait), kgo.RecordDeliveryTimeout(kafkaWait), kgo.ProducerLinger(0)})...)
		if err != nil {
			return err
		}
	}
	if err := b.sender.BeginTransaction(); err != nil {
		return err
	}
	records := make([]*kgo.Record, len(batch))
	for i, m := range batch {
		records[i] = &kgo.Record{Topic: m.Topic, Key: []byte(m.Key), Value: m.Body, Headers: []kgo.RecordHeader{
			{Key: "content-type", Value: []byte(m.ContentType)}, {Key: "id", Value: []byte(m.ID)}, {Key: "route", Value: []byte(m.Route)},
		}}
	}
	if err := b.sender.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return errors.Join(err, b.sender.EndTransaction(ctx, kgo.TryAbort))
	}
	return b.sender.EndTransaction(ctx, kgo.TryCommit)
}

// Consume implements Broker as a member of a consumer group.
func (b *kafkaBroker) Consume(ctx context.Context, sub Subscription, handle Handler) error {
	client, err := kgo.NewClient(slices.Concat(b.opts, []kgo.Opt{kgo.ConsumerGroup(sub.Group), kgo.ConsumeTopics(sub.Topic),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())})...)
	if err != nil {
		return err
	}
	defer client.Close()
	log := &complaints{sub: sub}
	for {
		fetched := client.PollRecords(ctx, sub.batch())
		if ctx.Err() != nil {
			return nil
		}
		for _, failure := range fetched.Errors() {
			log.report(ctx, failure.Err)
		}
		records := fetched.Records()
		if len(records) == 0 {
			if len(fetched.Errors()) > 0 && !wait(ctx, retry) {
				return nil
			}
			continue
		}
		if !insist(ctx, log, messagesOf(records), handle) {
			return nil
		}
		if err := commitOffsets(ctx, client, records); err != nil {
			log.report(ctx, err) // they come again after a rebalance, as at least once allows
		}
	}
}

// commitOffsets settles what was taken in, also while the program stops: it
// would all come again at the next start.
func commitOffsets(ctx context.Context, client *kgo.Client, records []*kgo.Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return client.CommitRecords(ctx, records...)
}

func messagesOf(records []*kgo.Record) []event.Message {
	batch := make([]event.Message, len(records))
	for i, r := range records {
		m := event.Message{Topic: r.Topic, Key: string(r.Key), Body: r.Value}
		for _, h := range r.Headers {
			switch h.Key {
			case "content-type":
				m.ContentType = string(h.Value)
			case "id":
				m.ID = string(h.Value)
			case "route":
				m.Route = string(h.Value)
			}
		}
		batch[i] = m
	}
	return batch
}

// insist hands a batch over until it is taken; false when ctx ended first.
func insist(ctx context.Context, log *complaints, batch []event.Message, handle Handler) bool {
	for {
		err := handle(ctx, batch)
		if err == nil {
			return true
		}
		log.report(ctx, err)
		if !wait(ctx, retry) {
			return false
		}
	}
}
