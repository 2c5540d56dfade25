package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"time"

	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/market"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// BenchConfig is what campaignd bench ingest can be told.
type BenchConfig struct {
	Duration time.Duration `default:"10s" help:"How long each load lasts."`
	BenchStore
	Campaigns int    `default:"500" help:"Over how many campaigns the events are spread."`
	Seed      uint64 `default:"1" help:"Of the values sent."`
	InfluxURL string `placeholder:"URL" help:"An InfluxDB 1.x that takes the same facts first, as a baseline."`
	JSON      bool   `name:"json" help:"Print the figures as JSON."`
}

// BenchIngest measures ingest through a program of its own, beside what the
// bare store takes and, on PostgreSQL, beside one insert per event.
func BenchIngest(ctx context.Context, cfg BenchConfig, stdout, stderr io.Writer) error {
	dir, url, remove, err := cfg.place()
	if err != nil {
		return err
	}
	defer remove()
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: url})
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
	return printed(stdout, cfg.JSON, report)
}

func measure(ctx context.Context, cfg BenchConfig, db *sqlstore.DB, program *bench.Program) (bench.Report, error) {
	key, err := program.Key(ctx)
	if err != nil {
		return bench.Report{}, err
	}
	load := bench.Usual(bench.Load{URL: program.URL, Key: key, Campaigns: cfg.Campaigns, Duration: cfg.Duration, Seed: cfg.Seed, PID: program.PID()})
	report, err := bench.Run(ctx, bench.Plan{Load: load, Bare: sqlstore.Bare{Metrics: db.Metrics()}, PostgresDSN: cfg.Database, InfluxURL: cfg.InfluxURL})
	report.PeakMemory = program.PeakMemory()
	return report, err
}

// BenchQueryConfig is what campaignd bench query can be told.
type BenchQueryConfig struct {
	Events    int64 `default:"1000000" help:"How many events the store has; a tenth of them are of one campaign."`
	Campaigns int   `default:"20" help:"Over how many campaigns they are spread."`
	Triples   int   `default:"2000" help:"How many random (campaign, at, known_at) are asked about."`
	BenchStore
	Seed uint64 `default:"1" help:"Of the events and questions."`
	JSON bool   `name:"json" help:"Print the figures as JSON."`
}

// BenchQuery fills a store with 90 days of deliveries by the path that every
// event takes, and measures questions about it, each beside a plain replay.
func BenchQuery(ctx context.Context, cfg BenchQueryConfig, stdout io.Writer) error {
	_, url, remove, err := cfg.place()
	if err != nil {
		return err
	}
	defer remove()
	var db *sqlstore.DB
	defer func() {
		if db != nil {
			_ = db.Close()
		}
	}()
	answers, err := bench.Ask(ctx, func(now func() time.Time) (_ bench.Archive, err error) {
		db, err = sqlstore.Open(ctx, sqlstore.Config{URL: url, Now: now})
		if err != nil {
			return nil, err
		}
		return archive{db.Metrics(), db}, nil
	}, bench.Questions{Events: cfg.Events, Campaigns: cfg.Campaigns, Seed: cfg.Seed, Triples: cfg.Triples})
	if err != nil {
		return err
	}
	return printed(stdout, cfg.JSON, answers)
}

// printed writes a report as JSON, or as the text that it prints itself as.
func printed(to io.Writer, asJSON bool, report any) error {
	if asJSON {
		return json.NewEncoder(to).Encode(report)
	}
	_, err := fmt.Fprint(to, report)
	return err
}

// written writes a trial as JSON, or as the table that it writes itself as.
func written(to io.Writer, asJSON bool, trial interface{ Text(io.Writer) error }) error {
	if asJSON {
		return json.NewEncoder(to).Encode(trial)
	}
	return trial.Text(to)
}

// archive does at once what the jobs do in time.
type archive struct {
	sqlstore.Metrics
	db *sqlstore.DB
}

// Tidy implements bench.Archive.
func (a archive) Tidy(ctx context.Context, all bool) error {
	merge := a.Merge
	if all {
		merge = a.MergeAll
	}
	for _, job := range []func(context.Context) error{merge, a.Freeze, func(ctx context.Context) error { return a.Sweep(ctx, sqlstore.Usual) }} {
		if err := job(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Bytes implements bench.Archive.
func (a archive) Bytes(ctx context.Context) (map[string]int64, error) {
	sizes, err := a.db.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	bytes := maps.Clone(sizes.Tables)
	bytes["total"], bytes["empty"] = sizes.Total, sizes.Empty
	return bytes, nil
}

// BenchPacing judges the pacing controller in the simulated market, beside a
// bid that is set once.
func BenchPacing(ctx context.Context, campaigns int, seed uint64, asJSON bool, stdout io.Writer) error {
	trial, err := market.TryPacing(ctx, campaigns, seed)
	if err != nil {
		return err
	}
	return written(stdout, asJSON, &trial)
}

// BenchPredict judges what is predicted of campaigns in simulated markets.
func BenchPredict(ctx context.Context, markets int, seed uint64, asJSON bool, stdout io.Writer) error {
	trial, err := market.TryPredicting(ctx, markets, seed)
	if err != nil {
		return err
	}
	return written(stdout, asJSON, &trial)
}

// BenchOptimise judges the optimiser in the simulated market, beside campaigns
// that are left alone.
func BenchOptimise(ctx context.Context, runs int, seed uint64, asJSON bool, stdout io.Writer) error {
	trial, err := market.TryOptimising(ctx, runs, seed)
	if err != nil {
		return err
	}
	return written(stdout, asJSON, &trial)
}
