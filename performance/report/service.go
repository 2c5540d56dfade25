package report

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Ports is what reports rest on.
type Ports struct {
	Store     Store
	Files     Files
	Schedules Schedules
	Source    Source
	Metrics   Metrics
}

// Service is the use cases of reports and their schedules.
type Service struct {
	Ports
	clock func() time.Time
	wake  chan struct{} // tells this node's worker that there is work
}

// NewService puts the use cases on the ports.
func NewService(ports Ports, clock func() time.Time) *Service {
	return &Service{Ports: ports, clock: clock, wake: make(chan struct{}, 1)}
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Create orders a report for by's partner. It fails with the fields that are
// wrong, with NotFound for a campaign that is not the partner's, and with
// performance.ErrMixedCurrencies. The same id again is the same report.
func (s *Service) Create(ctx context.Context, by event.Origin, id uuid.UUID, o Order) (Report, error) {
	r, facts, err := s.plan(ctx, by, id, o)
	if err != nil {
		return Report{}, err
	}
	added, err := s.Store.Add(ctx, r, facts)
	s.nudge()
	return added, err
}

// Plan is what Create would make; nothing is stored.
func (s *Service) Plan(ctx context.Context, by event.Origin, id uuid.UUID, o Order) (Report, error) {
	r, _, err := s.plan(ctx, by, id, o)
	return r, err
}

func (s *Service) plan(ctx context.Context, by event.Origin, id uuid.UUID, o Order) (Report, Facts, error) {
	zone, err := s.zone(ctx, by.Partner, o.Timezone)
	if err != nil {
		return Report{}, Facts{}, err
	}
	return s.planOn(ctx, by, id, o, localday.Of(s.now(), zone))
}

// zone is where periods are named: the order's own, or the partner's. One that
// is not known is refused with the order's other fields.
func (s *Service) zone(ctx context.Context, partner uuid.UUID, named string) (*time.Location, error) {
	own, err := s.Source.Zone(ctx, partner)
	if err != nil {
		return nil, err
	}
	if zone, err := time.LoadLocation(cmp.Or(named, own)); err == nil {
		return zone, nil
	}
	return time.UTC, nil
}

// planOn is plan on a day.
func (s *Service) planOn(ctx context.Context, by event.Origin, id uuid.UUID, o Order, today localday.Day) (Report, Facts, error) {
	d, err := o.definite(today)
	if err != nil {
		return Report{}, Facts{}, err
	}
	facts, err := s.Source.Facts(ctx, by.Partner, d.Scope.campaigns())
	if err != nil {
		return Report{}, facts, err
	}
	if d.KnownAt, err = s.settled(ctx, by.Partner, facts, d.KnownAt); err != nil {
		return Report{}, facts, err
	}
	facts.At = s.now()
	if kept, ok, err := s.Store.Facts(ctx, by.Partner, d.FactsKey()); err != nil {
		return Report{}, facts, err
	} else if ok {
		facts = kept
	}
	if err := refuseMixed(d, facts); err != nil {
		return Report{}, facts, err
	}
	now := s.now()
	return Report{ID: id, Partner: by.Partner, Definition: d, State: Queued, Totals: []Total{}, CreatedBy: cmp.Or(by.Name, by.ID), CreatedAt: now}, facts, nil
}

// settled is the known_at that a report keeps: as asked, or what is settled
// now. One that is later could still change.
func (s *Service) settled(ctx context.Context, partner uuid.UUID, facts Facts, asked time.Time) (time.Time, error) {
	now := s.now()
	if asked.IsZero() || asked.After(now) {
		asked = now
	}
	if len(facts.Campaigns) == 0 {
		return asked, nil
	}
	result, err := s.Metrics.Metrics(ctx, partner, facts.Campaigns[0].ID, performance.Query{KnownAt: asked})
	return result.KnownAt, err
}

// refuseMixed tells at once what could only fail later, for the campaigns that
// are named. Of a whole partner's only those that delivered count.
func refuseMixed(d Definition, facts Facts) error {
	if d.AllowMixed || d.Scope.Type != ScopeCampaigns {
		return nil
	}
	var used []Currency
	for _, c := range facts.Campaigns {
		if !slices.ContainsFunc(used, func(u Currency) bool { return u.Code == c.Currency }) {
			used = append(used, Currency{Code: c.Currency})
		}
	}
	if len(used) > 1 {
		return mixed(used)
	}
	return nil
}

// Get is a report of by's partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, by event.Origin, id uuid.UUID) (Report, error) {
	return s.Store.Get(ctx, by.Partner, id)
}

// List is a page of by's partner's reports, the newest first.
func (s *Service) List(ctx context.Context, by event.Origin, q Query) ([]Report, string, error) {
	return s.Store.List(ctx, by.Partner, q)
}

// File opens a report's file. It fails with ErrNotFound, ErrNotReady and
// ErrExpired.
func (s *Service) File(ctx context.Context, by event.Origin, id uuid.UUID) (Report, io.Reader, error) {
	r, err := s.Store.Get(ctx, by.Partner, id)
	switch {
	case err != nil:
		return r, nil, err
	case r.State == Expired:
		return r, nil, ErrExpired
	case r.State != Ready:
		return r, nil, ErrNotReady.With("The report is %s.", r.State)
	}
	return r, s.Files.Open(ctx, r), nil
}

// Cancel stops a report that is not over. Cancelling twice is no error.
func (s *Service) Cancel(ctx context.Context, by event.Origin, id uuid.UUID) (Report, error) {
	r, err := s.Store.Get(ctx, by.Partner, id)
	if err != nil || r.State == Cancelled {
		return r, err
	}
	return s.Store.Cancel(ctx, r.Partner, id, s.now())
}

// Delete forgets a report and its file; a running one stops.
func (s *Service) Delete(ctx context.Context, by event.Origin, id uuid.UUID) error {
	r, err := s.Store.Get(ctx, by.Partner, id)
	if err != nil {
		return err
	}
	return s.Store.Delete(ctx, r.Partner, id)
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
