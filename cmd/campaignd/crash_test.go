package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// batchOf is a request of n events of one campaign, each of 10 impressions and
// 0.01 of spend, so that totals say how many were counted.
func batchOf(campaign string, n int) (body string, ids []string) {
	var b strings.Builder
	b.WriteString(`{"events":[`)
	for i := range n {
		id := uuid.Must(uuid.NewV7()).String()
		ids = append(ids, id)
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"event_id":%q,"campaign_id":%q,"occurred_at":%q,"channel":"display","source":"crash","metrics":{"impressions":10,"spend":"0.01"}}`,
			id, campaign, time.Now().Add(-time.Duration(rand.IntN(3600))*time.Second).UTC().Format(time.RFC3339))
	}
	b.WriteString(`]}`)
	return b.String(), ids
}

// bell rings once for however many pulls, until somebody has heard it.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

func (b bell) silence() {
	select {
	case <-b:
	default:
	}
}

// sent is what a client knows of its batches.
type sent struct {
	mu      sync.Mutex
	acked   []string // bodies that were answered with 200
	unknown []string // bodies whose answer never came
	some    bell     // rings when something was acknowledged
}

// load sends batches until the process is gone.
func (c caller) load(campaign string, size int, stop *atomic.Bool, s *sent) {
	for !stop.Load() {
		body, _ := batchOf(campaign, size)
		status, answer, err := c.try("POST", "/metrics", body)
		s.mu.Lock()
		switch {
		case err == nil && status == 200:
			s.acked = append(s.acked, body)
			s.some.ring()
		case err != nil || status == 503:
			s.unknown = append(s.unknown, body)
		default:
			c.t.Errorf("ingest: %d %s", status, answer)
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// TestKilledDuringIngest kills the process at random moments under load. What
// was acknowledged must be there, once; what was not is there as a whole batch
// or not at all.
func TestKilledDuringIngest(t *testing.T) {
	const clients, size = 4, 50
	rounds := 50
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	p := start(t, dir)
	_, manager := p.partner()
	campaign := manager.campaign("1000000.00", false)
	all := sent{some: newBell()}
	for range rounds {
		all.some.silence()
		var stop atomic.Bool
		var group sync.WaitGroup
		caller := p.as(manager.key)
		for range clients {
			group.Go(func() { caller.load(campaign, size, &stop, &all) })
		}
		<-all.some // a life in which nothing is acknowledged proves nothing
		time.Sleep(time.Duration(rand.IntN(180)) * time.Millisecond)
		p.kill()
		stop.Store(true)
		group.Wait()
		p = start(t, dir)
	}
	if len(all.acked) < rounds || len(all.unknown) == 0 {
		t.Fatalf("the fault did not happen: %d acknowledged, %d cut off", len(all.acked), len(all.unknown))
	}
	caller := p.as(manager.key)
	before := impressions(t, caller, campaign)
	if before%(10*size) != 0 {
		t.Errorf("%d impressions are not whole batches", before)
	}
	for _, body := range all.acked {
		if got := receiptOf(t, caller, body); got.Duplicates != size {
			t.Fatalf("an acknowledged batch was lost: %+v", got)
		}
	}
	for _, body := range all.unknown {
		if got := receiptOf(t, caller, body); got.Accepted != 0 && got.Accepted != size {
			t.Errorf("half a batch was there: %+v", got)
		}
	}
	want := int64(10 * size * (len(all.acked) + len(all.unknown)))
	if got := impressions(t, caller, campaign); got != want {
		t.Errorf("%d impressions, want %d", got, want)
	}
	budget := caller.must("GET", "/campaigns/"+campaign+"/budget", nil)
	wantSpend := fmt.Sprintf("%d.%02d", want/1000, want/10%100)
	if got := budget["reported"].(map[string]any)["amount"]; got != wantSpend {
		t.Errorf("the budget has %v, want %s", got, wantSpend)
	}
}

type receipt struct{ Accepted, Duplicates int }

func receiptOf(t testing.TB, c caller, body string) (r receipt) {
	t.Helper()
	status, answer, err := c.try("POST", "/metrics", body)
	if err != nil || status != 200 {
		t.Fatalf("ingest: %d %v %s", status, err, answer)
	}
	if err := json.Unmarshal(answer, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func impressions(t testing.TB, c caller, campaign string) int64 {
	t.Helper()
	return int64(c.totals(campaign)["impressions"].(float64))
}

// TestStoppedUnderLoad asks the process to stop while batches arrive: it ends
// soon, with everything that it acknowledged.
func TestStoppedUnderLoad(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	_, manager := p.partner()
	campaign := manager.campaign("1000000.00", false)
	all := sent{some: newBell()}
	var stop atomic.Bool
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { manager.load(campaign, 50, &stop, &all) })
	}
	<-all.some
	if took := p.stop(); took > patience/2 {
		t.Errorf("stopping took %s", took)
	}
	stop.Store(true)
	group.Wait()
	if len(all.acked) == 0 {
		t.Fatal("the fault did not happen: nothing was acknowledged")
	}
	caller := start(t, dir).as(manager.key)
	for _, body := range all.acked {
		if got := receiptOf(t, caller, body); got.Duplicates != 50 {
			t.Fatalf("an acknowledged batch was lost: %+v", got)
		}
	}
}

// TestTheSameBatchFromManyClientsAtOnce is counted once.
func TestTheSameBatchFromManyClientsAtOnce(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	campaign := manager.campaign("1000.00", false)
	body, _ := batchOf(campaign, 1000)
	var group sync.WaitGroup
	var accepted, duplicates atomic.Int64
	for range 8 {
		group.Go(func() {
			r := receiptOf(t, manager, body)
			accepted.Add(int64(r.Accepted))
			duplicates.Add(int64(r.Duplicates))
		})
	}
	group.Wait()
	if accepted.Load() != 1000 || duplicates.Load() != 7000 {
		t.Errorf("%d accepted, %d duplicates", accepted.Load(), duplicates.Load())
	}
	if got := impressions(t, manager, campaign); got != 10_000 {
		t.Errorf("%d impressions, want 10000", got)
	}
}
