package optimization

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

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
			return s.lookAt(ctx, state, look(before, since, dispersion, s.now(), knownAt))
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
		v.Before, v.After, v.Difference, v.KnownAt = w.Before, w.Since, w.Test.Difference, w.KnownAt
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

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
