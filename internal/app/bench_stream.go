package app

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/bus"
	"github.com/hexabuilders/campaignd/internal/integration"
)

// BenchStreamConfig is what campaignd bench stream can be told.
type BenchStreamConfig struct {
	Duration    time.Duration `default:"5s" help:"How long each load lasts."`
	Rounds      int           `default:"3" help:"How often HTTP and the stream take turns."`
	Campaigns   int           `default:"500" help:"Over how many campaigns the events are spread."`
	Batch       int           `default:"1000" help:"Events of one request, or of one message."`
	Connections int           `default:"8" help:"How many send at once, each waiting for its answer."`
	Together    int           `default:"1" help:"Messages that are published at once; with N there are so many senders fewer, and one sync of the broker's disk instead of N."`
	Backlog     int           `help:"Messages that lie in the stream before the clock runs: measures taking in alone, without what publishers wait for."`
	Seed        uint64        `default:"1" help:"Of the values sent."`
	JSON        bool          `name:"json" help:"Print the figures as JSON."`
}

// BenchStream measures ingest from the broker in a program of its own, beside
// the same facts over HTTP.
func BenchStream(ctx context.Context, cfg BenchStreamConfig, stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "campaignd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program, err := bench.Start(ctx, dir, "", stderr)
	if err != nil {
		return err
	}
	defer func() { _ = program.Stop() }()
	key, err := program.Key(ctx)
	if err != nil {
		return err
	}
	load := bench.Load{URL: program.URL, Key: key, Campaigns: cfg.Campaigns, Duration: cfg.Duration, Seed: cfg.Seed, PID: program.PID(),
		Batch: cfg.Batch, Connections: cfg.Connections}
	broker, err := bus.Open(bus.Target{URL: program.Broker})
	if err != nil {
		return err
	}
	defer func() { _ = broker.Close() }()
	stream := bench.Stream{To: broker, URL: program.Broker, Topic: integration.TopicMetrics, Group: integration.Group, Together: max(1, cfg.Together), Backlog: cfg.Backlog}
	report, err := bench.Streamed(ctx, stream, load, max(1, cfg.Rounds))
	if err != nil {
		return err
	}
	return printed(stdout, cfg.JSON, report)
}
