package campaigns

import (
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

// LaunchMode says who launches at the start.
type LaunchMode string

const (
	LaunchAuto   LaunchMode = "auto"   // the scheduler, at the start
	LaunchManual LaunchMode = "manual" // a person, when they choose
)

// LaunchModes are all of them.
var LaunchModes = []LaunchMode{LaunchAuto, LaunchManual}

// Schedule is when a campaign runs, [Start, End). It is completed at its end,
// however it was launched.
type Schedule struct {
	Start  time.Time  `json:"start"`
	End    time.Time  `json:"end"`
	Launch LaunchMode `json:"launch"`
}

// normal is the schedule as it can be stored; auto unless it says otherwise.
func (s Schedule) normal() Schedule {
	s.Start, s.End = utc(s.Start), utc(s.End)
	if s.Launch == "" {
		s.Launch = LaunchAuto
	}
	return s
}

func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// maxYears keeps times within what every store and every client can hold.
const maxYears = 10

// check notes what is wrong; paths begin with prefix.
func (s Schedule) check(wrong *fault.Fields, prefix string, now time.Time) {
	if s.Start.IsZero() {
		wrong.Add(prefix+"start", "required", "It must say when the campaign starts.", "an RFC 3339 time; one in the past starts at once")
	}
	switch {
	case s.End.IsZero():
		wrong.Add(prefix+"end", "required", "It must say when the campaign ends.", "an RFC 3339 time in the future")
	case !s.End.After(s.Start):
		wrong.Add(prefix+"end", "out_of_range", "The campaign would end before it starts.", "a time after "+s.Start.Format(time.RFC3339))
	case !s.End.After(now):
		wrong.Add(prefix+"end", "out_of_range", "The campaign would be over already.", "a time after now, "+now.Format(time.RFC3339))
	case s.End.After(now.AddDate(maxYears, 0, 0)):
		wrong.Add(prefix+"end", "out_of_range", "That is too far away to be meant.", "at most 10 years from now")
	}
	if !known(s.Launch, LaunchModes) {
		wrong.Add(prefix+"launch", "unknown_value", quote(string(s.Launch))+" is not a way to launch.", oneOf(LaunchModes))
	}
}

// LaunchFailure says that the scheduler could not launch. It is announced once
// for a schedule; until the end it tries again in silence.
type LaunchFailure struct {
	At    time.Time `json:"at"`
	Final bool      `json:"final"` // the schedule is over: it is not tried again
}

// DueAt is when the scheduler next has something to do for the campaign; nil for
// never. The store keeps it beside the state, to find what is due.
func (s State) DueAt() *time.Time {
	switch {
	case s.Schedule == nil:
		return nil
	case s.ResumeAt != nil && s.ResumeAt.Before(s.Schedule.End):
		return s.ResumeAt
	case s.Status.launched():
		return &s.Schedule.End
	case s.Status != Scheduled || s.Schedule.Launch != LaunchAuto || s.LaunchFailure != nil && s.LaunchFailure.Final:
		return nil
	}
	return &s.Schedule.Start
}
