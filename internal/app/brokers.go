package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/bus"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/internal/telemetry"
)

// BrokerConfig is what can be set of the brokers.
type BrokerConfig struct {
	Broker      string `default:"nats" placeholder:"LIST" help:"Brokers that get every event and are listened to, separated by commas: nats (in this process), nats://host:4222, kafka://host:9092, pulsar://host:6650, https://host/path, or none. Further hosts of one broker follow it: nats://a:4222,b:4222."`
	BrokerAddr  string `default:"127.0.0.1:4222" help:"Where the broker in this process listens; another port is used when this one is taken, 0 picks a free one."`
	BrokerToken string `placeholder:"SECRET" help:"What clients of the broker in this process have to show; without one every program that reaches its address may read and write."`
	BrokerInput bool   `default:"true" negatable:"" help:"Take in the brokers' inbound events and delivery facts."`
}

// brokerError is what is wrong with the settings.
func (c BrokerConfig) brokerError() error {
	if _, err := bus.ParseTargets(c.Broker); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(c.BrokerAddr); c.BrokerAddr != "" && err != nil {
		return fmt.Errorf("%q is no address to listen on; it looks like 127.0.0.1:4222", c.BrokerAddr)
	}
	return nil
}

// link is one broker and what this program does with it.
type link struct {
	name   string
	cursor string // of the relay, which outlives the process
	broker bus.Broker
	outbox *integration.Outbox
	addr   string // where the embedded one listens
}

// links are all brokers.
type links struct {
	all    []*link
	held   []io.Closer
	inbox  *integration.Inbox
	mail   *integration.Letters
	report *integration.Reporter
	db     *sqlstore.DB
}

// newLinks opens the brokers. Those outside may be down; the one in this
// process has to start.
func newLinks(db *sqlstore.DB, s *services, cfg Config) (*links, error) {
	now := cfg.clock()
	l := &links{
		db:     db,
		inbox:  integration.NewInbox(db.Inbound(), s.partners, s.campaigns, now),
		mail:   integration.NewLetters(db.Letters(), now, newID),
		report: integration.NewReporter(db.ReportDays(), reportFacts{s, db.Log(), now}, now),
	}
	take := integration.TakeInbound(l.inbox)
	l.mail.Register(integration.TopicContract, take)
	l.mail.Register(integration.TopicValidation, take)
	l.mail.Register(integration.TopicMetrics, integration.TakeMetrics(s.metrics))
	targets, err := bus.ParseTargets(cfg.Broker)
	if err != nil {
		return nil, err // Validate has said so already
	}
	for _, target := range targets {
		opened, err := l.open(target, cfg)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("broker %s: %w", target.Name, err), l.Close())
		}
		if opened != nil {
			opened.outbox = integration.NewOutbox(opened.broker, now)
			l.all = append(l.all, opened)
		}
	}
	return l, nil
}

func (l *links) open(t bus.Target, cfg Config) (*link, error) {
	if t.URL != bus.Embedded {
		broker, err := bus.Open(t)
		return &link{name: t.Name, cursor: "broker:" + t.Name, broker: broker}, err
	}
	if cfg.Database != "" && cfg.Data == "" {
		slog.Warn("no broker in this process: --data names no folder for its streams; name one, or an external broker")
		return nil, nil
	}
	dir := filepath.Join(cmp.Or(cfg.Data, "data"), "broker")
	held, err := sqlstore.TakeFolder(dir)
	if err != nil {
		return nil, err
	}
	l.held = append(l.held, held)
	id, err := folderID(dir)
	if err != nil {
		return nil, err
	}
	broker, err := bus.StartEmbedded(bus.EmbeddedConfig{Addr: cmp.Or(cfg.BrokerAddr, "127.0.0.1:0"), Dir: dir, Token: cfg.BrokerToken})
	if err != nil {
		return nil, err
	}
	return &link{name: t.Name, cursor: "broker:embedded:" + id, broker: broker, addr: broker.URL()}, nil
}

// folderID names a folder of streams. Each node has its own, with a cursor of
// its own; a folder that was removed begins again with the first event.
func folderID(dir string) (string, error) {
	file := filepath.Join(dir, "id")
	text, err := os.ReadFile(file)
	if err == nil && len(text) > 0 {
		return strings.TrimSpace(string(text)), nil
	}
	id := newID().String()
	return id, os.WriteFile(file, []byte(id+"\n"), 0o600)
}

// addr is where the broker in this process listens, if there is one.
func (l *links) addr() string {
	for _, x := range l.all {
		if x.addr != "" {
			return x.addr
		}
	}
	return ""
}

// Close ends the connections, once nothing uses them.
func (l *links) Close() error {
	var failures []error
	for _, link := range l.all {
		failures = append(failures, link.broker.Close())
	}
	for _, held := range l.held {
		failures = append(failures, held.Close())
	}
	return errors.Join(failures...)
}

const (
	// longestPause is how late a broker that is back is found at the latest.
	longestPause = 2 * time.Second
	// gather makes one batch of the commits of a while: each batch is a file of
	// its own to the broker in this process and a sync of its disk, which ingest
	// may share. With 25 ms it took a tenth of the processor time of single events.
	gather = 100 * time.Millisecond
)

// workers are what sends to the brokers and listens to them.
func (l *links) workers(s *services, leader relay.Leader, input bool) []worker {
	workers := []worker{{"performance reports", func(ctx context.Context) error {
		return leader.Lead(ctx, "performance_reports", l.report.Follow)
	}}}
	leader.Pause, leader.Gather = longestPause, gather
	for _, x := range l.all {
		workers = append(workers, worker{"broker " + x.name, func(ctx context.Context) error {
			return leader.Lead(ctx, x.cursor, x.outbox.Handle)
		}})
		if !input || !x.broker.Features().Consume {
			continue
		}
		workers = append(workers, x.listeners(s, l.mail)...)
	}
	return workers
}

const (
	// inputBatch is how many messages are taken in at a time.
	inputBatch = 256
	// streamReaders share the facts of a stream, so that one reads while the
	// other waits for its commit.
	streamReaders = 2
)

// listeners take in what comes from a broker.
func (x *link) listeners(s *services, mail *integration.Letters) []worker {
	consumer, stream := integration.NewConsumer(x.name, mail), integration.NewStream(x.name, s.metrics, mail)
	listen := func(topic string, handle bus.Handler) worker {
		return worker{x.name + " " + topic, func(ctx context.Context) error {
			return x.broker.Consume(ctx, bus.Subscription{Topic: topic, Group: integration.Group, Batch: inputBatch}, handle)
		}}
	}
	all := []worker{listen(integration.TopicContract, consumer.Handle), listen(integration.TopicValidation, consumer.Handle)}
	for range streamReaders {
		all = append(all, listen(integration.TopicMetrics, stream.Handle))
	}
	return all
}

// keepInbound is how long ids of inbound events are remembered.
const keepInbound = 400 * 24 * time.Hour

func (l *links) jobs(now func() time.Time) []jobs.Job {
	return []jobs.Job{
		{Name: "dead_letters.retry", Every: time.Second, Do: l.mail.RetryDue},
		{Name: "dead_letters.purge", Every: time.Hour, Do: l.mail.Purge},
		{Name: "inbound.purge", Every: time.Hour, Do: func(ctx context.Context) error {
			return l.db.Inbound().Purge(ctx, now().Add(-keepInbound))
		}},
		{Name: "performance_reports.due", Every: 5 * time.Second, Do: l.report.RunDue},
	}
}

// checks say of each broker whether it answers. The service serves without.
func (l *links) checks() []telemetry.Check {
	var checks []telemetry.Check
	for _, x := range l.all {
		checks = append(checks, telemetry.Check{Name: "broker " + x.name, Do: x.broker.Health, Optional: true})
	}
	return checks
}

// status asks every broker, and the store for how far each has come.
func (l *links) status(ctx context.Context) ([]event.BrokerStatus, error) {
	heads, err := l.db.Log().Heads(ctx)
	if err != nil {
		return nil, err
	}
	all := []event.BrokerStatus{}
	for _, x := range l.all {
		lag, err := l.lag(ctx, x, heads)
		if err != nil {
			return nil, err
		}
		st := event.BrokerStatus{Name: x.name, Addr: x.addr, Up: true, Listens: x.broker.Features().Consume, Lag: lag, Sent: x.outbox.Sent()}
		if failing := x.outbox.Failing(); failing != nil {
			st.FailedAt, st.Problem = &failing.At, failing.Why
		}
		if err := x.broker.Health(ctx); err != nil {
			st.Up, st.Problem = false, err.Error()
		}
		all = append(all, st)
	}
	return all, nil
}

// lag is how many events of the log a broker does not have. The cursor is saved
// every second, so that it is up to a second old.
func (l *links) lag(ctx context.Context, x *link, heads map[uuid.UUID]int64) (lag int64, err error) {
	seen, err := l.db.Log().Cursors(ctx, x.cursor)
	for partner, head := range heads {
		lag += max(0, head-seen[partner])
	}
	return lag, err
}

// integrated is what the API and the dashboard know of all this.
type integrated struct {
	*integration.Inbox
	*integration.Letters
	links *links
}

func (l *links) integrated() integrated { return integrated{l.inbox, l.mail, l} }

// Brokers is how each broker stands.
func (i integrated) Brokers(ctx context.Context) ([]event.BrokerStatus, error) {
	return i.links.status(ctx)
}
