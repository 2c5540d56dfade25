package performance

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Errors of taking in.
var (
	ErrBusy = &fault.Error{
		Kind: fault.Throttled, Code: "ingest_busy", RetryAfter: time.Second,
		Detail: "More events are waiting to be written than can be held.",
		Fix:    "Send the same request again after the time in Retry-After; events count once.",
	}
	ErrStopping = &fault.Error{
		Kind: fault.Unavailable, Code: "stopping", RetryAfter: 2 * time.Second,
		Detail: "The service is stopping and takes no new events.",
		Fix:    "Send the same request again after the time in Retry-After; events count once.",
	}
)

// Ingester gathers the events of concurrent requests and commits them together,
// because a transaction costs much and an event in it little. A request's
// events are in one commit, whole; all that a request asked for is durable when
// it is answered.
type Ingester struct {
	// Committers is how many commits may be under way. More than one only helps
	// a store that writes in parallel.
	Committers int
	// MaxCommit is how many events a commit gathers; one request may hold more.
	MaxCommit int
	// MaxWaiting bounds the events in memory; beyond it requests get ErrBusy.
	MaxWaiting int
	// A commit waits for more until none has come for Pause, at most for Gather.
	// What a commit costs is mostly by campaign rather than by event, so that
	// waiting for the requests on their way is cheaper than a commit without
	// them.
	Pause, Gather time.Duration

	log  Writer
	turn sync.Mutex // held by the committer that gathers

	mu      sync.Mutex
	arrived sync.Cond
	queue   []*request
	queued  int // events in queue
	waiting int // events in queue and in commits under way
	closed  bool
}

// request is the checked events of one caller.
type request struct {
	by      event.Origin
	items   []item
	receipt Receipt
	err     error
	done    chan struct{}
}

func (r *request) partner() uuid.UUID { return r.by.Partner }

// NewIngester writes to a log. Run has to be running for it to do so.
func NewIngester(log Writer) *Ingester {
	g := &Ingester{log: log, Committers: 1, MaxCommit: 20_000, MaxWaiting: 200_000, Pause: time.Millisecond, Gather: 4 * time.Millisecond}
	g.arrived.L = &g.mu
	return g
}

// Run commits until ctx ends. Then it takes no more requests, commits those it
// has taken, and returns.
func (g *Ingester) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, g.close)
	defer stop()
	var committers sync.WaitGroup
	for range g.Committers {
		committers.Go(func() {
			for requests := g.next(); requests != nil; requests = g.next() {
				g.commit(context.WithoutCancel(ctx), requests)
			}
		})
	}
	committers.Wait()
	return nil
}

func (g *Ingester) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.arrived.Broadcast()
}

// Waiting is how many events are held in memory and not yet durable.
func (g *Ingester) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting
}

// submit hands a request over and waits until it is durable. When ctx ends
// first its error is returned and the commit goes on: the caller does not know
// the outcome, and may send the same again.
func (g *Ingester) submit(ctx context.Context, r *request) (Receipt, error) {
	if err := g.enqueue(r); err != nil {
		return Receipt{}, err
	}
	select {
	case <-r.done:
		return r.receipt, r.err
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
}

func (g *Ingester) enqueue(r *request) error {
	r.done = make(chan struct{})
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return ErrStopping
	case g.waiting > 0 && g.waiting+len(r.items) > g.MaxWaiting:
		return ErrBusy
	}
	g.queue = append(g.queue, r)
	g.queued += len(r.items)
	g.waiting += len(r.items)
	g.arrived.Signal()
	return nil
}

// next gathers the requests of one commit, or nil when all is done.
func (g *Ingester) next() []*request {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.mu.Lock()
	for len(g.queue) == 0 && !g.closed {
		g.arrived.Wait()
	}
	g.mu.Unlock()
	g.linger()
	return g.take()
}

// linger returns when the queue is full, has stopped growing, or Gather is over.
func (g *Ingester) linger() {
	for waited, before := time.Duration(0), 0; waited < g.Gather; waited += g.Pause {
		g.mu.Lock()
		queued, enough := g.queued, g.queued >= g.MaxCommit || g.closed
		g.mu.Unlock()
		if enough || queued == before {
			return
		}
		before = queued
		time.Sleep(g.Pause)
	}
}

func (g *Ingester) take() []*request {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, events := 0, 0
	for n < len(g.queue) && (n == 0 || events+len(g.queue[n].items) <= g.MaxCommit) {
		events += len(g.queue[n].items)
		n++
	}
	if n == 0 {
		return nil
	}
	requests := append([]*request(nil), g.queue[:n]...)
	g.queue = append(g.queue[:0], g.queue[n:]...)
	clear(g.queue[len(g.queue):cap(g.queue)]) // they must not outlive their answer
	g.queued -= events
	return requests
}

// commit writes requests together. When that fails for a reason that may lie
// in one of them, each is tried alone, so that it fails nobody else's.
func (g *Ingester) commit(ctx context.Context, requests []*request) {
	b := newBatch(requests)
	defer g.release(len(b.items))
	stamps, err := g.write(ctx, b)
	if err == nil {
		b.answer(stamps)
		return
	}
	if len(requests) == 1 || fault.KindOf(err) == fault.Unavailable {
		b.fail(err)
		return
	}
	for _, r := range requests {
		alone := newBatch([]*request{r.again()})
		if stamps, err = g.write(ctx, alone); err != nil {
			alone.fail(err)
		} else {
			alone.answer(stamps)
		}
		r.settle(alone.requests[0])
	}
}

func (g *Ingester) release(events int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting -= events
}

// maxTries bounds the rounds of one commit. Each round settles what stopped the
// one before; only other nodes' commits of the same ids can add more.
const maxTries = 100

// write appends a batch, leaving out what the log refuses: ids that it has, and
// events that would take a total out of its range.
func (g *Ingester) write(ctx context.Context, b *batch) (map[uuid.UUID]Stamp, error) {
	var err error
	for range maxTries {
		c := b.commit()
		if len(c.Partners) == 0 {
			return nil, nil
		}
		err = g.log.Append(ctx, c)
		var refusal *Refusal
		switch {
		case err == nil:
			return c.Stamps, nil
		case errors.Is(err, ErrSeen):
			if err := g.lookUp(ctx, b, c); err != nil {
				return nil, err
			}
		case errors.As(err, &refusal):
			b.drop(refusal)
		default:
			return nil, err
		}
	}
	return nil, err
}

func (g *Ingester) lookUp(ctx context.Context, b *batch, c *Commit) error {
	for _, p := range c.Partners {
		known, err := g.log.Known(ctx, p.Partner, p.Keys)
		if err != nil {
			return err
		}
		b.dropKnown(p.Partner, known)
	}
	return nil
}

// again is the request as it was before its commit failed.
func (r *request) again() *request {
	fresh := &request{by: r.by, items: make([]item, len(r.items)), done: make(chan struct{})}
	copy(fresh.items, r.items)
	for i := range fresh.items {
		fresh.items[i].state = counted
	}
	return fresh
}

func (r *request) settle(as *request) {
	r.receipt, r.err = as.receipt, as.err
	close(r.done)
}
