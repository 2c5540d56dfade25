package relay_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/relay"
)

// counted counts what is asked of a log.
type counted struct {
	*memory
	heads, reads atomic.Int64
}

func (c *counted) Heads(ctx context.Context) (map[uuid.UUID]int64, error) {
	c.heads.Add(1)
	return c.memory.Heads(ctx)
}

func (c *counted) Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error) {
	c.reads.Add(1)
	return c.memory.Read(ctx, partner, after, limit)
}

func TestConsumersOfANodeReadEachPageOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const consumers, commits = 5, 40
		log, p := &counted{memory: newMemory()}, newID()
		node := relay.Shared(log)
		all := make([]*consumer, consumers)
		for i := range all {
			all[i] = newConsumer()
			defer follow(t, node, all[i])()
		}
		synctest.Wait()
		log.heads.Store(0)
		for range commits {
			log.append(p, 3)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond)
		for _, c := range all {
			c.wants(t, p, 1, 3*commits)
		}
		if got := log.reads.Load(); got > commits {
			t.Errorf("%d pages read for %d commits and %d consumers", got, commits, consumers)
		}
		if got := log.heads.Load(); got > 2*commits {
			t.Errorf("heads read %d times for %d commits and %d consumers", got, commits, consumers)
		}
	})
}

// TestSharedLogOfAnotherNode: its commits close no channel of ours, and are
// found nevertheless; consumers that are far behind get everything too.
func TestSharedLogOfAnotherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p, late, prompt := newMemory(), newID(), newConsumer(), newConsumer()
		node := relay.Shared(silentlyShared(m))
		defer follow(t, node, prompt)()
		late.slow = 300 * time.Millisecond
		defer follow(t, node, late)()
		synctest.Wait()
		for range 30 {
			m.append(p, 40)
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond)
		prompt.wants(t, p, 1, 1200)
		time.Sleep(5 * time.Second)
		late.wants(t, p, 1, 1200)
	})
}

// quiet is a log with a channel that no commit closes, as on another node.
type quiet struct {
	*memory
	never chan struct{}
}

func (q quiet) Changed() <-chan struct{} { return q.never }

func silentlyShared(m *memory) relay.Log { return quiet{m, make(chan struct{})} }

// TestSharedLogKeepsLittle: pages beyond what is kept are read again, and right.
func TestSharedLogKeepsLittle(t *testing.T) {
	m, random := newMemory(), rand.New(rand.NewPCG(1, 1))
	log := relay.Shared(m)
	partners := []uuid.UUID{newID(), newID(), newID()}
	for _, p := range partners {
		m.append(p, 40)
		for i := range m.logs[p] {
			m.logs[p][i].Data = make(json.RawMessage, 150_000)
		}
	}
	for range 2_000 {
		p, after, limit := partners[random.IntN(3)], random.Int64N(40), 1+random.IntN(20)
		events, err := log.Read(t.Context(), p, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 || len(events) > limit {
			t.Fatalf("%d events after %d, limit %d", len(events), after, limit)
		}
		for i, e := range events {
			if e.Partner != p || e.Seq != after+1+int64(i) {
				t.Fatalf("event %d after %d is number %d of %s", i, after, e.Seq, e.Partner)
			}
		}
	}
}
