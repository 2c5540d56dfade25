package rule

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// mostAtOnce bounds the campaigns that a new or changed rule is held against at
// once; the others follow with their next commit.
const mostAtOnce = 500

// follow does what an event that is no commit asks for.
func (e *Engine) follow(ctx context.Context, d *desk, ev *event.Event) (*desk, error) {
	switch {
	case strings.HasPrefix(ev.Type, "alert_rule."):
		return d, e.ruleChanged(ctx, d, ev)
	case ev.Type == TypeAnomaly:
		return d, e.anomaly(ctx, d, ev)
	case ev.Type == "budget.changed":
		var data struct {
			Campaign uuid.UUID `json:"campaign_id"`
		}
		if err := json.Unmarshal(ev.Data, &data); err != nil {
			return d, err
		}
		return d, e.campaignChanged(ctx, d, data.Campaign, ev, func(s State) bool { return specs[s.Condition.Metric].family == ofBudget })
	default:
		return d, e.campaignChanged(ctx, d, ev.AggregateID, ev, nil)
	}
}

// campaignChanged reads a campaign anew, and judges the rules that look at what
// has changed.
func (e *Engine) campaignChanged(ctx context.Context, d *desk, id uuid.UUID, ev *event.Event, which func(State) bool) error {
	if f := d.files[id]; f != nil {
		f.stale = true
	}
	if which == nil || !slices.ContainsFunc(d.rules, which) {
		return nil
	}
	return e.judgeNow(ctx, d, id, ev, which)
}

// judgeNow judges a campaign at an event that is no commit of it.
func (e *Engine) judgeNow(ctx context.Context, d *desk, id uuid.UUID, ev *event.Event, which func(State) bool) error {
	at := micros(ev.RecordedAt)
	f, err := e.file(ctx, d, id, at)
	if err != nil || f == nil {
		return err
	}
	if err := e.advance(ctx, f, at, nil); err != nil {
		return err
	}
	return e.settle(ctx, d, f, d.judge(f, which, moment(at), ev.Seq))
}

// ruleChanged ends what the rule's earlier form had fired, and holds its present
// form against what is known: whoever makes a rule learns at once where it is
// already so.
func (e *Engine) ruleChanged(ctx context.Context, d *desk, ev *event.Event) error {
	var rule State
	if err := json.Unmarshal(ev.Data, &rule); err != nil {
		return err
	}
	why := NoteRuleChanged
	switch {
	case ev.Type == TypeDeleted:
		why = NoteRuleDeleted
	case !rule.Enabled:
		why = NoteRuleDisabled
	}
	if ev.Type != TypeCreated {
		if err := e.endAll(ctx, &rule, why, ev.RecordedAt); err != nil {
			return err
		}
	}
	if ev.Type == TypeDeleted {
		if err := e.standings.Forget(ctx, d.partner, rule.ID); err != nil {
			return err
		}
	}
	if err := e.read(ctx, d); err != nil {
		return err
	}
	if ev.Type == TypeDeleted || !rule.Enabled || !atCommits(rule) {
		return nil
	}
	active, err := e.campaigns.Latest(ctx, d.partner, true, mostAtOnce)
	if err != nil {
		return err
	}
	for _, c := range active {
		if !rule.Covers(c) {
			continue
		}
		if err := e.judgeNow(ctx, d, c.ID, ev, func(s State) bool { return s.ID == rule.ID }); err != nil {
			return err
		}
	}
	return nil
}

// endAll ends the alerts of a rule. The standings begin anew just before the
// event, so that the rule's present form can be judged at it.
func (e *Engine) endAll(ctx context.Context, rule *State, why string, at time.Time) error {
	all, err := e.standings.Standings(ctx, rule.Partner, rule.ID)
	if err != nil {
		return err
	}
	before := at.Add(-time.Microsecond)
	for _, s := range all {
		if err := e.end(ctx, origin(rule), s, why, before, Standing{Revision: rule.Revision}); err != nil {
			return err
		}
	}
	return nil
}

// end closes the alert of a standing and puts another in its place, unless it
// has been judged since.
func (e *Engine) end(ctx context.Context, by event.Origin, s Standing, why string, at time.Time, next Standing) error {
	next.Partner, next.Rule, next.Campaign, next.Moment = s.Partner, s.Rule, s.Campaign, at
	_, err := e.standings.Decide(ctx, s, func(stored Standing, open *performance.Alert) Decision {
		if !at.After(stored.Moment) {
			return Decision{Standing: stored}
		}
		d := Decision{Standing: next}
		if open != nil {
			open.Resolve(by, e.now(), why)
			d.Ended = open
		}
		return d
	})
	return err
}
