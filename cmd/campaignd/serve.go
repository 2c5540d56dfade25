package main

import (
	"fmt"

	"github.com/hexabuilders/campaignd/internal/app"
)

type serveCmd struct {
	app.Config `embed:""`
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(e env) error {
	app.Log(e.stderr, c.LogLevel)
	a, err := app.New(e.ctx, c.Config)
	if err != nil {
		return err
	}
	if a.NewAdminKey != "" {
		_, _ = fmt.Fprintf(e.stderr, "\n  The admin key, shown this once:\n\n    %s\n\n  Keep it in a safe place; set CAMPAIGND_ADMIN_KEY to choose your own.\n\n", a.NewAdminKey)
	}
	return a.Run(e.ctx, e.stdout, nil)
}

type migrateCmd struct {
	app.Config `embed:""`
}

// Run brings the schema up to date and exits.
func (c *migrateCmd) Run(e env) error {
	engine, err := app.Migrate(e.ctx, c.Config)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "the %s store is up to date\n", engine)
	return err
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e env) error {
	_, err := fmt.Fprintln(e.stdout, "campaignd", app.Version())
	return err
}
