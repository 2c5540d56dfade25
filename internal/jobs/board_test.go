package jobs

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

// notes is a Journal in memory, as strict as the store's.
type notes struct {
	mu    sync.Mutex
	turns map[string]event.JobStatus
	gone  bool
}

func (n *notes) Note(_ context.Context, turns []event.JobStatus) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone {
		return errors.New("the store is gone")
	}
	if n.turns == nil {
		n.turns = map[string]event.JobStatus{}
	}
	for _, s := range turns {
		if !before(s, n.turns[s.Name]) {
			n.turns[s.Name] = s
		}
	}
	return nil
}

func (n *notes) Turns(context.Context) (all []event.JobStatus, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.turns {
		all = append(all, s)
	}
	return all, nil
}

// job is the one job of a board.
func job(t *testing.T, b *Board) event.JobStatus {
	t.Helper()
	all, err := b.Jobs(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	return all[0]
}

// The board tells how each turn went, on every node, and after a restart.
func TestTheBoardTellsHowTurnsWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal, leases := &notes{}, &fakeLeases{holder: map[string]string{}}
		var fails atomic.Bool
		start := func(node string) (*Board, context.CancelFunc) {
			ctx, stop := context.WithCancel(t.Context())
			b := NewBoard(journal, time.Now)
			r := Runner{Leases: leases, Node: node, Board: b, Jobs: []Job{{Name: "due", Every: time.Minute, Do: func(context.Context) error {
				time.Sleep(2 * time.Second)
				if fails.Load() {
					return errors.New("no")
				}
				return nil
			}}}}
			go func() { _ = r.Run(ctx) }()
			synctest.Wait()
			return b, stop
		}
		begun := time.Now()
		first, stopFirst := start("a")
		if s := job(t, first); s.RunningSince == nil || s.RanAt != nil || s.NextAt != nil || s.Node != "a" || s.Every != 60 {
			t.Errorf("in the first turn: %+v", s)
		}
		time.Sleep(11 * time.Second)
		second, stopSecond := start("b")
		s := job(t, second)
		if s.RanAt == nil || !s.RanAt.Equal(begun) || s.Millis != 2000 || s.Node != "a" || !s.NextAt.Equal(begun.Add(time.Minute)) || s.Late || s.Failures != 0 {
			t.Errorf("seen from another node: %+v", s)
		}
		fails.Store(true)
		time.Sleep(2 * time.Minute)
		if s := job(t, first); s.Failures != 2 || s.Problem != "no" || s.FailedAt == nil {
			t.Errorf("after two failures: %+v", s)
		}
		fails.Store(false)
		time.Sleep(time.Minute)
		if s := job(t, first); s.Failures != 0 || s.Problem != "no" {
			t.Errorf("after a success: %+v", s)
		}
		stopFirst()
		stopSecond()
		time.Sleep(time.Hour)
		if s := job(t, second); !s.Late {
			t.Errorf("after all nodes stopped: %+v", s)
		}
		third, stopThird := start("c")
		if s := job(t, third); s.Late || s.Problem != "no" || s.Failures != 0 || s.Node != "c" {
			t.Errorf("after a restart: %+v", s)
		}
		stopThird()
		time.Sleep(time.Minute)
	})
}

func TestTurnsAreWrittenDownOnceTheStoreIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &notes{gone: true}
		b := NewBoard(journal, time.Now)
		b.begin("due", "a")
		b.end("due", nil)
		b.flush(t.Context())
		journal.gone = false
		b.flush(t.Context())
		if turns, _ := journal.Turns(t.Context()); len(turns) != 1 {
			t.Errorf("written down: %v", turns)
		}
	})
}
