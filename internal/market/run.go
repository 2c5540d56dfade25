package market

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Config is where and how the market runs.
type Config struct {
	BaseURL  string // of the service, such as http://127.0.0.1:8080
	AdminKey string
	Seed     uint64
	Rate     float64      // 1 delivers as the campaigns' budgets have it, 10 ten times that; 0 means 1
	Client   *http.Client // nil: one with a timeout of 30 s
	Logger   *slog.Logger // nil: slog.Default()
	// Platforms are ad platforms that some campaigns run at; nil: there are none.
	Platforms *Platforms
	OnReady   func(Demo) // called once, when the history is there and live delivery begins
}

// Demo is what can be looked at.
type Demo struct {
	PartnerID string
	Partner   string            // its name
	Key       string            // a manager's, for the dashboard and the API
	Campaigns map[string]string // ids by name
}

const (
	tick     = time.Second
	patience = 2 * time.Minute
	// keyLife is for the keys of one run of the demo.
	keyLife = 30 * day
)

// Run sets the demo up and feeds it until ctx ends, which is no error. It fails
// when the service refuses what the demo needs, or stays away for two minutes
// while it is being set up.
func Run(ctx context.Context, c Config) error {
	err := run(ctx, c.normal())
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (c Config) normal() Config {
	if c.Rate == 0 {
		c.Rate = 1
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 30 * time.Second}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.OnReady == nil {
		c.OnReady = func(Demo) {}
	}
	return c
}

func (c Config) client(key string) *client {
	return &client{http: c.Client, base: strings.TrimSuffix(c.BaseURL, "/") + "/api/v1", key: key, patience: patience}
}

func run(ctx context.Context, c Config) error {
	s, err := setUp(ctx, c)
	if err != nil {
		return err
	}
	f := newFeed(c, s)
	past, both := errgroup.WithContext(ctx)
	past.Go(func() error { return f.history(both) })
	past.Go(func() error { return s.usePlatforms(both, c) })
	if err := past.Wait(); err != nil {
		return err
	}
	demo := Demo{PartnerID: s.partner.ID, Partner: s.partner.Name, Key: s.manager.key, Campaigns: map[string]string{}}
	for _, e := range s.entries {
		demo.Campaigns[e.campaign.Name] = e.campaign.ID
	}
	for _, made := range s.placed {
		demo.Campaigns[made.Name] = made.ID
	}
	c.OnReady(demo)
	return f.live(ctx)
}
