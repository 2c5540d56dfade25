package main

import (
	"fmt"

	"github.com/hexabuilders/campaignd/internal/app"
)

type sandboxCmd struct {
	app.SandboxConfig `embed:""`
}

// Run plays the ad platforms until the process is told to stop.
func (c *sandboxCmd) Run(e env) error {
	return app.Sandbox(e.ctx, c.SandboxConfig, e.stdout, func(s app.Sandboxed) {
		_, _ = fmt.Fprintf(e.stderr, `
  Meta's Marketing API and the Google Ads API are played at %s.
  Point a service at them with --platform-sandbox %s and connect:

`, s.URL, s.URL)
		for _, a := range s.Accounts {
			_, _ = fmt.Fprintf(e.stderr, "    %-10s account %-18s %s, %s, token %s\n", a.Platform, a.ID, a.Currency, a.Timezone, a.Token)
		}
		_, _ = fmt.Fprintf(e.stderr, `
  Let a day pass:       curl -d '{"by":"24h"}' %[1]s/sandbox/advance
                        (a service takes no delivery of the future: begin with --behind 336h,
                        and schedule campaigns from then)
  Order a fault:        curl -d '{"kind":"bad_token","times":1}' %[1]s/sandbox/faults
  See what exists:      curl %[1]s/sandbox/state

`, s.URL)
	})
}
