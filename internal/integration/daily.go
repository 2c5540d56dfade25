package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// EventReport is the event of a campaign's report; brokers have it as
// TypeReport.
const EventReport = "campaign.performance_report"

// PeriodType says how long a report's period is.
type PeriodType string

// The periods. Each is reported at the local midnight that ends it.
const (
	Daily   PeriodType = "DAILY"
	Weekly  PeriodType = "WEEKLY"  // Monday to Sunday
	Monthly PeriodType = "MONTHLY" // of the calendar
)

// Period is a range of local days of a campaign, [From, To) in UTC.
type Period struct {
	Start    localday.Day `json:"start_date"`
	End      localday.Day `json:"end_date"` // the last day of it
	Type     PeriodType   `json:"period_type"`
	Timezone string       `json:"timezone"`
	From     time.Time    `json:"from"`
	To       time.Time    `json:"to"`
}

// ReportDays keeps for each campaign the day whose report is next.
type ReportDays interface {
	// Track begins with a day; a campaign that is tracked stays as it is.
	Track(ctx context.Context, d performance.DueDay, due time.Time) error
	// DueDays are those whose time has come, the longest due first.
	DueDays(ctx context.Context, now time.Time, limit int) ([]performance.DueDay, error)
	// Report appends the events of a day and goes on to the next one, or to none
	// when next is zero, in one transaction: unless the campaign has left the
	// day already, and then nothing is appended and done is false.
	Report(ctx context.Context, d performance.DueDay, events []event.Event, next localday.Day, due time.Time) (done bool, err error)
}

// Facts is what reports are made of.
type Facts interface {
	// Campaign is a campaign as it now is.
	Campaign(ctx context.Context, partner, id uuid.UUID) (campaigns.State, error)
	// Ran lists the times at which the campaign's status changed, in order.
	Ran(ctx context.Context, partner, id uuid.UUID) ([]event.Event, error)
	// Performance is what a report says about a period. delivered is false when
	// nothing was.
	Performance(ctx context.Context, c campaigns.State, p Period) (body Performance, delivered bool, err error)
}

// Reporter makes the report of every campaign's day.
type Reporter struct {
	days  ReportDays
	facts Facts
	now   func() time.Time
}

// NewReporter reports on days that are over by now.
func NewReporter(days ReportDays, facts Facts, now func() time.Time) *Reporter {
	return &Reporter{days, facts, now}
}

// Follow is the event log's handler: a campaign is reported on from the day of
// its launch.
func (r *Reporter) Follow(ctx context.Context, events []event.Event) error {
	for _, e := range events {
		if e.Type != (campaigns.Launched{}).EventType() {
			continue
		}
		c, err := r.facts.Campaign(ctx, e.Partner, e.AggregateID)
		if err != nil {
			return err
		}
		day := localday.Of(e.OccurredAt, zoneOf(c.Timezone))
		if err := r.days.Track(ctx, performance.DueDay{Partner: e.Partner, Campaign: e.AggregateID, Day: day}, endOf(day, c.Timezone)); err != nil {
			return err
		}
	}
	return nil
}

const (
	daysAtOnce = 500
	// mostMissed bounds the days of one campaign that are made up after a long
	// stop; the ones before are skipped.
	mostMissed = 62
)

// RunDue makes the reports of all days that are over and have none. One that
// cannot be made holds up no other campaign's, and is due again at the next run.
func (r *Reporter) RunDue(ctx context.Context) error {
	for {
		due, err := r.days.DueDays(ctx, r.now(), daysAtOnce)
		if err != nil {
			return err
		}
		var failures []error
		for _, d := range due {
			if err := r.run(ctx, d); err != nil {
				failures = append(failures, fmt.Errorf("performance report of campaign %s on %s: %w", d.Campaign, d.Day, err))
			}
		}
		if len(failures) > 0 || len(due) < daysAtOnce || ctx.Err() != nil {
			return errors.Join(failures...)
		}
	}
}

// run makes the reports that end with a campaign's day.
func (r *Reporter) run(ctx context.Context, d performance.DueDay) error {
	c, err := r.facts.Campaign(ctx, d.Partner, d.Campaign)
	if err != nil {
		return err
	}
	zone := zoneOf(c.Timezone)
	today := localday.Of(r.now(), zone)
	if today-d.Day > mostMissed {
		next := today - mostMissed
		_, err := r.days.Report(ctx, d, nil, next, endOf(next, c.Timezone))
		return err
	}
	if d.Day >= today { // the campaign's zone was changed: that day is not over there
		_, err := r.days.Report(ctx, d, nil, d.Day, endOf(d.Day, c.Timezone))
		return err
	}
	history, err := r.facts.Ran(ctx, d.Partner, d.Campaign)
	if err != nil {
		return err
	}
	spans := spansOf(history)
	var events []event.Event
	for _, p := range periodsEnding(d.Day, c.Timezone) {
		if !p.From.Before(p.To) {
			continue // a date that the zone skipped, as Samoa did
		}
		body, delivered, err := r.facts.Performance(ctx, c, p)
		if err != nil {
			return err
		}
		if !delivered && !spans.touch(p.From, p.To) {
			continue
		}
		e, err := r.report(c, p, body)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	next := d.Day + 1
	due := endOf(next, c.Timezone)
	if c.CompletedAt != nil && next > lastDay(*c.CompletedAt, zone) {
		next, due = 0, time.Time{}
	}
	_, err = r.days.Report(ctx, d, events, next, due)
	return err
}

// report is the event. Its id follows from campaign and period, so that it is
// the same whoever makes it.
func (r *Reporter) report(c campaigns.State, p Period, body Performance) (event.Event, error) {
	body.Campaign, body.Partner, body.Name, body.Status, body.Period = c.ID, c.Partner, c.Name, c.Status, p
	data, err := json.Marshal(body)
	if err != nil {
		return event.Event{}, err
	}
	by := event.Origin{Partner: c.Partner, Kind: event.ActorScheduler, ID: "performance-report", From: "scheduler"}
	return event.Event{
		ID: uuid.NewSHA1(c.ID, []byte(string(p.Type)+" "+p.Start.String())), Partner: c.Partner, Type: EventReport,
		Aggregate: "campaign", AggregateID: c.ID, Revision: c.Revision,
		OccurredAt: r.now().UTC().Truncate(time.Microsecond), Origin: by, Data: data,
	}, nil
}

// periodsEnding are the periods whose last day is day.
func periodsEnding(day localday.Day, timezone string) []Period {
	from := func(start localday.Day, kind PeriodType) Period {
		begin, _ := localday.Bounds(start, zoneOf(timezone))
		return Period{Start: start, End: day, Type: kind, Timezone: timezone, From: begin, To: endOf(day, timezone)}
	}
	periods := []Period{from(day, Daily)}
	if day.Weekday() == time.Sunday {
		periods = append(periods, from(day-6, Weekly))
	}
	if first := firstOfMonth(day + 1); first == day+1 {
		periods = append(periods, from(firstOfMonth(day), Monthly))
	}
	return periods
}

// firstOfMonth is the first day of a day's month.
func firstOfMonth(day localday.Day) localday.Day {
	return day - localday.Day(civil(day).Day()-1)
}

func civil(day localday.Day) time.Time {
	return time.Unix(int64(day)*24*60*60, 0).UTC()
}

// lastDay is when nothing more is to be reported on a campaign that ended: its
// week and its month are over.
func lastDay(end time.Time, zone *time.Location) localday.Day {
	day := localday.Of(end, zone)
	sunday := day + localday.Day((7-int(day.Weekday()))%7)
	month := civil(firstOfMonth(day)).AddDate(0, 1, -1)
	return max(sunday, localday.Day(month.Unix()/(24*60*60)))
}

// endOf is the midnight that ends a local day.
func endOf(day localday.Day, timezone string) time.Time {
	_, end := localday.Bounds(day, zoneOf(timezone))
	return end
}

func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

// spans are the times in which a campaign was active.
type spans []span

type span struct{ from, to time.Time } // to is zero while it goes on

// spansOf reads the lifecycle: what was active is so until it is paused or over.
func spansOf(history []event.Event) (all spans) {
	active, last := false, campaigns.Ended{}.EventType()
	for _, e := range history {
		switch e.Type {
		case campaigns.Launched{}.EventType(), campaigns.Resumed{}.EventType():
			if !active {
				all = append(all, span{from: e.OccurredAt})
			}
			active = true
		case campaigns.PausedDelivery{}.EventType(), last, campaigns.Dropped{}.EventType():
			if active {
				all[len(all)-1].to = e.OccurredAt
			}
			active = false
		}
	}
	return all
}

// touch reports whether the campaign was active at some time in [from, to).
func (s spans) touch(from, to time.Time) bool {
	for _, x := range s {
		if x.from.Before(to) && (x.to.IsZero() || x.to.After(from)) {
			return true
		}
	}
	return false
}
