package study

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

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
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		busy, err := w.turn(ctx)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "studies not worked on, trying again", "error", err)
		} else if busy {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-w.service.wake:
		}
	}
	return nil
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
	shown State // what the heartbeat stores
}

// at notes how far it is.
func (j *job) at(stage string, done, total int64) {
	j.Progress = Progress{stage, done, total}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.shown = j.State
}

// run computes the study. A panic is its failure: it must not take the others
// with it.
func (j *job) run(ctx context.Context) (err error) {
	if j.Attempt > mostTries {
		return errAbandoned
	}
	ctx, stop := context.WithCancelCause(ctx)
	j.at("reading", 0, 0)
	beating := make(chan struct{})
	go func() { defer close(beating); j.heartbeat(ctx, stop) }()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if errors.Is(context.Cause(ctx), ErrLost) {
			err = ErrLost
		}
		stop(nil)
		<-beating
	}()
	if j.Kind == Clusters {
		return j.divide(ctx)
	}
	return j.lookalike(ctx)
}

// heartbeat stores the progress and keeps the claim; it ends the work when the
// claim is lost.
func (j *job) heartbeat(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		j.mu.Lock()
		shown := j.shown
		j.mu.Unlock()
		if err := j.service.Queue.Renew(ctx, shown, j.service.now().Add(claimLife)); errors.Is(err, ErrLost) {
			stop(ErrLost)
			return
		}
	}
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
