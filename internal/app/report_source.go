package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/report"
)

// reportSource is report.Source over the services.
type reportSource struct{ *services }

const (
	reportAlerts = 50
	sourcePage   = 200
)

// Zone implements report.Source.
func (s reportSource) Zone(ctx context.Context, partner uuid.UUID) (string, error) {
	p, err := s.partners.Get(ctx, partner)
	if err != nil {
		return "", err
	}
	return p.State().Timezone, nil
}

// Facts implements report.Source.
func (s reportSource) Facts(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (report.Facts, error) {
	p, err := s.partners.Get(ctx, partner)
	if err != nil {
		return report.Facts{}, err
	}
	facts := report.Facts{Partner: p.State().Name, PartnerZone: p.State().Timezone, Alerts: []report.Alert{}}
	found, err := s.campaignsOf(ctx, partner, ids)
	if err != nil {
		return facts, err
	}
	for _, c := range found {
		shown, err := s.campaignFacts(ctx, c.State())
		if err != nil {
			return facts, err
		}
		facts.Campaigns = append(facts.Campaigns, shown)
	}
	slices.SortFunc(facts.Campaigns, func(x, y report.Campaign) int { return strings.Compare(x.ID.String(), y.ID.String()) })
	err = s.addAlerts(ctx, partner, &facts)
	return facts, err
}

// campaignsOf are those that are named, or all of the partner's.
func (s reportSource) campaignsOf(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (found []*campaigns.Campaign, err error) {
	by := event.Origin{Partner: partner}
	for _, id := range ids {
		c, err := s.campaigns.Get(ctx, by, id)
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	if len(ids) > 0 {
		return found, nil
	}
	for q := (campaigns.Query{Limit: sourcePage}); ; {
		page, next, err := s.campaigns.List(ctx, by, q)
		if err != nil {
			return nil, err
		}
		found = append(found, page...)
		if q.Cursor = next; next == "" {
			return found, nil
		}
	}
}

func (s reportSource) campaignFacts(ctx context.Context, c campaigns.State) (report.Campaign, error) {
	shown := report.Campaign{ID: c.ID, Name: c.Name, Status: string(c.Status), Currency: string(c.Currency), Timezone: c.Timezone}
	b, err := s.budgets.ForCampaign(ctx, c.Partner, c.ID)
	if errors.Is(err, budgets.ErrNotFound) {
		return shown, nil
	}
	if err == nil {
		shown.Budget = &report.Budget{Daily: b.State().Kind == budgets.KindDaily, Limit: b.State().Limit}
	}
	return shown, err
}

// addAlerts adds the open alerts of the campaigns.
func (s reportSource) addAlerts(ctx context.Context, partner uuid.UUID, facts *report.Facts) error {
	q := performance.AlertQuery{States: []performance.AlertState{performance.Firing, performance.Acknowledged}, Limit: 500}
	if len(facts.Campaigns) == 1 {
		q.Campaign = facts.Campaigns[0].ID
	}
	found, next, err := s.alerts.List(ctx, event.Origin{Partner: partner}, q)
	if err != nil {
		return err
	}
	facts.MoreAlerts = next != ""
	for _, alert := range found {
		a := alert.State()
		if !slices.ContainsFunc(facts.Campaigns, func(c report.Campaign) bool { return c.ID == a.Campaign }) {
			continue
		}
		if len(facts.Alerts) == reportAlerts {
			facts.MoreAlerts = true
			break
		}
		facts.Alerts = append(facts.Alerts, report.Alert{
			Campaign: a.Campaign, Kind: string(a.Kind), Subject: a.Subject, Severity: string(a.Severity), State: string(a.State), Title: a.Title, FiredAt: a.FiredAt,
		})
	}
	return nil
}
