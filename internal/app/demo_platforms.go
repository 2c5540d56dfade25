package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hexabuilders/campaignd/internal/market"
	"github.com/hexabuilders/campaignd/internal/market/sandbox"
)

// demoPull is how often the demo pulls: often enough to be seen.
const demoPull = 15 * time.Second

// demoPlatforms is the sandbox of the demo, in its process.
type demoPlatforms struct {
	box *sandbox.Sandbox
	at  *server
}

// playPlatforms starts the sandbox and points the service at it. What the
// sandbox has made stands in the demo's folder, beside the tokens' key, so that
// a demo which is started again on its data finds its campaigns at the platforms.
func playPlatforms(ctx context.Context, cfg *Config, seed uint64) (*demoPlatforms, error) {
	folder := cfg.Data
	if folder == "" { // the store is elsewhere
		folder = "."
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, err
	}
	box, err := sandbox.Open(sandbox.Config{Seed: seed}, filepath.Join(folder, "ad-platforms.json"))
	if err != nil {
		return nil, err
	}
	if box.Fresh() {
		box.Advance(-market.PlacedHistory)
	}
	at, err := listen(ctx, "127.0.0.1:0", box)
	if err != nil {
		return nil, err
	}
	if cfg.PlatformKey == "" {
		if cfg.PlatformKey, err = demoKey(filepath.Join(folder, "ad-platforms.key")); err != nil {
			return nil, errors.Join(err, at.http.Close())
		}
	}
	cfg.PlatformSandbox, cfg.PlatformPull = "http://"+at.addr(), demoPull
	return &demoPlatforms{box, at}, nil
}

// demoKey is the key of tokens that are worth nothing. It is kept, because what
// it has sealed is kept.
func demoKey(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err == nil {
		return string(text), nil
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	encoded := base64.StdEncoding.EncodeToString(key)
	return encoded, os.WriteFile(file, []byte(encoded), 0o600)
}

// serve plays until the server is closed.
func (p *demoPlatforms) serve(ctx context.Context) {
	if err := p.at.serve(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		slog.ErrorContext(ctx, "the demo's ad platforms have stopped", "error", err)
	}
}

func (p *demoPlatforms) close(ctx context.Context) {
	if err := errors.Join(p.at.http.Close(), p.box.Save()); err != nil {
		slog.WarnContext(ctx, "the demo's ad platforms did not end well", "error", err)
	}
}

// known is what the market is told of the platforms.
func (p *demoPlatforms) known() *market.Platforms {
	names := map[string]string{"meta": "meta_ads", "google": "google_ads"}
	m := &market.Platforms{CatchUp: p.box.CatchUp}
	for _, a := range sandbox.DefaultAccounts() {
		m.Accounts = append(m.Accounts, market.AdAccount{Platform: names[a.Platform], External: a.ID, Token: a.Token})
	}
	return m
}
