package optimization

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Pilot applies what partners have allowed: of every field of a campaign one
// change in a tick at most, and none within the cooldown. Where changes oppose
// each other pause goes before decrease before hold before increase, and the
// losers are ended with the reason.
func (s *Service) Pilot(ctx context.Context) error {
	partners, err := s.settings.Enabled(ctx)
	if err != nil {
		return err
	}
	for _, partner := range partners {
		if err := s.pilot(ctx, partner); err != nil {
			if ctx.Err() != nil {
				return err
			}
			slog.WarnContext(ctx, "optimiser left a partner alone", "partner", partner, "error", err)
		}
	}
	return nil
}

func (s *Service) pilot(ctx context.Context, partner uuid.UUID) error {
	autonomy, err := s.Autonomy(ctx, partner)
	if err != nil {
		return err
	}
	var ready []*Suggestion
	recent := map[string]bool{}
	cursor := ""
	for {
		items, next, err := s.store.List(ctx, partner, Query{Limit: 200, Cursor: cursor, Now: s.now()})
		if err != nil {
			return err
		}
		for _, x := range items {
			s.sort(x, autonomy, &ready, recent)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return s.fly(ctx, partner, arbitrate(ready), recent)
}

// sort puts a suggestion among those that are ready, or its fields among those
// that were touched a short time ago.
func (s *Service) sort(x *Suggestion, a Autonomy, ready *[]*Suggestion, recent map[string]bool) {
	state, now := x.State(), s.now()
	switch x.StatusAt(now) {
	case Open:
		if a.blocked(state.Finding, a.record(state.Type)) == "" {
			*ready = append(*ready, x)
		}
	case Applying, Reverting, Applied, RolledBack:
		if state.AppliedAt != nil && now.Sub(*state.AppliedAt) >= time.Duration(a.Cooldown)*time.Hour {
			return
		}
		for _, field := range state.fields() {
			recent[field] = true
		}
	}
}

// fields are what a suggestion touches, of its campaign.
func (s State) fields() []string {
	c := s.Change
	if s.Made != nil {
		c = *s.Made
	}
	var all []string
	for _, t := range c.touches() {
		if t.campaign == uuid.Nil {
			t.campaign = s.Campaign
		}
		all = append(all, t.campaign.String()+" "+t.field)
	}
	return all
}

// rival is a suggestion that lost to another.
type rival struct{ loser, winner *Suggestion }

// arbitrated is what may be done, and what gave way.
type arbitrated struct {
	chosen []*Suggestion
	losers []rival
}

// arbitrate chooses among suggestions that touch the same fields: the one whose
// direction goes first, then the one that promises more.
func arbitrate(ready []*Suggestion) arbitrated {
	slices.SortStableFunc(ready, func(a, b *Suggestion) int {
		if x, y := a.State().direction(), b.State().direction(); x != y {
			if x.Beats(y) {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.State().Impact.Relative, a.State().Impact.Relative)
	})
	var out arbitrated
	taken := map[string]*Suggestion{}
	for _, x := range ready {
		var winner *Suggestion
		for _, field := range x.State().fields() {
			if taken[field] != nil {
				winner = taken[field]
			}
		}
		if winner != nil {
			out.losers = append(out.losers, rival{x, winner})
			continue
		}
		for _, field := range x.State().fields() {
			taken[field] = x
		}
		out.chosen = append(out.chosen, x)
	}
	return out
}

// direction is the most cautious of a change's directions.
func (s State) direction() Direction {
	first := Increase
	for _, t := range s.Change.touches() {
		if t.direction.Beats(first) {
			first = t.direction
		}
	}
	return first
}

func (s *Service) fly(ctx context.Context, partner uuid.UUID, a arbitrated, recent map[string]bool) error {
	by := optimizer(partner)
	for _, r := range a.losers {
		slog.InfoContext(ctx, "opposing change gave way", "loser", r.loser.State().ID, "winner", r.winner.State().ID, "campaign", r.loser.State().Campaign)
		if err := s.supersede(ctx, partner, r.loser, "Another change of the same field went first: suggestion "+r.winner.State().ID.String()+"."); err != nil {
			return err
		}
	}
	for _, x := range a.chosen {
		state := x.State()
		why, err := s.hindrance(ctx, state, recent)
		if err == nil && why == "" {
			_, err = s.Apply(ctx, by, state.ID, Parameters{}, Options{Revision: state.Revision})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if refused := fault.As(err); refused != nil {
			why = refused.Code
		}
		if err != nil {
			slog.WarnContext(ctx, "optimiser changed nothing", "suggestion", state.ID, "error", err)
		}
		if why == "" {
			continue
		}
		_, err = s.store.Update(ctx, partner, state.ID, 0, func(x *Suggestion) error {
			if x.state.Status == Open {
				x.block(by, s.now(), why)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// hindrance is why a change must wait, "" when it need not.
func (s *Service) hindrance(ctx context.Context, state State, recent map[string]bool) (string, error) {
	for _, field := range state.fields() {
		if recent[field] {
			return BlockedCooldown, nil
		}
	}
	for _, id := range state.campaigns() {
		c, err := s.hands.campaigns.Get(ctx, event.Origin{Partner: state.Partner}, id)
		if err != nil {
			return "", err
		}
		if c.State().Status != campaigns.Active {
			return BlockedInactive, nil
		}
	}
	return s.stepHindrance(ctx, state)
}

// stepHindrance holds what is moved against what both sides have.
func (s *Service) stepHindrance(ctx context.Context, state State) (string, error) {
	amount, move := state.Change.Amount(), state.Change.Move
	if amount == nil {
		return "", nil
	}
	set, err := s.settings.Settings(ctx, state.Partner)
	if err != nil {
		return "", err
	}
	var now Snapshot
	if err := s.hands.captureBudgets(ctx, state.Partner, state.Change, &now); err != nil {
		return "", err
	}
	var sides []int64
	for _, p := range now.Parts {
		if move != nil && (p.Category == move.From || p.Category == move.To) {
			sides = append(sides, p.Amount.Micros)
		}
	}
	for _, l := range now.Limits {
		if move == nil {
			sides = append(sides, l.Amount.Micros)
		}
	}
	for _, has := range sides {
		if amount.Micros > part(has, set.MaxStep) {
			return BlockedStep, nil
		}
	}
	return "", nil
}

// Look watches the changes that stand: those that turn out worse are taken back
// at once, those whose time has passed are graded.
func (s *Service) Look(ctx context.Context) error {
	return s.each(ctx, []Status{Applied, RolledBack}, func(x *Suggestion) error {
		state := x.State()
		switch {
		case state.Graded != nil || state.AppliedAt == nil:
			return nil
		case state.Status == RolledBack:
			return s.gradeRolledBack(ctx, state)
		}
		other, err := s.disturbance(ctx, state)
		if err != nil {
			return err
		}
		end := state.AppliedAt.Add(state.Type.Window())
		if other.ours { // the optimiser's next step ends this one's time
			end = earlier(end, other.at)
		}
		before, since, dispersion, knownAt, err := s.compare(ctx, state, earlier(end, s.now()))
		if err != nil {
			return err
		}
		if s.now().Before(end) {
			return s.lookAt(ctx, state, look(before, since, dispersion, s.now()))
		}
		v := judge(before, since, dispersion, s.now(), knownAt)
		if other.event != "" && !other.ours {
			v.Grade, v.By = Confounded, other.event
		}
		return s.gradeNow(ctx, state, v)
	})
}

// lookAt notes how a change stands, and takes it back when that is worse and
// nobody has asked for it. What has not changed is not noted again.
func (s *Service) lookAt(ctx context.Context, state State, w Watch) error {
	by, was := optimizer(state.Partner), state.Watch
	if s.now().Sub(*state.AppliedAt) < leastDelay { // platforms are still learning: nothing is said yet
		w.Worse, w.VerdictAt = false, nil
	}
	if was != nil && was.Worse && w.Worse {
		w.VerdictAt = was.VerdictAt
	}
	if was == nil || was.Since.Results != w.Since.Results || was.Since.Spend != w.Since.Spend || was.Worse != w.Worse {
		if _, err := s.store.Update(ctx, state.Partner, state.ID, 0, func(x *Suggestion) error { x.watched(by, s.now(), w); return nil }); err != nil {
			return err
		}
	}
	if !w.Worse || !state.Automatic { // what could not be taken back is tried again at every look
		return nil
	}
	_, err := s.RollBack(ctx, by, state.ID, "Results per money are worse than before, beyond chance.", Options{})
	return err
}

// compare reads what the campaign brought before a change and since.
func (s *Service) compare(ctx context.Context, state State, until time.Time) (before, since Outcome, dispersion float64, knownAt time.Time, err error) {
	from := state.AppliedAt.Add(-state.Type.Window())
	if before, dispersion, _, err = s.outcome(ctx, state, from, *state.AppliedAt); err != nil {
		return
	}
	since, _, knownAt, err = s.outcome(ctx, state, *state.AppliedAt, until)
	return
}

// outcome is what the campaigns of a suggestion brought together, the dispersion
// that of the one that varies most. Results of two kinds add up to nothing that
// could be judged.
func (s *Service) outcome(ctx context.Context, state State, from, to time.Time) (sum Outcome, dispersion float64, knownAt time.Time, err error) {
	for i, id := range state.campaigns() {
		o, d, known, err := s.outcomes.Outcome(ctx, state.Partner, id, from, to)
		if err != nil {
			return sum, 1, known, err
		}
		if i == 0 {
			sum, dispersion, knownAt = o, d, known
			continue
		}
		if o.Metric != sum.Metric {
			return Outcome{Metric: sum.Metric, Days: sum.Days}, 1, knownAt, nil
		}
		sum.Results, sum.Spend, dispersion, knownAt = sum.Results+o.Results, sum.Spend+o.Spend, max(dispersion, d), earlier(knownAt, known)
	}
	return sum, dispersion, knownAt, nil
}

// gradeRolledBack grades what was taken back: worse when the watch said so, and
// otherwise nothing can be said.
func (s *Service) gradeRolledBack(ctx context.Context, state State) error {
	v := Verdict{Grade: Inconclusive, At: s.now()}
	if w := state.Watch; w != nil {
		v.Before, v.After, v.Difference, v.KnownAt = w.Before, w.Since, w.Test.Difference, w.At
		if w.Worse {
			v.Grade = Worse
		}
	}
	return s.gradeNow(ctx, state, v)
}

func (s *Service) gradeNow(ctx context.Context, state State, v Verdict) error {
	_, err := s.store.Update(ctx, state.Partner, state.ID, 0, func(x *Suggestion) error {
		if x.state.Graded == nil {
			x.grade(optimizer(state.Partner), s.now(), v)
		}
		return nil
	})
	return err
}

// disturbing are the events that change how a campaign delivers.
var disturbing = []string{
	"campaign.targeting_refined", "campaign.creatives_set", "campaign.paused", "campaign.resumed", "campaign.completed",
	"budget.changed", "budget.reallocated", "budget.transferred",
}

// disturbance is the first change of a campaign or its budget after one of the
// optimiser's, within its window; the zero one when there was none.
type disturbance struct {
	event string
	at    time.Time
	ours  bool // the optimiser's next
}

func (s *Service) disturbance(ctx context.Context, state State) (first disturbance, err error) {
	until := state.AppliedAt.Add(state.Type.Window())
	for _, aggregate := range append(state.campaigns(), state.Change.budgets()...) {
		err := s.hands.events(ctx, state.Partner, aggregate, func(e *event.Event) {
			itself := e.Origin.CorrelationID == mark(state.ID, "apply") || e.Origin.CorrelationID == mark(state.ID, "rollback")
			if itself || !slices.Contains(disturbing, e.Type) || !e.OccurredAt.After(*state.AppliedAt) || !e.OccurredAt.Before(until) {
				return
			}
			if first.event == "" || e.OccurredAt.Before(first.at) {
				first = disturbance{e.Type, e.OccurredAt, strings.HasPrefix(e.Origin.CorrelationID, "suggestion:")}
			}
		})
		if err != nil {
			return first, err
		}
	}
	return first, nil
}

// Expire ends open suggestions whose evidence is too old.
func (s *Service) Expire(ctx context.Context) error {
	return s.each(ctx, []Status{Open}, func(x *Suggestion) error {
		state := x.State()
		if s.now().Before(state.ExpiresAt) {
			return nil
		}
		_, err := s.store.Update(ctx, state.Partner, state.ID, state.Revision, func(x *Suggestion) error {
			x.end(optimizer(state.Partner), s.now(), Expired, "")
			return nil
		})
		return err
	})
}

// Tend is the optimiser's work of every few seconds, in an order in which no
// step waits for another.
func (s *Service) Tend(ctx context.Context) error {
	return errors.Join(s.Recover(ctx), s.Look(ctx), s.Pilot(ctx), s.Expire(ctx))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
