package campaigns_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

func peru() targeting.Configuration {
	t := colombia()
	t.Locations = []targeting.Location{{Country: "PE"}}
	return t
}

func TestTargetingIsSetBeforeTheLaunchAndRefinedAfter(t *testing.T) {
	for status, want := range map[campaigns.Status][2]error{ // of setting and refining
		"DRAFT": {nil, campaigns.ErrNotLaunched}, "SCHEDULED": {nil, campaigns.ErrNotLaunched},
		"ACTIVE": {campaigns.ErrTargetingLocked, nil}, "PAUSED": {campaigns.ErrTargetingLocked, nil},
		"COMPLETED": {campaigns.ErrInvalidTransition, campaigns.ErrInvalidTransition},
		"CANCELLED": {campaigns.ErrInvalidTransition, campaigns.ErrInvalidTransition},
	} {
		w := newWorld(t)
		id := w.in(status)
		for i, attempt := range []func() error{
			func() error { _, err := w.SetTargeting(ctx, by, id, 0, peru()); return err },
			func() error { _, err := w.RefineTargeting(ctx, by, id, 0, peru(), "CTR"); return err },
		} {
			if want[i] != nil {
				w.refuses(want[i], attempt)
			} else if err := attempt(); err != nil {
				t.Errorf("%s: %v", status, err)
			}
		}
	}
}

func TestARefinementKeepsWhatWasBefore(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	s := must(t)(w.RefineTargeting(ctx, by, id, 0, peru(), "cheaper there")).State()
	if !reflect.DeepEqual(*s.Targeting, peru()) || !reflect.DeepEqual(*s.PreviousTargeting, colombia()) {
		t.Fatalf("%+v %+v", s.Targeting, s.PreviousTargeting)
	}
	if s.Learning == nil || !s.Learning.At.Equal(w.now) || !strings.Contains(s.Learning.Because, "learn again") {
		t.Errorf("the learning reset is not disclosed: %+v", s.Learning)
	}
	e := data[campaigns.TargetingRefined](w)
	if e.Rollback || e.Reason != "cheaper there" || e.Learning.Because == "" || e.Previous.Locations[0].Country != "CO" || e.Changes[0].Field != "targeting" {
		t.Errorf("%+v", e)
	}
	back := must(t)(w.RollBackTargeting(ctx, by, id, 0, "dearer after all")).State()
	if !reflect.DeepEqual(*back.Targeting, colombia()) || !reflect.DeepEqual(*back.PreviousTargeting, peru()) {
		t.Errorf("rolled back to %+v", back.Targeting)
	}
	if e := data[campaigns.TargetingRefined](w); !e.Rollback || e.Learning.Because == "" {
		t.Errorf("%+v", e)
	}
	if again := must(t)(w.RollBackTargeting(ctx, by, id, 0, "")).State(); !reflect.DeepEqual(*again.Targeting, peru()) {
		t.Errorf("a roll-back taken back: %+v", again.Targeting)
	}
}

func TestRefinementsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	w.refuses(campaigns.ErrNothingToRollBack, func() error { _, err := w.RollBackTargeting(ctx, by, id, 0, ""); return err })
	w.refuses(fault.ErrInvalid, func() error {
		_, err := w.RefineTargeting(ctx, by, id, 0, peru(), strings.Repeat("x", 501))
		return err
	})
	w.refuses(fault.ErrInvalid, func() error {
		_, err := w.RefineTargeting(ctx, by, id, 0, targeting.Configuration{}, "")
		return err
	})
	draft := w.draft()
	w.refuses(campaigns.ErrNotLaunched, func() error { _, err := w.RollBackTargeting(ctx, by, draft, 0, ""); return err })
	events := len(w.log)
	if s := must(t)(w.RefineTargeting(ctx, by, id, 0, colombia(), "")).State(); s.Learning != nil || len(w.log) != events {
		t.Error("a refinement to what it already is has reset the learning")
	}
}

func TestTheOptimiserSaysThatItWasIt(t *testing.T) {
	w := newWorld(t)
	id := w.in(campaigns.Active)
	robot := by
	robot.Kind = event.ActorOptimizer
	s := must(t)(w.RefineTargeting(ctx, robot, id, 0, peru(), "expected CPA -12 %")).State()
	if e := data[campaigns.Optimized](w); e.Optimization != "TARGETING_REFINEMENT" || e.Reason != "expected CPA -12 %" || w.last().Revision != s.Revision {
		t.Errorf("%+v at %d", e, w.last().Revision)
	}
	events := len(w.log)
	must(t)(w.RefineTargeting(ctx, robot, id, 0, peru(), ""))
	if len(w.log) != events {
		t.Error("nothing was changed, and an optimisation is claimed")
	}
}

func TestTargetingHasToFit(t *testing.T) {
	w := newWorld(t)
	in := spring(t)
	in.Type, in.Category = campaigns.Search, campaigns.Employment
	id := must(t)(w.Create(ctx, by, in)).State().ID
	unfit := colombia()
	unfit.LookalikeAudiences, unfit.Genders = []string{"a"}, []targeting.Gender{"male"}
	err := w.refusal(fault.ErrInvalid, func() error { _, err := w.SetTargeting(ctx, by, id, 0, unfit); return err })
	if got := wrong(err); got != "lookalike_audiences not_allowed, genders not_allowed" {
		t.Error(got)
	}
	must(t)(w.SetTargeting(ctx, by, id, 0, colombia()))
	if e := data[campaigns.TargetingConfigured](w); e.Previous != nil || e.Changes[0].Before != nil {
		t.Errorf("%+v", e)
	}
	must(t)(w.SetTargeting(ctx, by, id, 0, peru()))
	if e := data[campaigns.TargetingConfigured](w); e.Previous.Locations[0].Country != "CO" {
		t.Errorf("%+v", e)
	}
}
