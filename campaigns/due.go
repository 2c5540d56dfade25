package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Run is what one run of the scheduler did.
type Run struct{ Launched, NotReady, Resumed, Completed int }

// ReasonScheduledEnd is why the scheduler completes a campaign.
const ReasonScheduledEnd = "SCHEDULED_END"

const dueBatch = 100

// RunDue launches the campaigns whose start has come, resumes those whose daily
// budget is whole again, and completes those whose end has come. The same checks hold as for a person; a launch that fails is an
// event, and is tried again in silence until the end. Runs may race each other
// and people: each campaign is decided on in its own transaction, by what it
// then is. One that cannot be decided on does not hold up the others; their
// errors are joined.
func (s *Service) RunDue(ctx context.Context) (Run, error) {
	var run Run
	var failures []error
	for after := uuid.Nil; ; {
		refs, err := s.store.Due(ctx, s.now(), after, dueBatch)
		if err != nil {
			return run, errors.Join(append(failures, err)...)
		}
		for _, ref := range refs {
			if err := s.runDue(ctx, ref, &run); err != nil {
				failures = append(failures, fmt.Errorf("campaign %s: %w", ref.ID, err))
			}
			after = ref.ID
		}
		if len(refs) < dueBatch || ctx.Err() != nil {
			return run, errors.Join(failures...)
		}
	}
}

func (s *Service) runDue(ctx context.Context, ref Ref, run *Run) error {
	by := event.Origin{Partner: ref.Partner, Kind: event.ActorScheduler, ID: "campaigns.due", From: "scheduler"}
	done := Run{}
	_, err := s.store.Update(ctx, ref.Partner, ref.ID, 0, func(c *Campaign, f Facts) error {
		done = Run{}
		return c.runDue(by, s.now(), f, &done)
	})
	if err == nil {
		run.Launched += done.Launched
		run.NotReady += done.NotReady
		run.Resumed += done.Resumed
		run.Completed += done.Completed
	}
	return err
}

// runDue does what is due, if it still is.
func (c *Campaign) runDue(by event.Origin, at time.Time, facts Facts, done *Run) error {
	due := c.state.DueAt()
	if due == nil || due.After(at) {
		return nil
	}
	if c.state.ResumeAt != nil && c.state.Schedule.End.After(at) {
		return c.resumeDue(by, at, facts, done)
	}
	if c.state.Status.launched() {
		done.Completed++
		return c.Complete(by, at, facts, ReasonScheduledEnd)
	}
	err := c.Launch(by, at, facts)
	if !errors.Is(err, ErrNotReady) {
		done.Launched++
		return err
	}
	done.NotReady++
	c.noteFailure(by, at, err)
	return nil
}

// resumeDue takes the campaign up again. When it is not ready, a person has to:
// its readiness list says why.
func (c *Campaign) resumeDue(by event.Origin, at time.Time, facts Facts, done *Run) error {
	err := c.Resume(by, at, facts)
	if !errors.Is(err, ErrNotReady) {
		done.Resumed++
		return err
	}
	done.NotReady++
	next := c.state
	next.ResumeAt = nil
	c.become(by, at, next, func(changes []event.Change) event.Data { return Updated{changes} })
	return nil
}

// noteFailure announces a failed launch, once, and once more when it is final.
func (c *Campaign) noteFailure(by event.Origin, at time.Time, why error) {
	final := !c.state.Schedule.End.After(at)
	if c.state.LaunchFailure != nil && !final {
		return
	}
	checks, _ := fault.As(why).Extra["checks"].([]Check)
	next := c.state
	next.LaunchFailure = &LaunchFailure{At: at, Final: final}
	c.become(by, at, next, func(changes []event.Change) event.Data {
		return LaunchFailed{Schedule: *next.Schedule, Final: final, Checks: checks, Changes: changes}
	})
}
