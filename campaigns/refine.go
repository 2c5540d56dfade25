package campaigns

import (
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
)

// LearningReset discloses what a refinement costs: platforms forget what they
// had learned about whom to show the campaign to.
type LearningReset struct {
	At      time.Time `json:"at"`
	Because string    `json:"because"`
}

// learningCost is Meta's figure for leaving the learning phase.
const learningCost = "The targeting has changed, so ad platforms learn again whom to show the campaign to: " +
	"expect less steady results until about 50 optimisation events in 7 days have been seen."

// Configure sets the targeting of a campaign that was not launched yet. The
// errors are ErrTargetingLocked, ErrInvalidTransition when the campaign is
// over, and fault.ErrInvalid with every field that is wrong or does not fit.
func (c *Campaign) Configure(by event.Origin, at time.Time, t targeting.Configuration) error {
	if s := c.state.Status; s.launched() {
		return ErrTargetingLocked.WithExtra("campaign_status", s)
	} else if s.Over() {
		return isOver(s)
	}
	if err := c.accepts(t); err != nil {
		return err
	}
	next, previous := c.state, c.state.Targeting
	next.Targeting = &t
	c.become(by, at, next, func(changes []event.Change) event.Data {
		return TargetingConfigured{Targeting: t, Previous: previous, Changes: changes}
	})
	return nil
}

// Refine changes the targeting of a launched campaign and keeps the value
// before. The errors are ErrNotLaunched and those of Configure.
func (c *Campaign) Refine(by event.Origin, at time.Time, t targeting.Configuration, reason string) error {
	if err := c.refinable(reason); err != nil {
		return err
	}
	if err := c.accepts(t); err != nil {
		return err
	}
	c.refine(by, at, t, reason, false)
	return nil
}

// RollBack takes back the last refinement. What it takes back is kept in its
// place, so that a roll-back can itself be taken back. Without a refinement it
// is ErrNothingToRollBack.
func (c *Campaign) RollBack(by event.Origin, at time.Time, reason string) error {
	if err := c.refinable(reason); err != nil {
		return err
	}
	if c.state.PreviousTargeting == nil {
		return ErrNothingToRollBack
	}
	c.refine(by, at, *c.state.PreviousTargeting, reason, true)
	return nil
}

func (c *Campaign) refinable(reason string) error {
	switch s := c.state.Status; {
	case s.Over():
		return isOver(s)
	case !s.launched():
		return ErrNotLaunched.WithExtra("campaign_status", s)
	}
	return checkReason(reason)
}

func (c *Campaign) refine(by event.Origin, at time.Time, t targeting.Configuration, reason string, rollback bool) {
	reset := LearningReset{At: at, Because: learningCost}
	next := c.state
	next.Targeting, next.PreviousTargeting, next.Learning = &t, c.state.Targeting, &reset
	previous, revision := c.state.Targeting, c.state.Revision
	c.become(by, at, next, func(changes []event.Change) event.Data {
		return TargetingRefined{Targeting: t, Previous: previous, Rollback: rollback, Reason: reason, Learning: reset, Changes: changes}
	})
	if by.Kind == event.ActorOptimizer && c.state.Revision > revision {
		c.note(by, at, Optimized{Optimization: "TARGETING_REFINEMENT", Reason: reason})
	}
}

// accepts refuses a targeting that is wrong in itself or does not fit, with
// both lists at once.
func (c *Campaign) accepts(t targeting.Configuration) error {
	var wrong fault.Fields
	if err := t.Validate(); err != nil {
		e := fault.As(err)
		if e == nil {
			return err
		}
		wrong = e.Fields
	}
	return append(wrong, c.misfits(t)...).Err()
}

func (c *Campaign) misfits(t targeting.Configuration) []fault.Field {
	return t.Fits(targeting.For{Type: string(c.state.Type), SpecialCategory: string(c.state.Category), Currency: c.state.Currency})
}

func isOver(s Status) error {
	return ErrInvalidTransition.With("The campaign is %s; nothing about how it runs can be changed.", s).
		WithExtra("campaign_status", s).WithExtra("valid_actions", s.ValidActions())
}
