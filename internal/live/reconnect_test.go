package live_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/live"
)

// TestReconnectsWithoutASilentGap lets clients come and go while the log
// grows. Every notification is numbered, and a snapshot says how many there
// were, so each client can tell whether one is missing or comes twice.
func TestReconnectsWithoutASilentGap(t *testing.T) {
	visits := 10_000
	if testing.Short() {
		visits = 500
	}
	w := newWorld(t, live.Limits{ChannelBytes: 40 << 10, SnapshotLife: 50 * time.Millisecond, CampaignEvery: 5 * time.Millisecond})
	w.publish(w.note())
	stop := w.churn()
	var left atomic.Int64
	left.Store(int64(visits))
	var resumed, resynced atomic.Int64
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			v := visitor{w: w, p: transports[i%2], random: rand.New(rand.NewPCG(1, uint64(i))), last: fresh}
			for left.Add(-1) >= 0 && !t.Failed() {
				v.visit(t)
			}
			resumed.Add(v.resumed)
			resynced.Add(v.resynced)
		})
	}
	clients.Wait()
	stop()
	t.Logf("%d visits: %d resumed, %d resynced, %d snapshots read", visits, resumed.Load(), resynced.Load(), w.snapshots.Load())
	if resumed.Load() == 0 || resynced.Load() == 0 {
		t.Fatal("both ways of coming back must happen")
	}
}

// churn publishes notifications and metrics until it is stopped.
func (w *world) churn() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
			}
			w.publish(w.note(), w.click(w.campaign), w.unseen())
			time.Sleep(time.Millisecond)
		}
	}()
	return func() { close(quit); <-done }
}

// visitor is a client that keeps coming back with its last seq.
type visitor struct {
	w        *world
	p        plain
	random   *rand.Rand
	last     int64 // seq of the last message
	seen     int   // number of the last note, or that of the snapshot
	resumed  int64
	resynced int64
}

func (v *visitor) visit(t *testing.T) {
	c, status, err := v.p.dial(v.w, v.w.campaignPath(v.p.path), "mine", v.last)
	if c == nil {
		t.Errorf("not let in: %d, %v", status, err)
		return
	}
	defer c.quit()
	for i := range 1 + v.random.IntN(6) {
		m, err := c.tryReceive(patience)
		if err != nil {
			t.Errorf("no message: %v", err)
			return
		}
		if i == 0 && v.last != fresh && m.Type != "resync" {
			v.resumed++
		}
		v.take(t, m)
	}
	if v.random.IntN(20) == 0 {
		time.Sleep(time.Duration(v.random.IntN(300)) * time.Millisecond) // long enough to fall out of the ring
	}
}

func (v *visitor) take(t *testing.T, m said) {
	switch m.Type {
	case "resync":
		v.resynced++
		return // the snapshot's seq counts, not this
	case "snapshot":
		v.seen = m.note(t)
	case "campaign_notification":
		if n := m.note(t); n != v.seen+1 {
			t.Errorf("%s: note %d after %d", v.p.name, n, v.seen)
		}
		v.seen++
		fallthrough
	default:
		if m.Seq <= v.last {
			t.Errorf("%s: seq %d after %d", v.p.name, m.Seq, v.last)
		}
	}
	v.last = m.Seq
}

// TestACrowdThatReturnsAtOnce is served from memory: the store is asked a few
// times, not once for each client.
func TestACrowdThatReturnsAtOnce(t *testing.T) {
	crowd := 1000
	if testing.Short() {
		crowd = 100
	}
	w := newWorld(t, live.Limits{})
	w.publish(w.note())
	begun := time.Now()
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			last := []int64{fresh, 0, 1}[i%3] // new, too old and up to date
			c, status, err := transports[i%2].dial(w, w.campaignPath(transports[i%2].path), "mine", last)
			if c == nil {
				t.Errorf("not let in: %d, %v", status, err)
				return
			}
			defer c.quit()
			if last != 1 {
				if _, err := c.tryReceive(patience); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	t.Logf("%d clients in %v, %d snapshots read", crowd, took, w.snapshots.Load())
	if most := 2 + int64(took/time.Second); w.snapshots.Load() > most {
		t.Fatalf("%d snapshots read for %d clients", w.snapshots.Load(), crowd)
	}
}
