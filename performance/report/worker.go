package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/claim"
	"github.com/hexabuilders/campaignd/fault"
)

const (
	claimLife  = 15 * time.Second // a worker not heard of for so long is taken for dead
	renewEvery = 2 * time.Second
	lookEvery  = 2 * time.Second // for work that other nodes took in
	pieceSize  = 256 << 10       // bytes
	mostTries  = 4               // before a report that kills its worker is given up
)

// Worker makes the reports that wait, one at a time. Every node has one; each
// report is made by one of them.
type Worker struct {
	service  *Service
	queue    Queue
	renderer Renderer
}

// NewWorker works for a service.
func NewWorker(service *Service, queue Queue, renderer Renderer) *Worker {
	return &Worker{service, queue, renderer}
}

// Run works until ctx ends. What it was at is then made by whoever claims it
// next, from the beginning.
func (w *Worker) Run(ctx context.Context) error {
	return claim.Loop(ctx, "reports", lookEvery, w.service.wake, w.turn)
}

// turn makes one report, if one waits.
func (w *Worker) turn(ctx context.Context) (busy bool, err error) {
	now := w.service.now()
	r, ok, err := w.queue.Claim(ctx, now, now.Add(claimLife))
	if err != nil || !ok {
		return false, err
	}
	j := &job{Worker: w, Report: r, hash: sha256.New()}
	return true, j.close(ctx, j.run(ctx))
}

// job is one report being made.
type job struct {
	*Worker
	Report
	ctx    context.Context // of the work: it ends when the claim is lost
	buffer []byte
	pieces int
	hash   hash.Hash

	mu    sync.Mutex
	shown Report // what renew stores
}

// run makes the report while it keeps its claim.
func (j *job) run(ctx context.Context) error {
	if j.Attempt > mostTries {
		return ErrAbandoned
	}
	j.State = Running
	j.show()
	return claim.Hold(ctx, renewEvery, ErrLost, j.renew, j.produce)
}

func (j *job) produce(ctx context.Context) error {
	j.ctx = ctx
	facts, ok, err := j.service.Store.Facts(ctx, j.Partner, j.Definition.FactsKey())
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("report %s: its facts are gone", j.ID)
	}
	j.Progress = Progress{Total: len(facts.Campaigns)}
	if j.Definition.Format == CSV || j.Definition.Format == JSON {
		j.Progress.Total *= 2 // their rows are read too
	}
	doc, err := build(ctx, j.service.Metrics, j.Partner, j.Definition, facts, func() error { j.Progress.Done++; j.show(); return ctx.Err() })
	if err != nil {
		return err
	}
	if j.Totals, err = totalsOf(doc); err != nil {
		return err
	}
	rows := doc.Rows
	doc.Rows = func(ctx context.Context, yield func(Row) error) error {
		return rows(ctx, func(r Row) error {
			if j.Progress.Rows++; j.Progress.Rows%1000 == 0 {
				j.show()
			}
			return yield(r)
		})
	}
	if err := j.renderer.Render(ctx, j, doc); err != nil {
		return err
	}
	return j.flush(ctx)
}

// show hands the progress to renew.
func (j *job) show() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.shown = j.Report
}

// renew stores the progress and keeps the claim.
func (j *job) renew(ctx context.Context) error {
	j.mu.Lock()
	shown := j.shown
	j.mu.Unlock()
	return j.queue.Renew(ctx, shown, j.service.now().Add(claimLife))
}

// Write implements io.Writer: the file goes into the store a piece at a time.
func (j *job) Write(p []byte) (int, error) {
	j.buffer = append(j.buffer, p...)
	for len(j.buffer) >= pieceSize {
		if err := j.piece(j.ctx, j.buffer[:pieceSize]); err != nil {
			return 0, err
		}
		j.buffer = append(j.buffer[:0], j.buffer[pieceSize:]...)
	}
	return len(p), nil
}

func (j *job) flush(ctx context.Context) error {
	if len(j.buffer) == 0 {
		return nil
	}
	return j.piece(ctx, j.buffer)
}

func (j *job) piece(ctx context.Context, body []byte) error {
	_, _ = j.hash.Write(body)
	j.Size += int64(len(body))
	j.pieces++
	return j.queue.AddPiece(ctx, j.Report, j.pieces-1, body)
}

// close stores the outcome. A worker that stops, or whose database does not
// answer, leaves the report to its next claim.
func (j *job) close(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, ErrLost):
		return nil
	case ctx.Err() != nil || fault.KindOf(err) == fault.Unavailable && err != nil:
		return err
	}
	now := j.service.now()
	expires := now.Add(Retention)
	j.FinishedAt = &now
	if err != nil {
		slog.WarnContext(ctx, "report failed", "report_id", j.ID, "error", err)
		j.State, j.Problem, j.Size, j.Totals = Failed, problemOf(err), 0, []Total{}
	} else {
		j.State, j.SHA256, j.ExpiresAt = Ready, hex.EncodeToString(j.hash.Sum(nil)), &expires
	}
	err = j.queue.Finish(ctx, j.Report)
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}
