package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"os"

	"github.com/hexabuilders/campaignd/internal/market"
)

// DemoConfig is what can be set of the demo beside the service's settings.
type DemoConfig struct {
	Seed uint64
	Rate float64
	// Invite is called when the history is there and delivery is live.
	Invite func(Invitation)
}

// Invitation is how to look at the demo.
type Invitation struct {
	Link      string // opens the dashboard, signed in
	Finance   string // the same for somebody who may pay in
	API       string // the base of the API
	Key       string // a manager's key for it
	Partner   string // the demo partner's name
	Campaigns int
}

// Demo runs the service with a demo partner and a simulated ad market, which
// speaks to it through the public API like any program outside.
func Demo(ctx context.Context, cfg Config, demo DemoConfig, stdout io.Writer) error {
	if cfg.Data == "" && cfg.Database == "" {
		folder, err := os.MkdirTemp("", "campaignd-demo-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		cfg.Data = folder
	}
	if cfg.AdminKey == "" {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // never fails
		cfg.AdminKey = hex.EncodeToString(secret)
	}
	cfg.PaymentsSimulated = true
	played, err := playPlatforms(ctx, &cfg, demo.Seed)
	if err != nil {
		return err
	}
	defer played.close(context.WithoutCancel(ctx))
	go played.serve(ctx)
	a, err := New(ctx, cfg)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = a.Run(ctx, stdout, func(r Ready) {
		go func() {
			stop(market.Run(ctx, market.Config{
				BaseURL: "http://" + r.Addr, AdminKey: cfg.AdminKey, Seed: demo.Seed, Rate: demo.Rate, Platforms: played.known(),
				OnReady: func(d market.Demo) { a.invite(ctx, r, d, demo.Invite) },
			}))
		}()
	})
	if cause := context.Cause(ctx); err == nil && cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// invite makes the sign-in link. It may be followed more than once: the demo's
// data is made up and it listens on this machine.
func (a *App) invite(ctx context.Context, r Ready, d market.Demo, show func(Invitation)) {
	who, err := a.services.partners.Authenticate(ctx, d.Key)
	if err != nil {
		slog.ErrorContext(ctx, "demo key refused", "error", err)
		return
	}
	token, err := a.services.sessions.NewLink(ctx, who.Partner, who.Key, true)
	if err != nil {
		slog.ErrorContext(ctx, "no sign-in link", "error", err)
		return
	}
	if err := a.services.optimizer.Refresh(ctx, who.Partner); err != nil { // what there was before its history says nothing
		slog.WarnContext(ctx, "no suggestions yet", "error", err)
	}
	finance, err := a.fundDemo(ctx, who.Partner)
	if err != nil {
		slog.ErrorContext(ctx, "no simulated payments", "error", err)
		return
	}
	base := "http://" + r.Addr
	link := func(token string) string { return base + "/signin/link?token=" + url.QueryEscape(token) }
	show(Invitation{
		Link: link(token), Finance: link(finance), API: base + "/api/v1", Key: d.Key,
		Partner: d.Partner, Campaigns: len(d.Campaigns),
	})
}
