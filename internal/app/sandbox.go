package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/internal/market/sandbox"
)

// SandboxConfig is what can be set of the sandbox.
type SandboxConfig struct {
	Addr     string        `default:"127.0.0.1:8090" help:"Where both platforms are served; port 0 picks a free one."`
	Seed     uint64        `default:"1" help:"The same one gives the same reviews and moods of the market."`
	Speed    float64       `default:"1" help:"How fast its clock goes: 60 makes a minute an hour."`
	Drop     float64       `default:"0.1" help:"Share of creating calls whose answer is lost after the work was done."`
	Behind   time.Duration `help:"By how much its clock begins behind the real one. Then weeks can pass there in a moment: a service takes no delivery of the future, so that a clock that is ahead brings nothing."`
	Currency string        `default:"USD" help:"Of its ad accounts."`
	Timezone string        `default:"America/Bogota" help:"Of its ad accounts."`
}

// Sandboxed is where a sandbox is and what it has.
type Sandboxed struct {
	URL      string
	Accounts []sandbox.Account
}

// Sandbox plays the ad platforms until ctx ends.
func Sandbox(ctx context.Context, c SandboxConfig, stdout io.Writer, show func(Sandboxed)) error {
	if c.Speed <= 0 || c.Drop < 0 || c.Drop >= 1 || c.Behind < 0 {
		return fmt.Errorf("speed, drop and behind: %v, %v and %v; a speed above 0, a share from 0 to less than 1 and no negative time are needed", c.Speed, c.Drop, c.Behind)
	}
	accounts := sandbox.DefaultAccounts()
	for i := range accounts {
		accounts[i].Currency, accounts[i].Timezone = c.Currency, c.Timezone
	}
	box := sandbox.New(sandbox.Config{Seed: c.Seed, Speed: c.Speed, Drop: c.Drop, Accounts: accounts})
	box.Advance(-c.Behind)
	s, err := listen(ctx, c.Addr, box)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(Ready{Msg: "ready", Addr: s.addr(), Version: Version()}); err != nil {
		return err
	}
	show(Sandboxed{"http://" + s.addr(), accounts})
	var group errgroup.Group
	group.Go(s.serve)
	<-ctx.Done()
	if err := s.http.Close(); err != nil {
		return err
	}
	return group.Wait()
}
