package campaigns

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

// Service is the use cases of campaigns. A by without a partner is an
// administrator's and may act on every partner's campaigns; a revision of 0 is
// whichever it is. Each use case that changes a campaign can fail with
// ErrNotFound and ErrStale besides the errors of the aggregate's method.
type Service struct {
	store   Store
	history History
	clock   func() time.Time
	ids     func() uuid.UUID

	audiences Audiences // nil: audiences are taken on trust
}

// NewService puts the use cases on a store and the event log.
func NewService(store Store, history History, clock func() time.Time, ids func() uuid.UUID) *Service {
	return &Service{store: store, history: history, clock: clock, ids: ids}
}

// Rehearsal is a service that checks everything and stores nothing: each use
// case fails as it would, or answers with the campaign as it would become.
func (s *Service) Rehearsal() *Service {
	rehearsal := *s
	rehearsal.store = rehearsed{s.store}
	return &rehearsal
}

func (s *Service) now() time.Time { return utc(s.clock()) }

// Create begins a draft with its budget. A campaign whose reserved id is taken
// by one of the same partner was made by an earlier try of the same request,
// and is returned as it is.
func (s *Service) Create(ctx context.Context, by event.Origin, in NewCampaign) (*Campaign, error) {
	if by.Partner != uuid.Nil {
		if in.Partner != uuid.Nil && in.Partner != by.Partner {
			return nil, errOtherPartner
		}
		in.Partner = by.Partner
	}
	if in.ID == uuid.Nil {
		in.ID = s.ids()
	}
	in.BudgetID = s.ids()
	c, err := New(by, s.now(), in)
	if err != nil {
		return nil, err
	}
	err = s.store.Insert(ctx, c, in.budget(by, c.state))
	if errors.Is(err, ErrExists) {
		return s.earlier(ctx, in, err)
	}
	return c, err
}

var errOtherPartner = fault.ErrInvalid.WithFields(fault.Field{
	Path: "partner_id", Code: "not_allowed",
	Detail: "The key belongs to another partner.", Allow: "leave it out; the key alone says whose campaign it is",
})

// earlier is the campaign that has the id already, if it is the same partner's.
func (s *Service) earlier(ctx context.Context, in NewCampaign, taken error) (*Campaign, error) {
	c, err := s.store.Get(ctx, in.Partner, in.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, taken
	}
	return c, err
}

func (n NewCampaign) budget(by event.Origin, made State) NewBudget {
	n = n.normal()
	b := NewBudget{
		ID: made.BudgetID, Kind: n.Budget.Kind, Limit: n.Budget.Amount, AutoPause: true,
		Thresholds: n.Budget.Thresholds, By: by, At: made.CreatedAt,
	}
	set(&b.AutoPause, n.Budget.AutoPause)
	return b
}

// Get is a campaign of by's partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, by event.Origin, id uuid.UUID) (*Campaign, error) {
	return s.store.Get(ctx, by.Partner, id)
}

// List is a page of the campaigns of by's partner, the newest first. A status
// or type that does not exist is fault.ErrInvalid.
func (s *Service) List(ctx context.Context, by event.Origin, q Query) ([]*Campaign, string, error) {
	if err := q.check(); err != nil {
		return nil, "", err
	}
	return s.store.List(ctx, by.Partner, q)
}

// Readiness is the whole list of what a launch needs.
func (s *Service) Readiness(ctx context.Context, by event.Origin, id uuid.UUID) (Readiness, error) {
	c, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return Readiness{}, err
	}
	_, funding, standing, err := s.store.Facts(ctx, by.Partner, id)
	if err != nil {
		return Readiness{}, err
	}
	return c.Readiness(s.now(), funding, standing), nil
}

// History is what happened to a campaign, oldest first, after a sequence
// number; each event's data has its changes, before and after.
func (s *Service) History(ctx context.Context, by event.Origin, id uuid.UUID, after int64, limit int) ([]event.Event, error) {
	c, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	return s.history.History(ctx, c.state.Partner, id, after, limit)
}

// Patch changes what a person may edit.
func (s *Service) Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p Patch) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, _ Facts) error { return c.Change(by, s.now(), p) })
}

// SetTargeting configures whom a campaign is for, before its launch.
func (s *Service) SetTargeting(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, t targeting.Configuration) (*Campaign, error) {
	if err := s.checkAudiences(ctx, by, id, t); err != nil {
		return nil, err
	}
	return s.update(ctx, by, id, revision, func(c *Campaign, _ Facts) error { return c.Configure(by, s.now(), t) })
}

// RefineTargeting changes whom a launched campaign is for.
func (s *Service) RefineTargeting(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, t targeting.Configuration, reason string) (*Campaign, error) {
	if err := s.checkAudiences(ctx, by, id, t); err != nil {
		return nil, err
	}
	return s.update(ctx, by, id, revision, func(c *Campaign, _ Facts) error { return c.Refine(by, s.now(), t, reason) })
}

// RollBackTargeting takes back the last refinement.
func (s *Service) RollBackTargeting(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, _ Facts) error { return c.RollBack(by, s.now(), reason) })
}

// SetCreatives replaces what a campaign shows.
func (s *Service) SetCreatives(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, creatives []Creative) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, _ Facts) error { return c.SetCreatives(by, s.now(), creatives) })
}

// Schedule dates a campaign.
func (s *Service) Schedule(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, dates Schedule) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, _ Facts) error { return c.Schedule(by, s.now(), dates) })
}

// Launch begins delivery of a campaign that is ready.
func (s *Service) Launch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, f Facts) error { return c.Launch(by, s.now(), f) })
}

// Pause stops delivery for now.
func (s *Service) Pause(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, f Facts) error { return c.Pause(by, s.now(), f, reason) })
}

// Resume takes delivery up again.
func (s *Service) Resume(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, f Facts) error { return c.Resume(by, s.now(), f) })
}

// Complete ends a campaign and fixes its outcome.
func (s *Service) Complete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, f Facts) error { return c.Complete(by, s.now(), f, reason) })
}

// Cancel gives up a campaign that was never launched.
func (s *Service) Cancel(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, reason string) (*Campaign, error) {
	return s.update(ctx, by, id, revision, func(c *Campaign, _ Facts) error { return c.Cancel(by, s.now(), reason) })
}

func (s *Service) update(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, change func(*Campaign, Facts) error) (*Campaign, error) {
	return s.store.Update(ctx, by.Partner, id, revision, change)
}
