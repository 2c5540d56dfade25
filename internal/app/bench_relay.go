package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/bus"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// BenchRelayConfig is what campaignd bench relay can be told.
type BenchRelayConfig struct {
	Events   int    `default:"100000" help:"How many events are in the log."`
	Partners int    `default:"10" help:"Over how many partners they are spread."`
	Broker   string `default:"nats" help:"Where they are sent: nats is one in this process, in a temporary folder."`

	CatchUp time.Duration `help:"Measure instead how fast a broker that was down for so long is given what it has missed, while as much goes on being written as before."`
	Commit  int           `default:"5" help:"Events of one commit, with --catch-up; most changes are one."`
	Clients int           `help:"With --catch-up, so many clients that change campaigns over HTTP at a program of its own write, in place of a loop at the store."`
	Create  bool          `help:"With --clients, they make campaigns, which is two events of one commit."`
	JSON    bool          `name:"json" help:"Print the figures as JSON."`
}

// RelayReport is how fast a log leaves, beside what the broker alone takes.
type RelayReport struct {
	Relay bench.Pace `json:"relay"` // from the log in the store to the broker, by way of the cursor
	Bare  bench.Pace `json:"bare"`  // the same messages, made beforehand
}

func (r RelayReport) String() string {
	return fmt.Sprintf("%v\n%v\nthe relay has %.2f of the bare broker's pace on the wall, and costs %.2f times its processor time\n",
		r.Relay, r.Bare, r.Relay.PerSecond/r.Bare.PerSecond, r.Relay.CPU/r.Bare.CPU)
}

// BenchRelay fills a log and measures how fast all of it is durable at a broker,
// beside a program that only publishes the same messages. Processor time is that
// of this process, with the broker in it when that is the embedded one.
func BenchRelay(ctx context.Context, cfg BenchRelayConfig, stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "campaignd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg.Partners = max(1, cfg.Partners)
	if cfg.CatchUp > 0 && cfg.Clients > 0 {
		return benchClients(ctx, cfg, dir, stdout, stderr)
	}
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: filepath.Join(dir, "store")})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	logs, err := newLogs(ctx, db, cfg.Partners)
	if err != nil {
		return err
	}
	if cfg.CatchUp > 0 {
		return benchCatchUp(ctx, cfg, filepath.Join(dir, "broker"), db, logs, stdout)
	}
	for _, log := range logs {
		if err := log.fill(ctx, cfg.Events/len(logs)); err != nil {
			return err
		}
	}
	var report RelayReport
	if report.Bare, err = paceOf(ctx, "the broker alone", cfg, filepath.Join(dir, "bare"), db, bare); err != nil {
		return err
	}
	if report.Relay, err = paceOf(ctx, "relay, from log to broker", cfg, filepath.Join(dir, "relay"), db, relayed); err != nil {
		return err
	}
	return printed(stdout, cfg.JSON, report)
}

// filler appends to a partner's log events as large as those of a campaign's
// life, by the one door that takes any event: that of reports.
type filler struct {
	db        *sqlstore.DB
	day       performance.DueDay
	campaigns []uuid.UUID
	data      json.RawMessage
}

func newLogs(ctx context.Context, db *sqlstore.DB, n int) ([]*filler, error) {
	people := partners.NewService(db.Partners(), db.Keys(), time.Now, newID, nil)
	by := event.Origin{Kind: event.ActorOperator, ID: "bench"}
	logs := make([]*filler, n)
	for i := range logs {
		p, err := people.Create(ctx, by, partners.NewPartner{Name: "Bench", Timezone: "UTC", Currency: "USD"})
		if err != nil {
			return nil, err
		}
		x := &filler{db: db, campaigns: make([]uuid.UUID, 20), data: json.RawMessage(`{"reason":"` + strings.Repeat("x", 400) + `"}`)}
		for i := range x.campaigns {
			x.campaigns[i] = newID()
		}
		x.day = performance.DueDay{Partner: p.State().ID, Campaign: x.campaigns[0], Day: 1}
		if err := db.ReportDays().Track(ctx, x.day, time.Now()); err != nil {
			return nil, err
		}
		logs[i] = x
	}
	return logs, nil
}

// fill appends n events in few commits.
func (x *filler) fill(ctx context.Context, n int) error {
	const each = 2000
	for ; n > 0; n -= each {
		if err := x.commit(ctx, min(n, each)); err != nil {
			return err
		}
	}
	return nil
}

// commit appends n events in one.
func (x *filler) commit(ctx context.Context, n int) error {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = event.Event{ID: newID(), Partner: x.day.Partner, Type: "campaign.updated", Aggregate: "campaign", AggregateID: x.campaigns[i%len(x.campaigns)],
			Revision: 1, OccurredAt: time.Now().UTC(), Origin: event.Origin{Kind: event.ActorOperator, ID: "bench"}, Data: x.data}
	}
	_, err := x.db.ReportDays().Report(ctx, x.day, events, x.day.Day+1, time.Now())
	x.day.Day++
	return err
}

// sending sends the whole log to a broker, having prepared what it does not
// count; go returns when all is durable.
type sending func(ctx context.Context, db *sqlstore.DB, to integration.Publisher, events int) (send func() error, err error)

func paceOf(ctx context.Context, name string, cfg BenchRelayConfig, dir string, db *sqlstore.DB, how sending) (bench.Pace, error) {
	broker, err := benchBroker(cfg.Broker, dir)
	if err != nil {
		return bench.Pace{}, err
	}
	defer func() { _ = broker.Close() }()
	events := cfg.Events / cfg.Partners * cfg.Partners
	send, err := how(ctx, db, broker, events)
	if err != nil {
		return bench.Pace{}, err
	}
	return bench.Measure(name, events, send)
}

func benchBroker(url, dir string) (bus.Broker, error) {
	targets, err := bus.ParseTargets(url)
	if err != nil || len(targets) != 1 {
		return nil, fmt.Errorf("%q is not one broker: %w", url, err)
	}
	if targets[0].URL == bus.Embedded {
		return bus.StartEmbedded(bus.EmbeddedConfig{Addr: "127.0.0.1:0", Dir: dir})
	}
	return bus.Open(targets[0])
}

// relayed sends by the relay, as the service does.
func relayed(ctx context.Context, db *sqlstore.DB, to integration.Publisher, events int) (func() error, error) {
	outbox := integration.NewOutbox(to, time.Now)
	return func() error {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		leader := relay.Leader{Log: relay.Shared(db.Log()), Leases: db.Leases(), Cursors: db.Log(), Node: node(), Pause: longestPause, Gather: gather}
		return leader.Lead(ctx, "bench:"+newID().String(), func(ctx context.Context, page []event.Event) error {
			err := outbox.Handle(ctx, page)
			if outbox.Sent() >= int64(events) {
				stop()
			}
			return err
		})
	}, nil
}

// bare publishes messages that were made beforehand, in batches as large.
func bare(ctx context.Context, db *sqlstore.DB, to integration.Publisher, _ int) (func() error, error) {
	heads, err := db.Log().Heads(ctx)
	if err != nil {
		return nil, err
	}
	var batches [][]event.Message
	for partner, head := range heads {
		for after := int64(0); after < head; after += 500 {
			page, err := db.Log().Read(ctx, partner, after, 500)
			if err != nil {
				return nil, err
			}
			var batch []event.Message
			for i := range page {
				batch = append(batch, integration.Outgoing(&page[i])...)
			}
			batches = append(batches, batch)
		}
	}
	return func() error {
		for _, batch := range batches {
			if err := to.Publish(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
