package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

type jobsCmd struct {
	client  `embed:""`
	listing `embed:""`
	Failing bool `help:"Only those that fail, or that no node runs."`
}

// Run prints one line a job.
func (c *jobsCmd) Run(e env) error {
	s := c.sheet(e, "JOB\tSTATE\tEVERY\tLAST\tTOOK\tNEXT\tNODE\tLAST FAILURE")
	return s.end(eachOf(e, c.client, "/jobs", nil, 0, func(j event.JobStatus, raw json.RawMessage) error {
		if c.Failing && j.Failures == 0 && !j.Late {
			return nil
		}
		failure := ""
		if j.FailedAt != nil {
			failure = j.FailedAt.Format(time.RFC3339) + " " + j.Problem
		}
		return s.row(raw, "%s\t%s\t%v\t%s\t%v\t%s\t%s\t%s", j.Name, jobState(j), time.Duration(j.Every)*time.Second,
			at(j.LastBegun()), time.Duration(j.Millis)*time.Millisecond, at(j.NextAt), j.Node, failure)
	}))
}

func jobState(j event.JobStatus) string {
	switch {
	case j.Failures > 0:
		return fmt.Sprintf("failing (%d)", j.Failures)
	case j.Late:
		return "late"
	case j.RunningSince != nil:
		return "running"
	case j.RanAt == nil:
		return "new"
	}
	return "ok"
}

// at is a moment, or a dash.
func at(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}
