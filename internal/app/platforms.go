package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/internal/adplatform/google"
	"github.com/hexabuilders/campaignd/internal/adplatform/meta"
	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// AdPlatforms is where the ad platforms are, and how tokens for them are kept.
type AdPlatforms struct {
	PlatformKey     string        `placeholder:"SECRET" help:"Key that tokens of ad platforms are kept with: 32 bytes in base64 (openssl rand -base64 32). To replace it, put the new one before the old one, with a comma between."`
	PlatformSandbox string        `placeholder:"URL" help:"Speak to a campaignd sandbox at this address in place of the ad platforms."`
	PlatformPull    time.Duration `default:"15m" help:"How often delivery is pulled from each ad account."`
	PlatformSettle  time.Duration `default:"2m" help:"How long an ad platform may take to show what it has made, before a call without an answer counts as not done."`
	MetaURL         string        `name:"meta-url" default:"https://graph.facebook.com" help:"Meta's Graph API."`
	MetaVersion     string        `default:"v26.0" help:"Its version."`
	GoogleAdsURL    string        `name:"google-ads-url" default:"https://googleads.googleapis.com" help:"The Google Ads API."`
	GoogleVersion   string        `name:"google-ads-version" default:"v26" help:"Its version."`
	GoogleTokenURL  string        `name:"google-token-url" default:"https://oauth2.googleapis.com/token" help:"Where refresh tokens of Google become access tokens."`
}

// sited is the settings with the sandbox in place of the platforms, if there is
// one.
func (c AdPlatforms) sited() AdPlatforms {
	if at := strings.TrimSuffix(c.PlatformSandbox, "/"); at != "" {
		c.MetaURL, c.GoogleAdsURL, c.GoogleTokenURL = at, at, at+"/token"
	}
	return c
}

func (c AdPlatforms) check() error {
	if _, err := platforms.NewCipher(c.PlatformKey, rand.Reader); err != nil {
		return fmt.Errorf("platform-key: %w", err)
	}
	for _, setting := range []struct{ name, url string }{
		{"platform-sandbox", c.PlatformSandbox}, {"meta-url", c.MetaURL}, {"google-ads-url", c.GoogleAdsURL}, {"google-token-url", c.GoogleTokenURL},
	} {
		if setting.url != "" && !strings.HasPrefix(setting.url, "https://") && !strings.HasPrefix(setting.url, "http://") {
			return fmt.Errorf("%s: %q is not an address; it begins with https://", setting.name, setting.url)
		}
	}
	return nil
}

// newPlatforms puts the use cases of ad platforms on the store.
func newPlatforms(db *sqlstore.DB, s *services, cfg Config) *platforms.Service {
	cipher, err := platforms.NewCipher(cfg.PlatformKey, rand.Reader)
	if err != nil { // Validate has read it
		panic(err)
	}
	at, client := cfg.AdPlatforms.sited(), exchange.NewClient()
	return platforms.NewService(platforms.Config{
		Accounts: db.AdAccounts(), Placements: db.Placements(), Campaigns: drafts{s.campaigns, s.budgets, s.audiences}, People: members{s.audiences},
		Connectors: map[platforms.Platform]platforms.Connector{
			platforms.Meta:   meta.New(at.MetaURL, at.MetaVersion, client, cfg.clock()),
			platforms.Google: google.New(at.GoogleAdsURL, at.GoogleVersion, at.GoogleTokenURL, client, cfg.clock()),
		},
		Cipher: cipher, Now: cfg.clock(), NewID: newID,
	})
}

// platformTiming is the usual, with what was set.
func (c AdPlatforms) timing() platforms.Timing {
	t := platforms.Usual
	if c.PlatformPull > 0 {
		// Whoever wants figures sooner wants reviews and statuses as soon.
		t.Pull, t.Refresh = c.PlatformPull, min(t.Refresh, c.PlatformPull)
	}
	if c.PlatformSettle > 0 {
		t.Settling, t.Look = c.PlatformSettle, min(t.Look, c.PlatformSettle/3)
	}
	return t
}

// platformJobs push what has changed and pull what was delivered.
func (a *App) platformJobs() []jobs.Job {
	s, timing := a.services.platforms, a.cfg.AdPlatforms.timing()
	push := platforms.NewPusher(s.Config, timing)
	pull := platforms.NewPuller(s.Config, timing, a.db.PlatformRows(), a.services.metrics)
	return []jobs.Job{
		{Name: "platforms.push", Every: time.Second, Do: push.Tick},
		{Name: "platforms.pull", Every: time.Second, Do: pull.Tick},
	}
}

// touchPlacements makes the placements of campaigns due that an event is about:
// whatever a person or a rule changed, the platforms follow.
func touchPlacements(s *platforms.Service) func(context.Context, []event.Event) error {
	return func(ctx context.Context, events []event.Event) error {
		for _, e := range events {
			campaign := uuid.Nil
			switch {
			case e.Aggregate == "audience" && e.Type != "audience.created":
				if err := s.TouchAudience(ctx, e.Partner, e.AggregateID); err != nil {
					return err
				}
			case e.Aggregate == "campaign" && e.Type != "campaign.created":
				campaign = e.AggregateID
			case e.Aggregate == "budget" && e.Type != "budget.opened":
				campaign = campaignOf(e)
			}
			if campaign == uuid.Nil {
				continue
			}
			if err := s.Touch(ctx, e.Partner, campaign); err != nil {
				return err
			}
		}
		return nil
	}
}

// campaignOf is the campaign that an event of a budget is about.
func campaignOf(e event.Event) uuid.UUID {
	var data struct {
		Campaign uuid.UUID `json:"campaign_id"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return uuid.Nil // an event of a shape that has no campaign moves no placement
	}
	return data.Campaign
}

// drafts is platforms.Campaigns over campaigns and budgets.
type drafts struct {
	campaigns *campaigns.Service
	budgets   *budgets.Service
	audiences *audience.Service
}

// Draft implements platforms.Campaigns. The part of the limit is rounded down:
// parts that are rounded up would add up to more than the whole.
func (d drafts) Draft(ctx context.Context, partner, campaign uuid.UUID, percent int) (platforms.Draft, error) {
	found, err := d.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return platforms.Draft{}, err
	}
	s := found.State()
	b, err := d.budgets.ForCampaign(ctx, s.Partner, campaign)
	if err != nil {
		return platforms.Draft{}, err
	}
	limit := b.State()
	part, err := money.MulDiv(limit.Limit, int64(percent), 100, money.Down)
	if err != nil {
		return platforms.Draft{}, err
	}
	draft := platforms.Draft{
		Name: s.Name, Description: s.Description, Type: s.Type, Objective: s.Objective, Category: s.Category, Status: s.Status,
		Timezone: s.Timezone, Channels: s.Channels, Budget: money.New(part, limit.Currency), Daily: limit.Kind == budgets.KindDaily, Creatives: s.Creatives,
	}
	if s.Schedule != nil {
		draft.Start, draft.End = s.Schedule.Start, s.Schedule.End
	}
	if s.Targeting != nil {
		draft.Targeting = *s.Targeting
	}
	err = d.addAudiences(ctx, s.Partner, &draft)
	return draft, err
}
