package report

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Metrics is performance.Service.
type Metrics interface {
	Metrics(ctx context.Context, partner, campaign uuid.UUID, q performance.Query) (performance.Result, error)
}

// reading asks for one campaign's numbers over one period.
type reading struct {
	metrics  Metrics
	partner  uuid.UUID
	campaign Campaign
	zone     *time.Location // of the days
	own      bool           // they are the campaign's own
	from, to time.Time
	knownAt  time.Time
	at       *time.Time
}

// zoneOf is the zone of a campaign's days in a report.
func zoneOf(d Definition, c Campaign) (*time.Location, error) {
	if d.Timezone != "" {
		return time.LoadLocation(d.Timezone)
	}
	return time.LoadLocation(c.Timezone)
}

func newReading(metrics Metrics, partner uuid.UUID, d Definition, c Campaign) (reading, error) {
	zone, err := zoneOf(d, c)
	r := reading{metrics: metrics, partner: partner, campaign: c, zone: zone, own: d.Timezone == "" || d.Timezone == c.Timezone, knownAt: d.KnownAt, at: d.At}
	if err != nil {
		return r, err
	}
	if d.Dates != nil {
		r.setDates(*d.Dates)
	} else {
		r.from, r.to = *d.From, *d.To
	}
	return r, nil
}

func (r *reading) setDates(d Dates) {
	r.from, _ = localday.Bounds(d.From, r.zone)
	r.to, _ = localday.Bounds(d.To, r.zone)
}

// steps are how many days one question may cover: an answer has at most
// performance.MaxItems items.
var steps = map[string]localday.Day{"day": 366, "hour": 30}

// each calls yield with the items of the period in the order of time, asking
// for a stretch of it at a time so that memory stays bounded.
func (r *reading) each(ctx context.Context, granularity string, groupBy []string, yield func(performance.Item) error) error {
	if granularity == "total" {
		return r.ask(ctx, r.from, r.to, granularity, groupBy, yield)
	}
	step := steps[granularity]
	if granularity == "day" && !r.own {
		step, granularity = 1, "total" // the log's days are the campaign's own
	}
	for from := r.from; from.Before(r.to); {
		next, _ := localday.Bounds(localday.Of(from, r.zone)+step, r.zone)
		if next.After(r.to) {
			next = r.to
		}
		if err := r.ask(ctx, from, next, granularity, groupBy, yield); err != nil {
			return err
		}
		from = next
	}
	return nil
}

// ask puts one question, and two of half the length when its answer is too
// long.
func (r *reading) ask(ctx context.Context, from, to time.Time, granularity string, groupBy []string, yield func(performance.Item) error) error {
	if err := ctx.Err(); err != nil || !from.Before(to) {
		return err
	}
	q := performance.Query{From: from, To: to, Granularity: granularity, GroupBy: groupBy, KnownAt: r.knownAt}
	if r.at != nil {
		if !from.Before(r.at.Add(time.Microsecond)) {
			return nil // nothing of it had happened by then
		}
		q.At = *r.at
	}
	result, err := r.metrics.Metrics(ctx, r.partner, r.campaign.ID, q)
	if errors.Is(err, performance.ErrRange) && granularity != "total" {
		middle, _ := localday.Bounds(localday.Of(from.Add(to.Sub(from)/2), r.zone), r.zone)
		if !middle.After(from) || !middle.Before(to) {
			return ErrTooLong.Wrap(err)
		}
		if err := r.ask(ctx, from, middle, granularity, groupBy, yield); err != nil {
			return err
		}
		return r.ask(ctx, middle, to, granularity, groupBy, yield)
	}
	if err != nil {
		return err
	}
	for _, item := range result.Items {
		if item.Events == 0 && item.Totals.Given() == 0 {
			continue // a total without delivery
		}
		if item.From.Before(from) {
			item.From = from // buckets are cut where the period is
		}
		if item.To.IsZero() || item.To.After(to) {
			item.To = to
		}
		if err := yield(item); err != nil {
			return err
		}
	}
	return nil
}
