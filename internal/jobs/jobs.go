// Package jobs runs timed work, each job on one node at a time under a lease,
// and shows on a Board when each ran, where, and how that went.
//
// A job asks the domain what is due and must be harmless when it runs twice:
// a lease can change hands while it works. Missed runs need no record here,
// since what is due stays due until it is done.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Job is one piece of timed work.
type Job struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context) error
}

// Leases lets one node at a time hold a name.
type Leases interface {
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, ok bool, err error)
	Release(ctx context.Context, name, holder string) error
}

// Runner runs jobs until its context ends.
type Runner struct {
	Leases Leases
	Node   string
	Jobs   []Job
	Board  *Board // is told of every turn
}

// Run runs every job on its own clock. A job that fails or panics is logged
// and tried again at its next turn.
func (r Runner) Run(ctx context.Context) error {
	var group sync.WaitGroup
	r.Board.open(ctx, r.Jobs)
	group.Go(func() { r.Board.write(ctx) })
	for _, job := range r.Jobs {
		group.Go(func() { r.loop(ctx, job) })
	}
	group.Wait()
	return nil
}

func (r Runner) loop(ctx context.Context, job Job) {
	lease := "job:" + job.Name
	var held time.Time
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = r.Leases.Release(ctx, lease, r.Node)
	}()
	tick := time.NewTicker(job.Every)
	defer tick.Stop()
	for {
		if err := r.turn(ctx, lease, job, &held); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "job failed, trying again at its next turn", "job", job.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// turn runs the job once if this node holds its lease. A dead node's lease is
// free again after three turns. It is renewed when half of it is over and not
// at every turn: that is a durable transaction, and most turns find nothing due.
func (r Runner) turn(ctx context.Context, lease string, job Job, held *time.Time) (err error) {
	life := max(3*job.Every, 5*time.Second)
	if now := time.Now(); now.Sub(*held) >= life/2 {
		_, ok, err := r.Leases.Acquire(ctx, lease, r.Node, life)
		if err != nil || !ok {
			*held = time.Time{}
			return err
		}
		*held = now
	}
	r.Board.begin(job.Name, r.Node)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if ctx.Err() != nil {
			err = nil // the node is stopping, which is no failure
		}
		r.Board.end(job.Name, err)
	}()
	return job.Do(ctx)
}
