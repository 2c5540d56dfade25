package main

import "github.com/hexabuilders/campaignd/internal/app"

type benchCmd struct {
	Ingest benchIngest `cmd:"" help:"Measure how fast events are taken in, beside the bare store."`
}

type benchIngest struct {
	app.BenchConfig `embed:""`
}

// Run prints the figures.
func (c *benchIngest) Run(e env) error {
	return app.BenchIngest(e.ctx, c.BenchConfig, e.stdout, e.stderr)
}
