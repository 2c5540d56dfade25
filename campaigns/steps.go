package campaigns

import (
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/localday"
)

// Schedule dates a draft, or a scheduled campaign anew, which also lets the
// scheduler try again to launch it. The errors are ErrInvalidTransition and
// fault.ErrInvalid.
func (c *Campaign) Schedule(by event.Origin, at time.Time, s Schedule) error {
	to, err := c.state.Status.step(Schedules)
	if err != nil {
		return err
	}
	s = s.normal()
	var wrong fault.Fields
	if s.check(&wrong, "", at); len(wrong) > 0 {
		return wrong.Err()
	}
	next := c.state
	next.Status, next.Schedule, next.LaunchFailure = to, &s, nil
	c.become(by, at, next, func(changes []event.Change) event.Data { return ScheduleSet{s, changes} })
	return nil
}

// SetCreatives replaces what the campaign shows, until it is over.
func (c *Campaign) SetCreatives(by event.Origin, at time.Time, creatives []Creative) error {
	if c.state.Status.Over() {
		return isOver(c.state.Status)
	}
	var wrong fault.Fields
	if checkCreatives(&wrong, creatives); len(wrong) > 0 {
		return wrong.Err()
	}
	next := c.state
	next.Creatives = append([]Creative{}, creatives...)
	c.become(by, at, next, func(changes []event.Change) event.Data { return CreativesSet{next.Creatives, changes} })
	return nil
}

// Launch begins delivery. The errors are ErrInvalidTransition,
// ErrMustBeScheduledFirst, and ErrNotReady with the whole readiness list.
func (c *Campaign) Launch(by event.Origin, at time.Time, facts Facts) error {
	to, err := c.state.Status.step(Launches)
	if err != nil {
		return err
	}
	funding, standing, err := meansOf(facts)
	if err != nil {
		return err
	}
	readiness := c.Readiness(at, funding, standing)
	if err := readiness.err(); err != nil {
		return err
	}
	next := c.state
	next.Status, next.LaunchedAt, next.LaunchFailure = to, &at, nil
	c.become(by, at, next, func(changes []event.Change) event.Data {
		return Launched{LaunchedAt: at, LaunchedBy: author(by), Checklist: readiness.Checks, Targeting: next.Targeting, Changes: changes}
	})
	return nil
}

// ReasonBudgetExhausted is why a campaign is paused that has no money left.
const ReasonBudgetExhausted = "BUDGET_EXHAUSTED"

// ReasonFundsExhausted is why a campaign is paused whose partner pays in advance
// and has nothing left.
const ReasonFundsExhausted = "FUNDS_EXHAUSTED"

// Pause stops delivery and keeps the figures of the moment. A campaign whose
// daily budget is exhausted is taken up again with the next local day.
func (c *Campaign) Pause(by event.Origin, at time.Time, facts Facts, reason string) error {
	to, err := c.ends(Pauses, reason)
	if err != nil {
		return err
	}
	figures, err := facts.Figures()
	if err != nil {
		return err
	}
	next := c.state
	next.Status, next.PausedBecause, next.PausedAt, next.FiguresAtPause = to, reason, &at, &figures
	if reason == ReasonBudgetExhausted {
		funding, err := facts.Funding()
		if err != nil {
			return err
		}
		next.ResumeAt = nextDay(funding, c.state.Timezone, at)
	}
	c.become(by, at, next, func(changes []event.Change) event.Data {
		return PausedDelivery{Reason: reason, PausedBy: author(by), PausedAt: at, Figures: figures, Changes: changes}
	})
	return nil
}

// nextDay is when a daily or monthly budget is whole again; nil for a total one.
func nextDay(f Funding, timezone string, at time.Time) *time.Time {
	if f.Kind == BudgetTotal {
		return nil
	}
	loc := location(timezone)
	today := localday.Of(at, loc)
	_, begins := localday.Bounds(today, loc)
	if f.Kind == BudgetMonthly {
		date := time.Unix(int64(today)*24*60*60, 0).UTC()
		month := time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		begins, _ = localday.Bounds(localday.Of(month, time.UTC), loc)
	}
	begins = utc(begins)
	return &begins
}

// Resume takes delivery up again if the schedule is not over, the budget not
// exhausted and the partner's limits have room: else ErrNotReady with the list.
func (c *Campaign) Resume(by event.Origin, at time.Time, facts Facts) error {
	to, err := c.state.Status.step(Resumes)
	if err != nil {
		return err
	}
	funding, standing, err := meansOf(facts)
	if err != nil {
		return err
	}
	readiness := c.resumable(at, funding, standing)
	if err := readiness.err(); err != nil {
		return err
	}
	next := c.state
	next.Status, next.PausedBecause, next.PausedAt, next.ResumeAt = to, "", nil, nil
	c.become(by, at, next, func(changes []event.Change) event.Data { return Resumed{readiness.Checks, changes} })
	return nil
}

// Complete ends the campaign for good and fixes its outcome.
func (c *Campaign) Complete(by event.Origin, at time.Time, facts Facts, reason string) error {
	to, err := c.ends(Completes, reason)
	if err != nil {
		return err
	}
	figures, err := facts.Figures()
	if err != nil {
		return err
	}
	next := c.state
	next.Status, next.CompletedAt = to, &at
	next.Final = outcome(next.Goals, figures, at, reason)
	next.PausedBecause, next.PausedAt, next.ResumeAt = "", nil, nil
	c.become(by, at, next, func(changes []event.Change) event.Data { return Ended{*next.Final, changes} })
	return nil
}

// Cancel gives up a campaign that was never launched.
func (c *Campaign) Cancel(by event.Origin, at time.Time, reason string) error {
	to, err := c.ends(Cancels, reason)
	if err != nil {
		return err
	}
	next := c.state
	next.Status, next.CancelledBecause = to, reason
	c.become(by, at, next, func(changes []event.Change) event.Data { return Dropped{reason, changes} })
	return nil
}

// ends is a step that takes a reason.
func (c *Campaign) ends(a Action, reason string) (Status, error) {
	to, err := c.state.Status.step(a)
	if err != nil {
		return to, err
	}
	return to, checkReason(reason)
}

// meansOf reads what launching and resuming rest on.
func meansOf(facts Facts) (f Funding, s Standing, err error) {
	if f, err = facts.Funding(); err != nil {
		return f, s, err
	}
	s, err = facts.Standing()
	return f, s, err
}

// author is who acted, for people.
func author(by event.Origin) string {
	parts := []string{string(by.Kind), by.ID}
	if by.Name != "" {
		parts = []string{by.Name}
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
