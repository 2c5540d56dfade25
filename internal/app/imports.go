package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/adplatform"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
)

// newImporter files the platforms' reports under this program's campaigns.
func newImporter(db *sqlstore.DB, s *services, now func() time.Time) *adplatform.Importer {
	return adplatform.NewImporter(adplatform.Ports{
		Store: importStore{db.Imports()}, Links: db.Links(),
		Campaigns: importCampaigns{s.campaigns, s.partners}, Metrics: s.metrics, Pulls: importPulls{s.platforms},
	}, now, newID, slog.Default())
}

// importPulls is adplatform.Pulls over the placements, those that have ended
// included: what they delivered was pulled.
type importPulls struct{ platforms *platforms.Service }

// Pulled implements adplatform.Pulls.
func (p importPulls) Pulled(ctx context.Context, partner uuid.UUID, platform string) (adplatform.Pulled, error) {
	pulled := adplatform.Pulled{Objects: map[string]uuid.UUID{}, Since: map[uuid.UUID]localday.Day{}}
	all, err := p.platforms.PlacementsOf(ctx, partner, platforms.Whose{})
	for _, placed := range all {
		if string(placed.Platform) != platform {
			continue
		}
		for _, o := range placed.Objects {
			if o.External != "" && (o.Kind == "campaign" || o.Kind == "ad") {
				pulled.Objects[o.External] = placed.Campaign
			}
		}
		// A day early, whatever the zones: what is refused says how to insist.
		since := localday.Of(placed.CreatedAt, time.UTC) - 1
		if before, ok := pulled.Since[placed.Campaign]; !ok || since < before {
			pulled.Since[placed.Campaign] = since
		}
	}
	return pulled, err
}

// importStore is adplatform.Store over the store's documents.
type importStore struct{ store sqlstore.Imports }

// Save implements adplatform.Store.
func (s importStore) Save(ctx context.Context, i adplatform.Import) error {
	state, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return s.store.Put(ctx, i.Partner, sqlstore.Import{ID: i.ID, CreatedAt: i.CreatedAt, State: state})
}

// Get implements adplatform.Store.
func (s importStore) Get(ctx context.Context, partner, id uuid.UUID) (adplatform.Import, error) {
	stored, err := s.store.Get(ctx, partner, id)
	if err != nil {
		return adplatform.Import{}, err
	}
	var i adplatform.Import
	err = json.Unmarshal(stored.State, &i)
	return i, err
}

// importCampaigns is adplatform.Campaigns over the campaigns' use cases.
type importCampaigns struct {
	campaigns *campaigns.Service
	partners  *partners.Service
}

// Campaign implements adplatform.Campaigns.
func (c importCampaigns) Campaign(ctx context.Context, partner, id uuid.UUID) (adplatform.Campaign, error) {
	found, err := c.campaigns.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return adplatform.Campaign{}, err
	}
	return asPlatform(found)
}

func asPlatform(c *campaigns.Campaign) (adplatform.Campaign, error) {
	s := c.State()
	zone, err := time.LoadLocation(s.Timezone)
	return adplatform.Campaign{ID: s.ID, Name: s.Name, Currency: s.Currency, Zone: zone}, err
}

// importedBudget is the limit of a draft that an import makes: the report does
// not say what the campaign might spend, and too low a limit would cry wolf.
const importedBudget = 1_000_000 * money.Unit

// channelTypes are the types of campaigns that deliver on a channel.
var channelTypes = map[string]campaigns.Type{
	"search": campaigns.Search, "display": campaigns.Display, "social": campaigns.Social, "video": campaigns.Video,
}

// CreateDraft implements adplatform.Campaigns.
func (c importCampaigns) CreateDraft(ctx context.Context, by event.Origin, d adplatform.Draft) (adplatform.Campaign, error) {
	p, err := c.partners.Get(ctx, by.Partner)
	if err != nil {
		return adplatform.Campaign{}, err
	}
	owner := p.State()
	currency, zone, kind := owner.Currency, owner.Timezone, campaigns.Display
	if d.Currency != "" {
		currency = money.Currency(d.Currency)
	}
	if d.Timezone != "" {
		zone = d.Timezone
	}
	if t, ok := channelTypes[d.Channel]; ok {
		kind = t
	}
	made, err := c.campaigns.Create(ctx, by, campaigns.NewCampaign{
		ID: d.ID, Name: d.Name, Type: kind, Objective: campaigns.Awareness, Timezone: zone,
		Description: "Made by an import from " + d.Platform + ". Its budget and goals are to be set.",
		Goals:       campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricImpressions, Quantity: campaigns.Quantity{Micros: 1_000_000 * money.Unit}}}},
		Budget:      campaigns.BudgetTerms{Amount: money.New(importedBudget, currency)},
		Labels:      []string{"imported"},
	})
	if err != nil {
		return adplatform.Campaign{}, err
	}
	return asPlatform(made)
}
