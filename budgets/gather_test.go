package budgets

import (
	"runtime"
	"testing"
	"time"
)

// Who has just been answered is waited for, and nobody longer than a part of a
// transaction.
func TestTheNextBatchWaitsForThoseJustAnswered(t *testing.T) {
	gathered := func(a *Authorizer, answered int, most time.Duration) <-chan struct{} {
		done, want := make(chan struct{}), min(answered+len(a.queue), a.MaxBatch)
		go func() { defer close(done); a.gather(answered, most) }()
		for waits := false; !waits && most == time.Hour; runtime.Gosched() {
			a.mu.Lock()
			waits = a.enough == want || len(a.queue) >= want
			a.mu.Unlock()
		}
		return done
	}
	ends := func(why string, done <-chan struct{}) {
		t.Helper()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal(why + ": it waits on")
		}
	}
	ask := func(a *Authorizer) {
		t.Helper()
		if err := a.enqueue(&decision{}); err != nil {
			t.Fatal(err)
		}
	}

	a := NewAuthorizer(nil)
	ask(a) // came while the others were decided
	done := gathered(a, 2, time.Hour)
	ask(a)
	select {
	case <-done:
		t.Error("one of two has not come back")
	default:
	}
	ask(a)
	ends("all are back", done)
	if batch := a.next(); len(batch) != 3 {
		t.Errorf("%d of 3 are decided together", len(batch))
	}

	ends("nobody comes back", gathered(a, 64, time.Millisecond))
	ask(a)
	if batch := a.next(); len(batch) != 1 {
		t.Errorf("one is decided with %d", len(batch))
	}

	a.MaxBatch = 2
	ask(a)
	ask(a)
	ends("a batch is full", gathered(a, 64, time.Hour))

	ends("nobody was answered", gathered(NewAuthorizer(nil), 0, time.Hour))
	closing := NewAuthorizer(nil)
	done = gathered(closing, 1, time.Hour)
	closing.close()
	ends("it stops", done)
}
