package budgets

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

// Authorizer decides what may be spent. It gathers the requests that come while
// a transaction is under way and decides them together in the next, in the
// order in which they came: a commit costs much and a decision in it little.
// Each is answered when it is durable.
type Authorizer struct {
	// MaxBatch is how many decisions a transaction holds; MaxWaiting bounds
	// those in memory, and beyond it requests get ErrBusy.
	MaxBatch, MaxWaiting int

	Decider
	vault Vault

	mu      sync.Mutex
	arrived sync.Cond
	queue   []*decision
	enough  int // how many have to wait before Run is woken
	closed  bool
}

// NewAuthorizer decides over a vault. Run has to be running for it to do so.
func NewAuthorizer(vault Vault) *Authorizer {
	a := &Authorizer{MaxBatch: 512, MaxWaiting: 20_000, vault: vault}
	a.arrived.L = &a.mu
	a.Decider = Decider{a.submit}
	return a
}

// Run decides until ctx ends. Then it takes no more, decides what it has taken,
// and returns.
func (a *Authorizer) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, a.close)
	defer stop()
	for batch := a.next(); batch != nil; batch = a.next() {
		begun := time.Now()
		a.decide(context.WithoutCancel(ctx), batch)
		a.gather(len(batch), time.Since(begun)/gathering)
	}
	return nil
}

// gathering is which part of a transaction's time the next may wait for those
// who were just answered.
const gathering = 8

// gather gives those who were just answered a moment to ask again. Who is first
// would otherwise be decided alone, while all others wait for that transaction:
// clients that ask one thing after the other would be in two halves, each of which
// pays for a commit of its own.
func (a *Authorizer) gather(answered int, most time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.enough = min(answered+len(a.queue), a.MaxBatch)
	late := false
	timer := time.AfterFunc(most, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		late = true
		a.arrived.Broadcast()
	})
	for len(a.queue) < a.enough && !late && !a.closed {
		a.arrived.Wait()
	}
	timer.Stop()
	a.enough = 1
}

func (a *Authorizer) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.arrived.Broadcast()
}

func (a *Authorizer) next() []*decision {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) == 0 && !a.closed {
		a.arrived.Wait()
	}
	n := min(len(a.queue), a.MaxBatch)
	batch := append([]*decision(nil), a.queue[:n]...)
	a.queue = append(a.queue[:0], a.queue[n:]...)
	clear(a.queue[len(a.queue):cap(a.queue)])
	if n == 0 {
		return nil
	}
	return batch
}

// submit waits until the decision is durable. When ctx ends first its error is
// returned and the outcome is open.
func (a *Authorizer) submit(ctx context.Context, d *decision) error {
	if err := a.enqueue(d); err != nil {
		return err
	}
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Authorizer) enqueue(d *decision) error {
	d.done = make(chan struct{})
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return ErrStopping
	case len(a.queue) >= a.MaxWaiting:
		return ErrBusy
	}
	a.queue = append(a.queue, d)
	if len(a.queue) >= a.enough {
		a.arrived.Signal()
	}
	return nil
}

// decide makes one transaction of the batch. When it fails for a reason that
// may lie in one of them, each is tried alone, so that it fails nobody else's.
func (a *Authorizer) decide(ctx context.Context, batch []*decision) {
	err := a.transact(ctx, batch)
	if err != nil && len(batch) > 1 && fault.KindOf(err) != fault.Unavailable {
		for _, d := range batch {
			a.decide(ctx, []*decision{d})
		}
		return
	}
	for _, d := range batch {
		if err != nil {
			d.err = err
		}
		close(d.done)
	}
}

func (a *Authorizer) transact(ctx context.Context, batch []*decision) error {
	var needs Needs
	for _, d := range batch {
		needs.Budgets = append(needs.Budgets, d.needs.Budgets...)
		needs.Reservations = append(needs.Reservations, d.needs.Reservations...)
		needs.Fresh = append(needs.Fresh, d.needs.Fresh...)
		needs.Spends = append(needs.Spends, d.needs.Spends...)
	}
	return a.vault.Decide(ctx, needs, func(b *Books) error {
		_ = b.expire()
		for _, d := range batch {
			d.err = d.decide(b)
		}
		return nil
	})
}

// errRehearsed undoes the transaction of a rehearsal.
var errRehearsed = errors.New("budgets: only rehearsed")

// Rehearsal decides as the Authorizer would, and changes nothing.
func (a *Authorizer) Rehearsal() Decider {
	return Decider{func(ctx context.Context, d *decision) error {
		err := a.vault.Decide(ctx, d.needs, func(b *Books) error {
			_ = b.expire()
			d.err = d.decide(b)
			return errRehearsed
		})
		if !errors.Is(err, errRehearsed) {
			return err
		}
		return d.err
	}}
}

// Expire writes down what has run out. It is also counted as such wherever it
// matters before that: this only keeps the books short.
func (a *Authorizer) Expire(ctx context.Context, now time.Time) error {
	const many = 500
	for {
		due, err := a.vault.Due(ctx, now, many)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := a.vault.Decide(ctx, Needs{Budgets: due}, (*Books).expire); err != nil || len(due) < many {
			return err
		}
	}
}
