package main

import (
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

type jobsCmd struct {
	client  `embed:""`
	Failing bool `help:"Only those that fail, or that no node runs."`
}

// Run prints one line a job.
func (c *jobsCmd) Run(e env) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "JOB\tSTATE\tEVERY\tLAST\tTOOK\tNEXT\tNODE\tLAST FAILURE")
	err := eachOf(e, c.client, "/jobs", url.Values{"limit": {"200"}}, func(j event.JobStatus) error {
		if c.Failing && j.Failures == 0 && !j.Late {
			return nil
		}
		failure := ""
		if j.FailedAt != nil {
			failure = j.FailedAt.Format(time.RFC3339) + " " + j.Problem
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%v\t%s\t%s\t%s\n", j.Name, jobState(j), time.Duration(j.Every)*time.Second,
			at(j.LastBegun()), time.Duration(j.Millis)*time.Millisecond, at(j.NextAt), j.Node, failure)
		return err
	})
	return errors.Join(err, w.Flush())
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
