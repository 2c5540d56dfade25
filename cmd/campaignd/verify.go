package main

import "github.com/hexabuilders/campaignd/internal/app"

type verifyCmd struct {
	app.VerifyConfig `embed:""`
}

// Run exits with 1 when a difference is left.
func (c *verifyCmd) Run(e env) error { return app.Verify(e.ctx, c.VerifyConfig, e.stdout) }
