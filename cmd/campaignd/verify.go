package main

import (
	"errors"

	"github.com/hexabuilders/campaignd/internal/app"
)

type verifyCmd struct {
	app.VerifyConfig `embed:""`
}

// Run exits with 0 when everything agrees, with 1 when something differed, also
// when it was repaired, and with 2 when it could not look.
func (c *verifyCmd) Run(e env) error {
	err := app.Verify(e.ctx, c.VerifyConfig, e.stdout)
	if err == nil || errors.Is(err, app.ErrDiffers) {
		return err
	}
	return exitError{err, 2}
}
