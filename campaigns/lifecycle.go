package campaigns

import (
	"fmt"
	"strings"
)

// Status is where a campaign stands in its life.
type Status string

const (
	Draft     Status = "DRAFT"
	Scheduled Status = "SCHEDULED"
	Active    Status = "ACTIVE"
	Paused    Status = "PAUSED"
	Completed Status = "COMPLETED"
	Cancelled Status = "CANCELLED"
)

// Statuses are all of them, from first to last.
var Statuses = []Status{Draft, Scheduled, Active, Paused, Completed, Cancelled}

// Action is a step in a campaign's life.
type Action string

const (
	Schedules Action = "schedule"
	Launches  Action = "launch"
	Pauses    Action = "pause"
	Resumes   Action = "resume"
	Completes Action = "complete"
	Cancels   Action = "cancel"
)

// Actions are all of them, in the order in which they are offered.
var Actions = []Action{Schedules, Launches, Pauses, Resumes, Completes, Cancels}

// table is the life cycle, whole: what is not in it is refused. Where an action
// leads says nothing about its conditions: launch and resume also need every
// blocking check of the readiness list.
var table = map[Status]map[Action]Status{
	Draft:     {Schedules: Scheduled, Cancels: Cancelled},
	Scheduled: {Schedules: Scheduled, Launches: Active, Cancels: Cancelled},
	Active:    {Pauses: Paused, Completes: Completed},
	Paused:    {Resumes: Active, Completes: Completed},
	Completed: {},
	Cancelled: {},
}

// ValidActions are the actions that the table has for a status, in the order of
// Actions; an empty list at the end of a campaign's life.
func (s Status) ValidActions() []Action {
	valid := []Action{}
	for _, a := range Actions {
		if _, ok := table[s][a]; ok {
			valid = append(valid, a)
		}
	}
	return valid
}

// Over reports whether nothing can happen to the campaign any more.
func (s Status) Over() bool { return len(table[s]) == 0 }

// launched reports whether the campaign has run and may run on.
func (s Status) launched() bool { return s == Active || s == Paused }

// step is where an action leads from a status. The errors are
// ErrInvalidTransition and, for launching a draft, ErrMustBeScheduledFirst; both
// carry the valid actions.
func (s Status) step(a Action) (Status, error) {
	if to, ok := table[s][a]; ok {
		return to, nil
	}
	err := ErrInvalidTransition.With("A campaign that is %s cannot %s. %s", s, a, s.offer())
	if s == Draft && a == Launches {
		err = ErrMustBeScheduledFirst
	}
	return s, err.WithExtra("campaign_status", s).WithExtra("valid_actions", s.ValidActions())
}

func (s Status) offer() string {
	valid := s.ValidActions()
	if len(valid) == 0 {
		return "Nothing more can be done to it; clone it to run it again."
	}
	return fmt.Sprintf("What can be done: %s.", strings.ReplaceAll(oneOf(valid), ", ", " or "))
}
