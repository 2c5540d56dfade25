package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const topic = "campaign-management.metrics"

// bench is a broker under test.
type bench struct {
	Broker
	// read returns the ids that the broker has under a topic, where that cannot
	// be consumed.
	read func() []string
}

// backends are the brokers, each begun anew.
var backends = map[string]func(t *testing.T) bench{
	"embedded NATS": func(t *testing.T) bench {
		b, err := StartEmbedded(EmbeddedConfig{Addr: "127.0.0.1:0", Dir: t.TempDir()})
		return begun(t, b, err)
	},
	"NATS with a token": func(t *testing.T) bench {
		server, err := StartEmbedded(EmbeddedConfig{Addr: "127.0.0.1:0", Dir: t.TempDir(), Token: "s3cret"})
		begun(t, server, err)
		b, err := Open(Target{URL: strings.Replace(server.URL(), "nats://", "nats://s3cret@", 1)})
		return begun(t, b, err)
	},
	"Kafka": func(t *testing.T) bench {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(3))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Close)
		b, err := Open(Target{URL: "kafka://" + strings.Join(cluster.ListenAddrs(), ",")})
		return begun(t, b, err)
	},
	"HTTP": func(t *testing.T) bench {
		var mu sync.Mutex
		var got []string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(body))
		}))
		t.Cleanup(server.Close)
		b, err := Open(Target{URL: server.URL})
		x := begun(t, b, err)
		x.read = func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(got)
		}
		return x
	},
}

func begun(t *testing.T, b Broker, err error) bench {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return bench{Broker: b}
}

// TestConformance holds every broker to the port and to what it declares.
func TestConformance(t *testing.T) {
	for name, begin := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, test := range map[string]func(*testing.T, bench){
				"messages of one key stay in order":         inOrder,
				"what the handler fails on comes again":     comesAgain,
				"a group shares the messages":               shared,
				"a message is whole":                        whole,
				"a repetition within the window is once":    once,
				"a batch is there whole or not at all":      allOrNothing,
				"a broker that gives nothing says so":       givesNothing,
				"it is healthy, and closing ends consumers": healthy,
			} {
				t.Run(what, func(t *testing.T) { test(t, begin(t)) })
			}
		})
	}
}

func message(n int, key string) event.Message {
	id := fmt.Sprintf("%s-%04d", key, n)
	return event.Message{Topic: topic, Key: key, ID: id, ContentType: "application/cloudevents+json", Body: []byte(id)}
}

func (b bench) publish(t *testing.T, batch ...event.Message) {
	t.Helper()
	if err := b.Publish(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

// collect consumes until want messages have come, and returns their bodies.
func (b bench) collect(t *testing.T, group string, want int) []string {
	t.Helper()
	if !b.Features().Consume {
		return b.read()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var got []string
	err := b.Consume(ctx, Subscription{Topic: topic, Group: group, Batch: 50}, func(_ context.Context, batch []event.Message) error {
		for _, m := range batch {
			got = append(got, string(m.Body))
		}
		if len(got) >= want {
			cancel()
		}
		return nil
	})
	if err != nil || len(got) < want {
		t.Fatalf("%d of %d messages, %v", len(got), want, err)
	}
	return got
}

func inOrder(t *testing.T, b bench) {
	const batches, each = 5, 60
	for batch := range batches {
		var messages []event.Message
		for i := range each {
			messages = append(messages, message(batch*each+i, []string{"a", "b", "c"}[i%3]))
		}
		b.publish(t, messages...)
	}
	last := map[string]string{}
	got := b.collect(t, "order", batches*each)
	for _, id := range got {
		if key := id[:1]; last[key] >= id {
			t.Errorf("%s after %s", id, last[key])
		} else {
			last[key] = id
		}
	}
	if len(got) != batches*each {
		t.Errorf("%d messages of %d", len(got), batches*each)
	}
}

func comesAgain(t *testing.T, b bench) {
	if !b.Features().Consume {
		return
	}
	b.publish(t, message(1, "a"), message(2, "a"), message(3, "a"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tries, seen := 0, map[string]bool{}
	_ = b.Consume(ctx, Subscription{Topic: topic, Group: "again"}, func(_ context.Context, batch []event.Message) error {
		if tries++; tries == 1 {
			return errors.New("not yet")
		}
		for _, m := range batch {
			seen[string(m.Body)] = true
		}
		if len(seen) == 3 {
			cancel()
		}
		return nil
	})
	if len(seen) != 3 || tries < 2 {
		t.Errorf("%d messages in %d tries", len(seen), tries)
	}
}

func shared(t *testing.T, b bench) {
	if !b.Features().Consume {
		return
	}
	const all = 120
	var messages []event.Message
	for n := range all {
		messages = append(messages, message(n, uuid.NewString()[:2]))
	}
	b.publish(t, messages...)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var mu sync.Mutex
	seen := map[string]int{}
	var members sync.WaitGroup
	for range 2 {
		members.Go(func() {
			_ = b.Consume(ctx, Subscription{Topic: topic, Group: "shared", Batch: 10}, func(_ context.Context, batch []event.Message) error {
				mu.Lock()
				defer mu.Unlock()
				for _, m := range batch {
					seen[string(m.Body)]++
				}
				if len(seen) == all {
					cancel()
				}
				return nil
			})
		})
	}
	members.Wait()
	if len(seen) != all {
		t.Errorf("%d of %d messages", len(seen), all)
	}
}

func whole(t *testing.T, b bench) {
	if !b.Features().Consume {
		return
	}
	sent := event.Message{Topic: topic, Key: "k", ID: "the-id", ContentType: "text/csv; charset=utf-8", Body: []byte{0, 0xff, '"', '\n'}}
	b.publish(t, sent)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var got event.Message
	_ = b.Consume(ctx, Subscription{Topic: topic, Group: "whole"}, func(_ context.Context, batch []event.Message) error {
		got = batch[0]
		cancel()
		return nil
	})
	if got.Key != sent.Key || got.ID != sent.ID || got.ContentType != sent.ContentType || !bytes.Equal(got.Body, sent.Body) || got.Topic != sent.Topic {
		t.Errorf("got %+v", got)
	}
}

func once(t *testing.T, b bench) {
	if !b.Features().Dedup {
		return
	}
	b.publish(t, message(1, "a"), message(2, "a"))
	b.publish(t, message(1, "a"), message(2, "a"), message(3, "a")) // the answer to the first was lost
	b.publish(t, message(4, "a"))
	if got := b.collect(t, "once", 4); !slices.Equal(got, []string{"a-0001", "a-0002", "a-0003", "a-0004"}) {
		t.Errorf("got %v", got)
	}
}

func allOrNothing(t *testing.T, b bench) {
	if !b.Features().Atomic {
		return
	}
	huge := message(2, "a")
	huge.Body = make([]byte, 20<<20)
	if err := b.Publish(t.Context(), []event.Message{message(1, "a"), huge, message(3, "a")}); err == nil {
		t.Fatal("a message of 20 MiB was taken")
	}
	b.publish(t, message(4, "a"), message(5, "a"))
	if got := b.collect(t, "batches", 2); !slices.Equal(got, []string{"a-0004", "a-0005"}) {
		t.Errorf("got %v", got)
	}
}

func givesNothing(t *testing.T, b bench) {
	if b.Features().Consume {
		return
	}
	if err := b.Consume(t.Context(), Subscription{Topic: topic, Group: "g"}, nil); !errors.Is(err, ErrNoConsume) {
		t.Errorf("got %v", err)
	}
}

func healthy(t *testing.T, b bench) {
	b.publish(t, message(1, "a"))
	if err := b.Health(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Consume(ctx, Subscription{Topic: topic, Group: "gone"}, nil); err != nil && !errors.Is(err, ErrNoConsume) {
		t.Errorf("consuming at the end: %v", err)
	}
}
