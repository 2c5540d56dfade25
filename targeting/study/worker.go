package study

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/claim"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

const (
	claimLife  = 20 * time.Second // a worker not heard of for so long is taken for dead
	renewEvery = time.Second
	lookEvery  = 2 * time.Second // for work that other nodes took in
	mostTries  = 3               // before a study that kills its worker is given up
)

// Worker computes the studies that wait, one at a time. Every node has one; each
// study is computed by one of them.
type Worker struct{ service *Service }

// NewWorker works for a service.
func NewWorker(s *Service) *Worker { return &Worker{s} }

// Run works until ctx ends. What it was at is then computed by whoever claims it
// next, from the beginning.
func (w *Worker) Run(ctx context.Context) error {
	return claim.Loop(ctx, "studies", lookEvery, w.service.wake, w.turn)
}

// turn computes one study, if one waits.
func (w *Worker) turn(ctx context.Context) (busy bool, err error) {
	now := w.service.now()
	s, ok, err := w.service.Queue.Claim(ctx, now, now.Add(claimLife))
	if err != nil || !ok {
		return false, err
	}
	s.By.Partner = s.Partner // which an origin does not carry into the store
	j := &job{service: w.service, State: s}
	return true, j.close(ctx, j.run(ctx))
}

// job is one study being computed.
type job struct {
	service *Service
	State

	mu    sync.Mutex
	shown State // what renew stores
}

// at notes how far it is.
func (j *job) at(stage string, done, total int64) {
	j.Progress = Progress{stage, done, total}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.shown = j.State
}

// run computes the study while it keeps its claim.
func (j *job) run(ctx context.Context) error {
	if j.Attempt > mostTries {
		return errAbandoned
	}
	j.at("reading", 0, 0)
	return claim.Hold(ctx, renewEvery, ErrLost, j.renew, j.compute)
}

func (j *job) compute(ctx context.Context) error {
	if j.Kind == Clusters {
		return j.divide(ctx)
	}
	return j.lookalike(ctx)
}

// renew stores the progress and keeps the claim.
func (j *job) renew(ctx context.Context) error {
	j.mu.Lock()
	shown := j.shown
	j.mu.Unlock()
	return j.service.Queue.Renew(ctx, shown, j.service.now().Add(claimLife))
}

// close stores the outcome. A worker that stops, or whose database does not
// answer, leaves the study to its next claim.
func (j *job) close(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, ErrLost):
		return nil
	case err != nil && (ctx.Err() != nil || fault.KindOf(err) == fault.Unavailable):
		return err
	}
	now := j.service.now()
	j.FinishedAt, j.Status, j.Progress.Stage = &now, Ready, "done"
	if err != nil {
		slog.WarnContext(ctx, "study failed", "study_id", j.ID, "error", err)
		j.Status, j.Problem, j.Alike, j.Division = Failed, problemOf(err), nil, nil
	}
	// The audience first: a worker that dies in between leaves the study to be
	// computed again, and never one that is over with an audience that is not.
	if j.Kind == Lookalike {
		if err := j.service.People.Computed(ctx, j.By, j.ID); err != nil && !errors.Is(err, audience.ErrNotFound) {
			return err
		}
	}
	if err := j.service.Queue.Finish(ctx, j.State); !errors.Is(err, ErrLost) {
		return err
	}
	return nil
}

// problemOf is what may be shown of a failure.
func problemOf(err error) *Problem {
	if e := fault.As(err); e != nil && e.Kind != fault.Internal || errors.Is(err, errAbandoned) {
		return &Problem{e.Code, e.Detail, e.Fix}
	}
	return &Problem{"internal", "It could not be computed.", "Ask for it again; if it fails again, tell HexaBuilders the id."}
}
