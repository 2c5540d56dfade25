package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// BenchConfig is what campaignd bench ingest can be told.
type BenchConfig struct {
	Duration  time.Duration `default:"10s" help:"How long each load lasts."`
	Database  string        `placeholder:"URL" help:"An empty PostgreSQL to measure on, in place of an embedded store in a temporary folder. What the measurement writes stays there."`
	Campaigns int           `default:"500" help:"Over how many campaigns the events are spread."`
	Seed      uint64        `default:"1" help:"Of the values sent."`
	JSON      bool          `name:"json" help:"Print the figures as JSON."`
}

// BenchIngest measures ingest through a program of its own, beside what the
// bare store takes and, on PostgreSQL, beside one insert per event.
func BenchIngest(ctx context.Context, cfg BenchConfig, stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "campaignd-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bare := filepath.Join(dir, "bare")
	if cfg.Database != "" {
		bare = cfg.Database
	}
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: bare})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	program, err := bench.Start(ctx, filepath.Join(dir, "whole"), cfg.Database, stderr)
	if err != nil {
		return err
	}
	defer func() { _ = program.Stop() }()
	report, err := measure(ctx, cfg, db, program)
	if err != nil {
		return err
	}
	if cfg.JSON {
		return json.NewEncoder(stdout).Encode(report)
	}
	_, err = fmt.Fprint(stdout, report)
	return err
}

func measure(ctx context.Context, cfg BenchConfig, db *sqlstore.DB, program *bench.Program) (bench.Report, error) {
	key, err := program.Key(ctx)
	if err != nil {
		return bench.Report{}, err
	}
	load := bench.Usual(bench.Load{URL: program.URL, Key: key, Campaigns: cfg.Campaigns, Duration: cfg.Duration, Seed: cfg.Seed, PID: program.PID()})
	report, err := bench.Run(ctx, bench.Plan{Load: load, Bare: sqlstore.Bare{Metrics: db.Metrics()}, PostgresDSN: cfg.Database})
	report.PeakMemory = program.PeakMemory()
	return report, err
}
