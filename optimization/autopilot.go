package optimization

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
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
	return errors.Join(s.Look(ctx), s.Pilot(ctx), s.Expire(ctx))
}
