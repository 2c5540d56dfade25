package rule

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// Tick judges what only time can tell, at the last whole minute, and ends alerts
// that time has ended. It is for an engine of its own: Handle's remembers
// figures as of its place in the log. Doing it twice does it once.
func (e *Engine) Tick(ctx context.Context) error {
	at := e.now().Truncate(time.Minute)
	partners, err := e.standings.Watched(ctx, []Metric{Pacing, NoImpressions, NoSpend})
	if err != nil {
		return err
	}
	watched := map[uuid.UUID]bool{}
	var failed []error
	for _, p := range partners {
		watched[p] = true
		if err := e.tick(ctx, p, at); err != nil {
			e.drop(p)
			failed = append(failed, err)
		}
	}
	for p := range e.desks {
		if !watched[p] {
			e.drop(p)
		}
	}
	return errors.Join(append(failed, e.sweep(ctx, at))...)
}

// tick judges the timed rules of a partner's active campaigns as known at a
// moment.
func (e *Engine) tick(ctx context.Context, partner uuid.UUID, at time.Time) error {
	d := e.desks[partner]
	if d == nil {
		d = &desk{partner: partner, files: map[uuid.UUID]*file{}}
		e.desks[partner] = d
	}
	if err := e.read(ctx, d); err != nil {
		return err
	}
	active, err := e.campaigns.Latest(ctx, partner, true, maxFiles)
	if err != nil {
		return err
	}
	for _, c := range active {
		f := e.put(d, c)
		if !anyTimed(f.rules) {
			continue
		}
		if err := e.open(ctx, d, f, micros(at)); err != nil {
			return err
		}
		if err := e.advance(ctx, f, micros(at)-1, nil); err != nil {
			return err
		}
		found := d.judge(f, func(s State) bool { return s.Condition.Metric.Timed() }, at, 0)
		if err := e.settle(ctx, d, f, found); err != nil {
			return err
		}
	}
	return nil
}

func anyTimed(rules []*State) bool {
	for _, r := range rules {
		if r.Condition.Metric.Timed() {
			return true
		}
	}
	return false
}

// Why time ended an alert, as its note.
const (
	NoteCampaignOver = "campaign_over" // nothing can be done any more
	NoteNotActive    = "not_active"    // it is not to deliver now
	NoteQuiet        = "quiet"         // no further anomaly for a day
)

const sweepPage = 200

// sweep ends the alerts whose day or campaign is over.
func (e *Engine) sweep(ctx context.Context, at time.Time) error {
	for after := (Standing{}); ; {
		page, err := e.standings.Firing(ctx, after, sweepPage)
		if err != nil {
			return err
		}
		for _, s := range page {
			if err := e.outlived(ctx, s, at); err != nil {
				return err
			}
			after = s
		}
		if len(page) < sweepPage {
			return e.quiet(ctx, at)
		}
	}
}

// outlived ends an alert whose time is over. Rules and campaigns that are gone
// are left to the events that say so.
func (e *Engine) outlived(ctx context.Context, s Standing, at time.Time) error {
	r, err := e.store.Get(ctx, s.Partner, s.Rule)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := e.campaigns.Campaign(ctx, s.Partner, s.Campaign)
	if err != nil {
		return err
	}
	var why string
	switch {
	case c.Over:
		why = NoteCampaignOver
	case r.state.Condition.Metric.Timed() && c.ActiveSince == nil:
		why = NoteNotActive
	case s.Period != "" && s.Period < at.In(c.Zone).Format(time.DateOnly):
		why = NotePeriodOver
	default:
		return nil
	}
	next := s
	next.Side, next.Alert = Armed, uuid.Nil
	return e.end(ctx, origin(&r.state), s, why, at, next)
}

// quiet ends alerts about anomalies that nothing has been added to for a day.
// The value may be as it should again, or the new usual; both are no alarm.
func (e *Engine) quiet(ctx context.Context, at time.Time) error {
	if at.Minute() != 0 {
		return nil
	}
	q := performance.AlertQuery{
		States: []performance.AlertState{performance.Firing, performance.Acknowledged},
		Kinds:  []performance.AlertKind{performance.AlertAnomaly}, Limit: sweepPage,
	}
	for {
		page, next, err := e.alerts.List(ctx, event.Origin{}, q)
		if err != nil {
			return err
		}
		for _, a := range page {
			s := a.State()
			if at.Sub(s.LastAt) < 24*time.Hour {
				continue
			}
			by := event.Origin{Partner: s.Partner, Kind: event.ActorScheduler, ID: "alerts", From: "scheduler"}
			if _, err := e.alerts.Resolve(ctx, by, s.ID, NoteQuiet); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.Cursor = next
	}
}
