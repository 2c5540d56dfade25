package bus

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hexabuilders/campaignd/event"
)

// natsCluster is three servers in this process, each with a disk of its own.
func natsCluster(t *testing.T) []*server.Server {
	t.Helper()
	var routes []*url.URL
	var ports []int
	for range 3 {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: l.Addr().String()})
		_ = l.Close()
	}
	var servers []*server.Server
	for i, port := range ports {
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port}, Routes: routes, NoSigs: true, NoLog: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(s.Shutdown)
		servers = append(servers, s)
	}
	return servers
}

// One of three servers is killed while events are sent: each batch is repeated
// until it is durable, and then every event is there, those of a key in order.
func TestAServerOfTheClusterIsKilledMidWay(t *testing.T) {
	servers := natsCluster(t)
	var hosts []string
	for _, s := range servers {
		if !s.ReadyForConnections(20 * time.Second) {
			t.Fatal("a server did not start")
		}
		hosts = append(hosts, strings.TrimPrefix(s.ClientURL(), "nats://"))
	}
	b, err := Open(Target{URL: "nats://" + strings.Join(hosts, ",") + "?replicas=3"})
	x := begun(t, b, err)
	const topic = "campaign-management.events"
	n, batches, size := 0, 30, 40
	if testing.Short() {
		batches = 9
	}
	for i := range batches {
		var batch []event.Message
		for range size {
			n++
			m := message(n, []string{"a", "b", "c"}[n%3])
			m.Topic, m.Route = topic, "p.campaign.launched"
			batch = append(batch, m)
		}
		if i == batches/2 {
			leader := slices.IndexFunc(servers, func(s *server.Server) bool { return s.JetStreamIsStreamLeader("$G", streamOf(topic)) })
			servers[max(leader, 0)].Shutdown()
		}
		for try := 0; ; try++ {
			if err = x.Publish(t.Context(), batch); err == nil {
				break
			}
			if try == 60 || !wait(t.Context(), 500*time.Millisecond) {
				t.Fatalf("batch %d: %v", i, err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	seen, last := map[string]bool{}, map[string]string{}
	_ = x.Consume(ctx, Subscription{Topic: topic, Group: "g", Batch: 200}, func(_ context.Context, got []event.Message) error {
		for _, m := range got {
			if id := string(m.Body); !seen[id] {
				if seen[id] = true; last[m.Key] >= id {
					t.Errorf("%s after %s", id, last[m.Key])
				}
				last[m.Key] = id
			}
		}
		if len(seen) == n {
			cancel()
		}
		return nil
	})
	if len(seen) != n {
		t.Errorf("%d of %d events", len(seen), n)
	}
}

// That nothing comes is no failure, and what comes then is consumed.
func TestAnIdleConsumerWaitsInSilence(t *testing.T) {
	b, err := StartEmbedded(EmbeddedConfig{Addr: "127.0.0.1:0", Dir: t.TempDir()})
	x := begun(t, b, err)
	b.idle = 10 * time.Millisecond
	if _, err := b.ensure(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	stream, err := b.findStream(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := b.next(t.Context(), consumer); msg != nil || err != nil {
		t.Errorf("got %v, %v", msg, err)
	}
	x.publish(t, message(1, "a"))
	b.idle = usualIdle
	if msg, err := b.next(t.Context(), consumer); msg == nil || err != nil {
		t.Errorf("got %v, %v", msg, err)
	}
}
