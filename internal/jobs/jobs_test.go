package jobs

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeLeases is one lease table shared by several nodes.
type fakeLeases struct {
	mu     sync.Mutex
	holder map[string]string
}

func (f *fakeLeases) Acquire(_ context.Context, name, holder string, _ time.Duration) (int64, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.holder[name]; h != "" && h != holder {
		return 0, false, nil
	}
	f.holder[name] = holder
	return 1, true, nil
}

func (f *fakeLeases) Release(_ context.Context, name, holder string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.holder[name] == holder {
		delete(f.holder, name)
	}
	return nil
}

func TestAJobRunsOnOneNodeAndMovesWhenItStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases := &fakeLeases{holder: map[string]string{}}
		var runs [2]int
		start := func(node int, name string) context.CancelFunc {
			ctx, stop := context.WithCancel(t.Context())
			r := Runner{Leases: leases, Node: name, Board: NewBoard(&notes{}, time.Now), Jobs: []Job{{Name: "due", Every: time.Second, Do: func(context.Context) error {
				runs[node]++
				return nil
			}}}}
			go func() { _ = r.Run(ctx) }()
			return stop
		}
		stopFirst := start(0, "a")
		synctest.Wait()
		stopSecond := start(1, "b")
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		if runs != [2]int{4, 0} {
			t.Fatalf("runs %v, want [4 0]", runs)
		}
		stopFirst()
		time.Sleep(2 * time.Second)
		stopSecond()
		synctest.Wait()
		if runs[0] != 4 || runs[1] != 2 {
			t.Fatalf("runs %v after the first node stopped, want [4 2]", runs)
		}
	})
}

func TestAFailingOrPanickingJobIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var failing, panicking int
		r := Runner{Leases: &fakeLeases{holder: map[string]string{}}, Node: "a", Board: NewBoard(&notes{}, time.Now), Jobs: []Job{
			{Name: "fails", Every: time.Second, Do: func(context.Context) error { failing++; return errors.New("no") }},
			{Name: "panics", Every: time.Second, Do: func(context.Context) error { panicking++; panic("no") }},
		}}
		go func() { _ = r.Run(ctx) }()
		time.Sleep(2500 * time.Millisecond)
		stop()
		synctest.Wait()
		if failing != 3 || panicking != 3 {
			t.Fatalf("failing ran %d times, panicking %d, want 3 each", failing, panicking)
		}
	})
}
