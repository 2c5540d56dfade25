package market

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// setup is the partner with its campaigns, as the API has them.
type setup struct {
	partner partner
	begun   time.Time // when the demo was first started here; its history ends there
	manager *client
	ingest  *client
	entries []entry
	// Of the ad platforms: the accounts' ids by platform, and what runs there.
	accounts map[string]string
	placed   []campaign
	people   map[string]string // audiences' ids by name
}

type partner struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// entry is a campaign of the scenario.
type entry struct {
	plan     plan
	campaign campaign
}

// setUp finds or creates everything. Each step looks at what is there, so that
// a demo that was interrupted, or is started again on its data, goes on.
func setUp(ctx context.Context, c Config) (*setup, error) {
	zone, err := time.LoadLocation(partnerZone)
	if err != nil {
		return nil, err
	}
	admin := c.client(c.AdminKey)
	s := &setup{}
	if s.partner, err = findPartner(ctx, admin); err != nil {
		return nil, fmt.Errorf("demo partner: %w", err)
	}
	s.begun = s.partner.CreatedAt.UTC().Truncate(time.Second)
	if s.manager, err = c.issue(ctx, admin, s.partner.ID, "manager", "Demo dashboard"); err != nil {
		return nil, fmt.Errorf("demo key: %w", err)
	}
	if s.ingest, err = c.issue(ctx, admin, s.partner.ID, "ingest", "Demo market"); err != nil {
		return nil, fmt.Errorf("demo key: %w", err)
	}
	existing, err := list(ctx, s.manager)
	if err != nil {
		return nil, fmt.Errorf("demo campaigns: %w", err)
	}
	for _, p := range scenario(zone) {
		made, _ := named(existing, p.campaign.Name)
		made, err := s.establish(ctx, p, made)
		if err != nil {
			return nil, fmt.Errorf("demo campaign %q: %w", p.campaign.Name, err)
		}
		s.entries = append(s.entries, entry{p, made})
	}
	if err := s.meetPeople(ctx, c.Seed, s.begun); err != nil {
		return nil, fmt.Errorf("demo people: %w", err)
	}
	return s, nil
}

// page is one answer of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next_cursor"`
}

// pages calls visit with every item of a list until visit is satisfied.
func pages[T any](ctx context.Context, c *client, path string, visit func(T) (enough bool)) error {
	for cursor := ""; ; {
		var p page[T]
		query := url.Values{"limit": {"100"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		if _, err := c.do(ctx, request{method: http.MethodGet, path: path + "?" + query.Encode(), out: &p}); err != nil {
			return err
		}
		for _, item := range p.Items {
			if visit(item) {
				return nil
			}
		}
		if cursor = p.Next; cursor == "" {
			return nil
		}
	}
}

func findPartner(ctx context.Context, admin *client) (partner, error) {
	var found partner
	err := pages(ctx, admin, "/partners", func(p partner) bool {
		if p.Name == partnerName {
			found = p
		}
		return p.Name == partnerName
	})
	if err != nil || found.ID != "" {
		return found, err
	}
	in := partnerBody{partnerName, partnerZone, currency}
	_, err = admin.do(ctx, request{method: http.MethodPost, path: "/partners", in: in, out: &found})
	return found, err
}

// issue makes a key of a role and the client that uses it.
func (c Config) issue(ctx context.Context, admin *client, partnerID, role, name string) (*client, error) {
	var out struct {
		Key string `json:"key"`
	}
	in := keyBody{role, name, stamp(time.Now().Add(keyLife))}
	_, err := admin.do(ctx, request{method: http.MethodPost, path: "/partners/" + partnerID + "/keys", in: in, out: &out})
	return c.client(out.Key), err
}

// list is the partner's campaigns by id.
func list(ctx context.Context, c *client) (map[string]campaign, error) {
	all := map[string]campaign{}
	err := pages(ctx, c, "/campaigns", func(item campaign) bool {
		all[item.ID] = item
		return false
	})
	return all, err
}

// establish brings one campaign as far as its plan says. A change that was done
// while its answer was lost makes the next one stale; then it looks again.
func (s *setup) establish(ctx context.Context, p plan, made campaign) (_ campaign, err error) {
	for range 5 {
		var refused *Problem
		made, err = s.advance(ctx, p, made)
		if !errors.As(err, &refused) || refused.Status != http.StatusPreconditionFailed {
			break
		}
	}
	return made, err
}

// advance goes on from where the campaign is; without an id it is created.
func (s *setup) advance(ctx context.Context, p plan, made campaign) (_ campaign, err error) {
	var etag string
	if made.ID != "" {
		etag, err = s.manager.do(ctx, request{method: http.MethodGet, path: "/campaigns/" + made.ID, out: &made})
	} else {
		etag, err = s.manager.do(ctx, request{method: http.MethodPost, path: "/campaigns", in: p.campaign, out: &made})
	}
	if err == nil && made.Status == "DRAFT" && p.stage >= scheduled {
		etag, err = s.prepare(ctx, p, &made, etag)
	}
	if err == nil && made.Status == "SCHEDULED" && p.stage == launched {
		_, err = s.manager.do(ctx, request{method: http.MethodPost, path: "/campaigns/" + made.ID + "/launch", out: &made, ifMatch: etag})
	}
	return made, err
}

func named(existing map[string]campaign, name string) (campaign, bool) {
	for _, c := range existing {
		if c.Name == name {
			return c, true
		}
	}
	return campaign{}, false
}

// prepare takes a draft to SCHEDULED. Its launch is by hand where the demo
// launches it itself, so that the scheduler does not come first.
func (s *setup) prepare(ctx context.Context, p plan, made *campaign, etag string) (string, error) {
	start := s.begun.Add(p.start)
	dates := scheduleBody{stamp(start), stamp(start.Add(p.length)), "auto"}
	if p.stage == launched {
		dates.Launch = "manual"
	}
	for _, step := range []request{
		{method: http.MethodPut, path: "/targeting", in: p.targeting},
		{method: http.MethodPut, path: "/creatives", in: p.creatives},
		{method: http.MethodPost, path: "/schedule", in: dates},
	} {
		step.path, step.out, step.ifMatch = "/campaigns/"+made.ID+step.path, made, etag
		var err error
		if etag, err = s.manager.do(ctx, step); err != nil {
			return "", err
		}
	}
	return etag, nil
}

// stamp is a time as the API takes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
