package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/bus"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// benchClients measures an outage of the broker of a program of its own, whose
// events come from clients over HTTP. The broker stands in this process.
func benchClients(ctx context.Context, cfg BenchRelayConfig, dir string, stdout, stderr io.Writer) error {
	at := bus.EmbeddedConfig{Addr: "127.0.0.1:0", Dir: filepath.Join(dir, "broker")}
	broker, err := bus.StartEmbedded(at)
	if err != nil {
		return err
	}
	defer func() { _ = broker.Close() }()
	at.Addr = strings.TrimPrefix(broker.URL(), "nats://")
	program, err := bench.Start(ctx, filepath.Join(dir, "program"), "", stderr, "--broker", broker.URL())
	if err != nil {
		return err
	}
	defer func() { _ = program.Stop() }()
	o := bench.Outage{Program: program, Clients: cfg.Clients, Create: cfg.Create, Gather: 2 * gather, Broker: broker.URL(), Topic: integration.TopicEvents}
	o.Away = func() error { return broker.Close() }
	o.Back = func() error { broker, err = bus.StartEmbedded(at); return err }
	for range min(cfg.Partners, cfg.Clients) {
		key, err := program.Key(ctx)
		if err != nil {
			return err
		}
		o.Keys = append(o.Keys, key)
	}
	report, err := o.Measure(ctx, cfg.CatchUp)
	if err != nil {
		return err
	}
	return printed(stdout, cfg.JSON, report)
}

// benchCatchUp measures one outage, and fails when an event arrives before an
// earlier one of its partner, or without it.
func benchCatchUp(ctx context.Context, cfg BenchRelayConfig, dir string, db *sqlstore.DB, logs []*filler, stdout io.Writer) error {
	broker, err := benchBroker(cfg.Broker, dir)
	if err != nil {
		return err
	}
	defer func() { _ = broker.Close() }()
	o := &outage{to: broker, last: map[uuid.UUID]int64{}}
	var report bench.CatchUp
	group, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() error { return o.relay(ctx, db) })
	group.Go(func() error { return o.write(ctx, logs, max(1, cfg.Commit)) })
	group.Go(func() error {
		defer stop()
		report, err = o.measure(ctx, cfg.CatchUp)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return printed(stdout, cfg.JSON, report)
}

// outage is a broker that can be away, what is written, and what has arrived.
type outage struct {
	to      integration.Publisher
	down    atomic.Bool
	written atomic.Int64
	arrived atomic.Int64
	back    atomic.Int64        // when the first batch after the outage arrived, in Unix nanoseconds
	last    map[uuid.UUID]int64 // the last that has arrived of each partner; of the relay alone
}

var errAway = errors.New("the broker is away")

// Publish implements integration.Publisher.
func (o *outage) Publish(ctx context.Context, batch []event.Message) error {
	if o.down.Load() {
		return errAway
	}
	err := o.to.Publish(ctx, batch)
	if err == nil {
		o.back.CompareAndSwap(0, time.Now().UnixNano())
	}
	return err
}

// relay sends as the service does, until ctx ends.
func (o *outage) relay(ctx context.Context, db *sqlstore.DB) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	outbox := integration.NewOutbox(o, time.Now)
	leader := relay.Leader{Log: relay.Shared(db.Log()), Leases: db.Leases(), Cursors: db.Log(), Node: node(), Pause: longestPause, Gather: gather}
	err := leader.Lead(ctx, "bench:"+newID().String(), func(ctx context.Context, page []event.Event) error {
		if err := outbox.Handle(ctx, page); err != nil {
			return err
		}
		partner, last := page[0].Partner, page[len(page)-1].Seq
		if page[0].Seq > o.last[partner]+1 {
			fail(fmt.Errorf("event %d of partner %s came after %d", page[0].Seq, partner, o.last[partner]))
		}
		o.last[partner] = max(last, o.last[partner])
		o.arrived.Add(int64(len(page)))
		return nil
	})
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// write commits without pause, for each partner in turn.
func (o *outage) write(ctx context.Context, logs []*filler, each int) error {
	for i := 0; ctx.Err() == nil; i++ {
		if err := logs[i%len(logs)].commit(context.WithoutCancel(ctx), each); err != nil {
			return err
		}
		o.written.Add(int64(each))
	}
	return nil
}

// measure lets the broker be there, away and back. It is caught up when it lacks
// no more than was written in the last moments.
func (o *outage) measure(ctx context.Context, how time.Duration) (r bench.CatchUp, err error) {
	if err := waitUntil(ctx, time.Minute, func() bool { return o.arrived.Load() > 0 }); err != nil {
		return r, err
	}
	if r.Live, err = o.pace("live", func() error { return waitUntil(ctx, how, nil) }); err != nil {
		return r, err
	}
	o.down.Store(true)
	missed := func() bool { return o.written.Load() > o.arrived.Load() }
	if err := errors.Join(waitUntil(ctx, how, nil), waitUntil(ctx, time.Minute, missed)); err != nil {
		return r, err
	}
	o.back.Store(0)
	r.Backlog = o.written.Load() - o.arrived.Load()
	o.down.Store(false)
	fresh := int64(r.Live.PerSecond * (2 * gather).Seconds())
	if err := waitUntil(ctx, time.Minute, func() bool { return o.back.Load() != 0 }); err != nil {
		return r, err
	}
	r.After, err = o.pace("after the outage", func() error {
		return waitUntil(ctx, 20*how, func() bool { return o.written.Load()-o.arrived.Load() <= fresh })
	})
	if r.Live.PerSecond > 0 {
		r.OfLive = r.After.PerSecond / r.Live.PerSecond
	}
	return r, err
}

// pace is how fast events arrive while do runs.
func (o *outage) pace(name string, do func() error) (bench.Pace, error) {
	return bench.MeasureCounted(name, func() (int, error) {
		before := o.arrived.Load()
		err := do()
		return int(o.arrived.Load() - before), err
	})
}

// waitUntil returns once done says so, at the latest after most.
func waitUntil(ctx context.Context, most time.Duration, done func() bool) error {
	end, tick := time.After(most), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for done == nil || !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			return nil
		case <-tick.C:
		}
	}
	return nil
}
