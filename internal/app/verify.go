package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/sqlstore"
)

// VerifyConfig is what campaignd verify can be told.
type VerifyConfig struct {
	Data     string `type:"path" placeholder:"DIR" help:"Folder of the embedded store, which nothing else may have open."`
	Database string `placeholder:"URL" help:"PostgreSQL to verify; stop the nodes first."`
	Partner  string `placeholder:"ID" help:"This partner alone."`
	Repair   bool   `help:"Rebuild from the log what is derived from it."`
	JSON     bool   `name:"json" help:"Print one JSON object a difference, and a last one that counts."`
}

// verifyChecks are everything that is verified, of one partner after another, in
// this order.
var verifyChecks = []struct {
	name string
	do   func(v sqlstore.Verify, ctx context.Context, partner uuid.UUID) error
}{
	{"log", sqlstore.Verify.Log},
	{"metrics", sqlstore.Verify.Metrics},
	{"spend", sqlstore.Verify.Spend},
	{"ledger", sqlstore.Verify.Ledger},
}

// ErrDiffers means that something was not what the log says, whether or not it
// was repaired. Every other error of Verify means that it could not look.
var ErrDiffers = errors.New("verify: not everything was what the log says")

// Verify compares what is derived with the log and prints every difference.
func Verify(ctx context.Context, cfg VerifyConfig, stdout io.Writer) error {
	if err := cfg.exists(); err != nil {
		return err
	}
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: Config{Data: cfg.Data, Database: cfg.Database}.storeURL()})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	print := verifyPrinter{to: stdout, json: cfg.JSON}
	v := db.Verify(cfg.Repair, print.difference)
	partners, err := v.Partners(ctx)
	if cfg.Partner != "" && err == nil {
		partners = make([]uuid.UUID, 1)
		partners[0], err = uuid.Parse(cfg.Partner)
	}
	if err != nil {
		return err
	}
	for _, partner := range partners {
		for _, check := range verifyChecks {
			if err := check.do(v, ctx, partner); err != nil {
				return fmt.Errorf("verify %s of partner %s: %w", check.name, partner, err)
			}
		}
	}
	return print.end(len(partners))
}

// exists refuses a folder without a store: opening it would make an empty one,
// in which everything agrees.
func (cfg VerifyConfig) exists() error {
	if cfg.Database != "" {
		return nil
	}
	_, err := os.Stat(filepath.Join(Config{Data: cfg.Data}.storeURL(), sqlstore.FileName))
	if err != nil {
		return fmt.Errorf("verify: no store to look at: %w", err)
	}
	return nil
}

// verifyPrinter counts what it prints.
type verifyPrinter struct {
	to              io.Writer
	json            bool
	found, repaired int
	err             error
}

func (p *verifyPrinter) difference(d sqlstore.Difference) {
	p.found++
	if d.Repaired {
		p.repaired++
	}
	p.line(d, d.String())
}

func (p *verifyPrinter) line(object any, text string) {
	if p.err != nil {
		return
	}
	if p.json {
		p.err = json.NewEncoder(p.to).Encode(object)
		return
	}
	_, p.err = fmt.Fprintln(p.to, text)
}

func (p *verifyPrinter) end(partners int) error {
	p.line(map[string]int{"partners": partners, "differences": p.found, "repaired": p.repaired},
		fmt.Sprintf("%d partners verified: %d differences, %d repaired", partners, p.found, p.repaired))
	if p.found > 0 && p.err == nil {
		return fmt.Errorf("%w: %d differences, %d left", ErrDiffers, p.found, p.found-p.repaired)
	}
	return p.err
}
