package httpapi

import (
	"context"
	"net/http"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// Jobs is jobs.Board.
type Jobs interface {
	Jobs(ctx context.Context) ([]event.JobStatus, error)
}

func (s *Server) registerJobs() {
	route(s, operation(http.MethodGet, "/jobs", "list-jobs", "Jobs that run by the clock: when each ran last, where, and why it failed", partners.ActionOperateBrokers, http.StatusOK), s.listJobs)
}

func (s *Server) listJobs(ctx context.Context, in *struct {
	Page
	Projected
}) (*plain[list[partial[event.JobStatus]]], error) {
	all, err := s.Jobs.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	return pageOf(s, all, in.Page, func(j event.JobStatus) string { return j.Name }, same, in.Fields)
}
