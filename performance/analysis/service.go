package analysis

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Metrics is performance.Service's queries.
type Metrics interface {
	Metrics(ctx context.Context, partner, campaign uuid.UUID, q performance.Query) (performance.Result, error)
}

// Service answers questions about what a campaign's numbers mean.
type Service struct {
	directory performance.Directory
	metrics   Metrics
	now       func() time.Time
}

// NewService reads campaigns from directory and their numbers from metrics.
func NewService(directory performance.Directory, metrics Metrics, now func() time.Time) *Service {
	return &Service{directory, metrics, now}
}

// AsOf is the moment that an answer stands on. At is what had happened, KnownAt
// what had been recorded by then. Zero means now; without At it is KnownAt. An
// answer says both as they were, and asked with them it is the same again.
type AsOf struct{ At, KnownAt time.Time }

// Answer is what all answers say about themselves.
type Answer struct {
	Campaign uuid.UUID
	Currency string
	Zone     *time.Location
	AsOf
}

// ErrDays refuses a number of days.
var ErrDays = fault.New(fault.Invalid, "invalid_days", "The number of days cannot be answered.", "Ask for a number of days in the allowed range.")

func checkDays(days, least, most int) error {
	if days < least || days > most {
		return ErrDays.With("days is %d; %d to %d are possible.", days, least, most)
	}
	return nil
}

// reading is one question: every read of it is of one state of the log.
type reading struct {
	Answer
	calendar
	metrics Metrics
	partner uuid.UUID
}

// read begins a question. The error is performance.ErrNotFound.
func (s *Service) read(ctx context.Context, partner, campaign uuid.UUID, asOf AsOf) (*reading, error) {
	found, err := s.directory.Subjects(ctx, partner, []uuid.UUID{campaign})
	if err != nil {
		return nil, err
	}
	subject, ok := found[campaign]
	if !ok {
		return nil, performance.ErrNotFound
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	if asOf.At.IsZero() {
		asOf.At = asOf.KnownAt
	}
	if asOf.At.IsZero() || asOf.At.After(now) {
		asOf.At = now
	}
	r := &reading{metrics: s.metrics, partner: subject.Partner, calendar: newCalendar(asOf.At, subject.Zone)}
	r.Answer = Answer{Campaign: campaign, Currency: subject.Currency, Zone: subject.Zone, AsOf: asOf}
	return r, nil
}

// query reads as known at the moment of the first query of this question.
// Whole buckets before At are asked for, so that kept sums can answer.
func (r *reading) query(ctx context.Context, q performance.Query) ([]performance.Item, error) {
	q.KnownAt = r.KnownAt
	result, err := r.metrics.Metrics(ctx, r.partner, r.Campaign, q)
	if err != nil {
		return nil, err
	}
	r.KnownAt = result.KnownAt
	return result.Items, nil
}

// sample reads what was delivered in a period, by day and by a dimension.
func (r *reading) sample(ctx context.Context, p Period, dimension string) (*sample, error) {
	s := &sample{days: make([]performance.Metrics, p.Days()), length: make([]float64, p.Days()), groups: map[string]performance.Metrics{}}
	s.total.Currency = r.Currency
	for i := range s.length {
		s.length[i] = 1
	}
	to := p.To
	if p.Partial {
		start, end := localday.Bounds(p.Last, r.Zone)
		s.length[p.Days()-1] = float64(p.To.Sub(start)) / float64(end.Sub(start))
		items, err := r.query(ctx, performance.Query{From: start, To: p.To, Granularity: "total", GroupBy: []string{dimension}})
		if err != nil {
			return nil, err
		}
		for i := range items {
			s.add(p.Days()-1, items[i].Group[dimension], &items[i].Metrics)
		}
		to = start
	}
	if !p.From.Before(to) {
		return s, nil
	}
	items, err := r.query(ctx, performance.Query{From: p.From, To: to, Granularity: "day", GroupBy: []string{dimension}})
	if err != nil {
		return nil, err
	}
	for i := range items {
		s.add(int(localday.Of(items[i].From, r.Zone)-p.First), items[i].Group[dimension], &items[i].Metrics)
	}
	return s, nil
}

func (s *sample) add(day int, group string, m *performance.Metrics) {
	addTo(&s.days[day], m)
	addTo(&s.total.Metrics, m)
	sum := s.groups[group]
	addTo(&sum, m)
	s.groups[group] = sum
}

// addTo adds what sums up.
func addTo(sum, more *performance.Metrics) {
	for m := range performance.Reach {
		*sum.At(m) += *more.At(m)
	}
}

// course is the campaign's complete local days, from the first with delivery in
// the range on. A day without delivery after that is a day of nothing.
type course struct {
	first localday.Day
	days  []performance.Metrics
}

// course reads the last n days that are over.
func (r *reading) course(ctx context.Context, n int) (course, error) {
	p, err := r.period(r.today-localday.Day(n), r.today-1)
	if err != nil {
		return course{}, err
	}
	items, err := r.query(ctx, performance.Query{From: p.From, To: p.To, Granularity: "day"})
	if err != nil || len(items) == 0 {
		return course{first: r.today}, err
	}
	c := course{first: localday.Of(items[0].From, r.Zone)}
	c.days = make([]performance.Metrics, r.today-c.first)
	for i := range items {
		addTo(&c.days[localday.Of(items[i].From, r.Zone)-c.first], &items[i].Metrics)
	}
	return c, nil
}

// series is a figure day by day, NaN where it is not defined.
func (c course) series(f *figure) []float64 {
	out := make([]float64, len(c.days))
	for i := range c.days {
		v, ok := f.number(&c.days[i])
		if !ok {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}
