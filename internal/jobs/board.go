package jobs

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

// Journal keeps the latest turn of each job, whichever node ran it.
type Journal interface {
	// Note replaces what is kept of these jobs, unless it is of a later moment.
	Note(ctx context.Context, turns []event.JobStatus) error
	Turns(ctx context.Context) ([]event.JobStatus, error)
}

// Board says how each job stands. Turns of this node are seen at once, those of
// others when they have been written down: each turn in a transaction of its own
// would cost more than most turns do.
type Board struct {
	journal Journal
	now     func() time.Time

	mu    sync.Mutex
	jobs  []Job
	past  map[string]event.JobStatus // how they failed before this start
	turns map[string]event.JobStatus // of this node
	fresh map[string]bool            // not yet written down
}

// NewBoard shows what the journal has and what runs here.
func NewBoard(j Journal, now func() time.Time) *Board {
	return &Board{journal: j, now: now, past: map[string]event.JobStatus{}, turns: map[string]event.JobStatus{}, fresh: map[string]bool{}}
}

const (
	writeEvery  = 10 * time.Second
	mostProblem = 500 // bytes of a failure's text
	// longOverdue is for how long another node may keep a lease, and what it did
	// to itself, before its job counts as run by nobody.
	longOverdue = 30 * time.Second
)

// open makes jobs known before their first turn, with why each failed last,
// which a restart is no reason to forget.
func (b *Board) open(ctx context.Context, jobs []Job) {
	written, err := b.journal.Turns(ctx)
	if err != nil {
		slog.WarnContext(ctx, "why jobs failed before this start is not known", "error", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs = jobs
	for _, turn := range written {
		b.past[turn.Name] = event.JobStatus{FailedAt: turn.FailedAt, Problem: turn.Problem}
	}
}

// Jobs lists every job by its name.
func (b *Board) Jobs(ctx context.Context) ([]event.JobStatus, error) {
	written, err := b.journal.Turns(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	latest := map[string]event.JobStatus{}
	for _, turn := range written {
		latest[turn.Name] = turn
	}
	for name, turn := range b.turns {
		if !before(turn, latest[name]) {
			latest[name] = turn
		}
	}
	all := make([]event.JobStatus, 0, len(b.jobs))
	for _, job := range b.jobs {
		all = append(all, complete(job, latest[job.Name], b.now()))
	}
	slices.SortFunc(all, func(x, y event.JobStatus) int { return strings.Compare(x.Name, y.Name) })
	return all, nil
}

// complete adds what follows from the clock.
func complete(job Job, s event.JobStatus, now time.Time) event.JobStatus {
	s.Name, s.Every = job.Name, int64(job.Every/time.Second)
	if begun := s.LastBegun(); begun != nil && s.RunningSince == nil {
		next := begun.Add(job.Every)
		if over := begun.Add(time.Duration(s.Millis) * time.Millisecond); next.Before(over) {
			next = over // the clock's beat was missed, and the next turn follows at once
		}
		s.NextAt, s.Late = &next, now.Sub(next) > max(3*job.Every, longOverdue)
	}
	return s
}

// before compares by the moment that each is known of.
func before(x, y event.JobStatus) bool {
	at, other := x.LastBegun(), y.LastBegun()
	return other != nil && (at == nil || at.Before(*other))
}

// begin notes that a turn is under way here.
func (b *Board) begin(job, node string) {
	at := b.now().UTC()
	b.change(job, func(s *event.JobStatus) { s.Node, s.RunningSince = node, &at })
}

// end notes what became of it.
func (b *Board) end(job string, failed error) {
	b.change(job, func(s *event.JobStatus) {
		at := b.now().UTC()
		s.RanAt, s.RunningSince = s.RunningSince, nil
		s.Millis = at.Sub(*s.RanAt).Milliseconds()
		if failed == nil {
			s.Failures = 0
			return
		}
		s.Failures++
		s.FailedAt, s.Problem = &at, strings.ToValidUTF8(failed.Error()[:min(mostProblem, len(failed.Error()))], "")
	})
}

func (b *Board) change(job string, how func(*event.JobStatus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ran := b.turns[job]
	if !ran {
		s = b.past[job]
	}
	s.Name = job
	how(&s)
	b.turns[job], b.fresh[job] = s, true
}

// write writes down what is new until ctx ends, and once more then.
func (b *Board) write(ctx context.Context) {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		b.flush(ctx)
	}
}

func (b *Board) flush(ctx context.Context) {
	b.mu.Lock()
	turns := make([]event.JobStatus, 0, len(b.fresh))
	for _, name := range slices.Sorted(maps.Keys(b.fresh)) { // in one order on every node, which cannot deadlock
		turns = append(turns, b.turns[name])
	}
	clear(b.fresh)
	b.mu.Unlock()
	if len(turns) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := b.journal.Note(ctx, turns); err != nil {
		slog.DebugContext(ctx, "turns of jobs not written down, trying again", "error", err)
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, turn := range turns {
			b.fresh[turn.Name] = true
		}
	}
}
