package app

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"

	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// BenchAudienceConfig is what campaignd bench audience can be told.
type BenchAudienceConfig struct {
	Members    int  `default:"1000000" help:"How many people the first audience has."`
	Audiences  int  `default:"10" help:"How many are compared at the end, 2 to 10. The others have a tenth of the members."`
	Attributes bool `help:"Upload a telephone number, a city and an age too, and not only an email address."`
	BenchStore
	JSON bool `name:"json" help:"Print the figures as JSON."`
}

// BenchAudience uploads generated people to a program of its own, through HTTP
// and by stream, and compares audiences, beside a row for each identifier.
func BenchAudience(ctx context.Context, cfg BenchAudienceConfig, stdout, stderr io.Writer) error {
	if cfg.Members < 1 || cfg.Audiences < 2 || cfg.Audiences > 10 {
		return errors.New("--members is at least 1 and --audiences 2 to 10")
	}
	dir, _, remove, err := cfg.place()
	if err != nil {
		return err
	}
	defer remove()
	plain, err := bench.RowPerIdentifier(ctx, dir, cfg.Members)
	if err != nil {
		return err
	}
	report, err := crowd(ctx, cfg, filepath.Join(dir, "whole"), &turns{to: stderr})
	if err != nil {
		return err
	}
	report.Plain = plain
	if plain.Rows > 0 {
		report.TimesPlain = report.Rows / plain.Rows
	}
	return printed(stdout, cfg.JSON, report)
}

// turns lets the program's log and the progress write one after the other.
type turns struct {
	mu sync.Mutex
	to io.Writer
}

// Write implements io.Writer.
func (t *turns) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.to.Write(p)
}

func crowd(ctx context.Context, cfg BenchAudienceConfig, dir string, stderr io.Writer) (bench.Crowded, error) {
	program, err := bench.Start(ctx, dir, cfg.Database, stderr)
	if err != nil {
		return bench.Crowded{}, err
	}
	report, err := bench.Gather(ctx, program, bench.Crowd{
		Members: cfg.Members, Audiences: cfg.Audiences, Attributes: cfg.Attributes, Progress: stderr,
	})
	if err = errors.Join(err, program.Stop()); err != nil || cfg.Database != "" {
		return report, err
	}
	report.PerPerson, err = perPerson(ctx, dir, report)
	return report, err
}

// perPerson is what a stopped program's store takes for each person in it, with
// all their memberships. Pages that wait for new rows are left out: parts of
// uploads lay there.
func perPerson(ctx context.Context, dir string, r bench.Crowded) (float64, error) {
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: dir})
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	sizes, err := db.Sizes(ctx)
	return float64(sizes.Total-sizes.Empty) / float64(r.People), err
}
