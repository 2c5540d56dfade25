package event

import "time"

// JobStatus is what is known of a job that runs by the clock.
type JobStatus struct {
	Name         string     `json:"name" example:"performance_reports.due"`
	Every        int64      `json:"every_seconds" doc:"How often it looks for what is due."`
	Node         string     `json:"node,omitempty" doc:"Which node ran it last; one at a time does."`
	RanAt        *time.Time `json:"ran_at,omitempty" doc:"When its last turn began. A turn of another node is known some seconds later."`
	Millis       int64      `json:"took_ms" doc:"How long that took."`
	RunningSince *time.Time `json:"running_since,omitempty" doc:"While a turn is under way."`
	NextAt       *time.Time `json:"next_at,omitempty"`
	Late         bool       `json:"late" doc:"Whether a turn should have begun long ago, and none has: no node runs the job."`
	Failures     int        `json:"failures" doc:"How many turns have failed since one succeeded. A failure is tried again at the next turn."`
	FailedAt     *time.Time `json:"failed_at,omitempty" doc:"When a turn failed last, also if one has succeeded since."`
	Problem      string     `json:"problem,omitempty" doc:"Why it failed then."`
}

// LastBegun is when the latest turn began, nil before the first one.
func (s JobStatus) LastBegun() *time.Time {
	if s.RunningSince != nil {
		return s.RunningSince
	}
	return s.RanAt
}
