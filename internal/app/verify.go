package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

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
// this order. What the sums are held against comes before them.
var verifyChecks = []struct {
	name string
	do   func(v sqlstore.Verify, ctx context.Context, partner uuid.UUID) error
}{
	{"log", sqlstore.Verify.Log},
	{"chunks", sqlstore.Verify.Chunks},
	{"sums", sqlstore.Verify.Sums},
	{"ids", sqlstore.Verify.IDs},
	{"spend", sqlstore.Verify.Spend},
	{"ledger", sqlstore.Verify.Ledger},
}

// Verify compares what is derived with the log and prints every difference. It
// fails when one is left.
func Verify(ctx context.Context, cfg VerifyConfig, stdout io.Writer) error {
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
	if left := p.found - p.repaired; left > 0 && p.err == nil {
		return fmt.Errorf("verify: %d differences are left", left)
	}
	return p.err
}
