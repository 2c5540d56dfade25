package rule

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// Engine judges rules as a consumer of the event log. It is used by one
// goroutine, and what it remembers can be lost at any time: standings are
// stored, and sums are read again from the events.
type Engine struct {
	store     Store
	standings Standings
	campaigns Campaigns
	alerts    Alerts
	log       Log
	clock     func() time.Time

	desks map[uuid.UUID]*desk
	held  int // files on all desks
}

// NewEngine judges the rules of a store.
func NewEngine(store Store, standings Standings, campaigns Campaigns, alerts Alerts, log Log, clock func() time.Time) *Engine {
	return &Engine{
		store: store, standings: standings, campaigns: campaigns, alerts: alerts, log: log, clock: clock,
		desks: map[uuid.UUID]*desk{},
	}
}

// commit is a place in the log at which a campaign's figures are judged.
type commit struct{ seq, recordedAt int64 }

// Handle is the relay's handler: events of one partner, in order. After an error
// the same events come again, and what was done is not done twice.
func (e *Engine) Handle(ctx context.Context, events []event.Event) (err error) {
	partner := events[0].Partner
	defer func() {
		if err != nil {
			e.drop(partner)
		}
	}()
	d, err := e.desk(ctx, partner, events[0].Seq)
	if err != nil {
		return err
	}
	waiting := map[uuid.UUID][]commit{}
	for i := range events {
		ev := &events[i]
		d.seq = ev.Seq
		if ev.Type == performance.TypeUpdated {
			if err := d.gather(ev, waiting); err != nil {
				return err
			}
			continue
		}
		if !relevant(ev.Type) {
			continue
		}
		if err := e.judgeAll(ctx, d, waiting); err != nil {
			return err
		}
		if d, err = e.follow(ctx, d, ev); err != nil {
			return fmt.Errorf("alert rules after %s %s: %w", ev.Type, ev.ID, err)
		}
	}
	return e.judgeAll(ctx, d, waiting)
}

// relevant reports whether an event changes what rules look at. What a budget
// says of reported spend follows from the commits.
func relevant(eventType string) bool {
	switch family, what, _ := strings.Cut(eventType, "."); family {
	case "alert_rule", "campaign":
		return true
	case "budget":
		return what == "changed"
	}
	return eventType == TypeAnomaly
}

// gather notes the campaigns of a commit.
func (d *desk) gather(ev *event.Event, waiting map[uuid.UUID][]commit) error {
	if !slices.ContainsFunc(d.rules, atCommits) {
		return nil
	}
	var data struct {
		Campaigns []struct {
			ID uuid.UUID `json:"campaign_id"`
		} `json:"campaigns"`
	}
	if err := json.Unmarshal(ev.Data, &data); err != nil {
		return fmt.Errorf("data of %s %s: %w", ev.Type, ev.ID, err)
	}
	for _, c := range data.Campaigns {
		waiting[c.ID] = append(waiting[c.ID], commit{ev.Seq, micros(ev.RecordedAt)})
	}
	return nil
}

func atCommits(r State) bool {
	return !r.Condition.Metric.Timed() && r.Condition.Metric != Anomaly
}

// inForce are the rules to hold against a commit: those that were there by then.
// A consumer that is behind reads commits that are older than a rule.
func inForce(recordedAt int64) func(State) bool {
	return func(s State) bool { return atCommits(s) && micros(s.UpdatedAt) <= recordedAt }
}

// judgeAll judges what was gathered, in an order that does not depend on chance.
func (e *Engine) judgeAll(ctx context.Context, d *desk, waiting map[uuid.UUID][]commit) error {
	ids := slices.SortedFunc(maps.Keys(waiting), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range ids {
		if err := e.judge(ctx, d, id, waiting[id]); err != nil {
			return err
		}
	}
	clear(waiting)
	return nil
}

// judge folds the commits of a campaign and holds the rules against the figures
// after each.
func (e *Engine) judge(ctx context.Context, d *desk, id uuid.UUID, commits []commit) error {
	f, err := e.file(ctx, d, id, commits[0].recordedAt)
	if err != nil || f == nil || !slices.ContainsFunc(f.rules, func(r *State) bool { return atCommits(*r) }) {
		return err
	}
	var found []finding
	next := 0
	err = e.advance(ctx, f, commits[len(commits)-1].recordedAt, func(recordedAt int64) {
		for next < len(commits) && commits[next].recordedAt < recordedAt {
			next++
		}
		if next < len(commits) && commits[next].recordedAt == recordedAt {
			found = append(found, d.judge(f, inForce(recordedAt), moment(recordedAt), commits[next].seq)...)
		}
	})
	if err != nil {
		return err
	}
	return e.settle(ctx, d, f, found)
}

// advance folds the commits up to one, which is among them, and calls after
// behind each.
func (e *Engine) advance(ctx context.Context, f *file, last int64, after func(recordedAt int64)) error {
	span := performance.Everything
	span.KnownFrom, span.KnownTo = f.tracker.known+1, last+1
	return e.log.Replay(ctx, f.Partner, f.ID, span, 0, func(recordedAt int64, events []performance.Event) error {
		if recordedAt < span.KnownFrom || recordedAt >= span.KnownTo {
			return nil // a replay gives at least the span
		}
		f.tracker.Fold(recordedAt, events)
		if after != nil {
			after(recordedAt)
		}
		return nil
	})
}

// finding is a judgement that changes a standing.
type finding struct {
	rule    *State
	reading Reading
	moment  time.Time
	seq     int64
}

// judge holds the rules against the figures as they are, and returns what
// changes.
func (d *desk) judge(f *file, which func(State) bool, at time.Time, seq int64) []finding {
	var found []finding
	for _, r := range f.rules {
		if !which(*r) {
			continue
		}
		where := place{r.ID, f.ID}
		before, ok := d.standings[where]
		if !ok {
			before = Standing{Partner: f.Partner, Rule: r.ID, Campaign: f.ID, Revision: r.Revision}
		}
		reading := f.tracker.Read(&r.Definition, f.Campaign, at)
		if after, _ := before.Judge(r, reading, at); after != before {
			d.standings[where] = after
			found = append(found, finding{r, reading, at, seq})
		}
	}
	return found
}

// settle stores findings. Each is judged again on what is stored, which another
// node may have moved on.
func (e *Engine) settle(ctx context.Context, d *desk, f *file, found []finding) error {
	for _, n := range found {
		stored, err := e.standings.Decide(ctx, Standing{Partner: f.Partner, Rule: n.rule.ID, Campaign: f.ID},
			func(stored Standing, open *performance.Alert) Decision {
				return n.decide(stored, open, f.Campaign, e.now())
			})
		if err != nil {
			return err
		}
		if stored.Moment.After(n.moment) {
			d.standings[place{n.rule.ID, f.ID}] = stored
		}
	}
	return nil
}

func (n finding) decide(stored Standing, open *performance.Alert, c Campaign, now time.Time) Decision {
	if stored.Revision == 0 {
		stored.Revision = n.rule.Revision
	}
	next, step := stored.Judge(n.rule, n.reading, n.moment)
	d := Decision{Standing: next}
	by := origin(n.rule)
	if step.Close != "" && open != nil {
		open.Resolve(by, now, step.Close)
		d.Ended = open
	}
	switch {
	case step.Fire && open != nil && d.Ended == nil:
		d.Standing.Alert = open.State().ID // one matter has one open alert
	case step.Fire:
		d.Begun = raise(by, now, n.rule, next, c, n.reading, n.seq)
	}
	return d
}

func origin(rule *State) event.Origin {
	return event.Origin{Partner: rule.Partner, Kind: event.ActorReaction, ID: "alert_rule", Name: rule.Name, From: "reaction", CorrelationID: rule.ID.String()}
}

func (e *Engine) now() time.Time { return e.clock().UTC().Truncate(time.Microsecond) }
