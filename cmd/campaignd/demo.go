package main

import (
	"fmt"
	"log/slog"

	"github.com/hexabuilders/campaignd/internal/app"
)

type demoCmd struct {
	app.Config `embed:""`

	Seed uint64  `default:"1" help:"The market's seed: the same one gives the same history."`
	Rate float64 `default:"1" help:"How fast the market delivers: 10 is ten times as much."`
}

// Run serves the demo until the process is told to stop.
func (c *demoCmd) Run(e env) error {
	if c.LogLevel == slog.LevelInfo {
		c.LogLevel = slog.LevelWarn // the link should not be looked for among log lines
	}
	app.Log(e.stderr, c.LogLevel)
	_, _ = fmt.Fprintln(e.stderr, "Preparing weeks of history; this takes a few seconds.")
	return app.Demo(e.ctx, c.Config, app.DemoConfig{Seed: c.Seed, Rate: c.Rate, Invite: func(i app.Invitation) {
		_, _ = fmt.Fprintf(e.stderr, `
  %s has %d campaigns; an ad market and two ad platforms, all simulated, deliver to them.
  Look at them here, signed in:

    %s

  The same for finance, who may pay in under Billing (a simulation, no money moves):

    %s

  Or ask the API: curl -H "Authorization: Bearer %s" %s/campaigns

  Stop with Ctrl-C.

`, i.Partner, i.Campaigns, i.Link, i.Finance, i.Key, i.API)
	}}, e.stdout)
}
