package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/testenv"
)

const (
	racers    = 64
	inside    = 32 // of them in transactions at once
	eachRacer = 12
)

// TestNothingIsSkippedWhileWritersRace has 64 writers whose transactions dawdle
// before and after they take their partners' log heads, over clocks that step
// back, some of them rolling back at the end, while both kinds of consumers
// read along. Each partner's events must come to both exactly once, numbered
// without gaps in the order of the commits.
func TestNothingIsSkippedWhileWritersRace(t *testing.T) {
	for engine, url := range map[string]func(testing.TB) string{
		"sqlite": func(t testing.TB) string { return t.TempDir() }, "postgres": testenv.Postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			db, err := Open(t.Context(), Config{URL: url(t), Now: wobbling, MaxConns: inside + 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			connectAll(t, db)
			raceForTheLog(t, db)
		})
	}
}

// wobbling is a clock that is up to 5 ms off either way at each look.
func wobbling() time.Time {
	return time.Now().Add(time.Duration(rand.Int64N(int64(10*time.Millisecond))) - 5*time.Millisecond)
}

// connectAll opens the connections one after the other: dozens at once on a busy
// machine take longer than a writer has patience.
func connectAll(t *testing.T, db *DB) {
	var all []*sql.Conn
	for range db.writer.Stats().MaxOpenConnections {
		conn, err := db.writer.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, conn)
	}
	for _, conn := range all {
		_ = conn.Close() // back into the pool
	}
}

func raceForTheLog(t *testing.T, db *DB) {
	r := &race{T: t, db: db, partners: []uuid.UUID{newID(), newID(), newID(), newID()}, committed: map[uuid.UUID]int64{}}
	followed, led := newReader(), newReader()
	ctx, stop := context.WithCancel(t.Context())
	var consumers, writers sync.WaitGroup
	consumers.Go(func() { _ = relay.Follow(ctx, db.Log(), followed.handle) })
	consumers.Go(func() {
		l := relay.Leader{Log: db.Log(), Leases: db.Leases(), Cursors: db.Log(), Node: "a"}
		_ = l.Lead(ctx, "race", led.handle)
	})
	followed.begin(t, db)
	for range racers {
		writers.Go(r.write)
	}
	writers.Wait()
	r.checkLog()
	for name, reader := range map[string]*reader{"follow": followed, "lead": led} {
		r.wait(name, reader)
	}
	stop()
	consumers.Wait()
}

type race struct {
	*testing.T
	db       *DB
	partners []uuid.UUID

	mu        sync.Mutex
	committed map[uuid.UUID]int64 // events
	undone    int
}

var errUndone = errors.New("rolled back on purpose")

// write is one writer: commits of one to three events for one partner or two.
func (r *race) write() {
	for range eachRacer {
		partners := []uuid.UUID{r.partners[rand.IntN(len(r.partners))]}
		if rand.IntN(4) == 0 {
			partners = append(partners, r.partners[rand.IntN(len(r.partners))])
		}
		var events []event.Event
		commit := newID() // as the aggregate, it tells the commits apart
		for range 1 + rand.IntN(3) {
			for _, p := range partners {
				var rec event.Recorder
				rec.Record("race", commit, 1, noon, event.Origin{Partner: p}, noted{})
				events = append(events, rec.Pull()...)
			}
		}
		undo := rand.IntN(8) == 0
		err := r.db.write(r.Context(), func(x *tx) error {
			dawdle()
			x.append(events...)
			if err := x.flush(r.Context()); err != nil {
				return err
			}
			dawdle() // the heads are locked, the events written, and nobody sees them
			if undo {
				return errUndone
			}
			return nil
		})
		r.done(events, err)
	}
}

func dawdle() {
	if rand.IntN(2) == 0 {
		time.Sleep(time.Duration(rand.Int64N(int64(2 * time.Millisecond))))
	}
}

func (r *race) done(events []event.Event, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(err, errUndone):
		r.undone++
	case err != nil:
		r.Error(err)
	default:
		for _, e := range events {
			r.committed[e.Partner]++
		}
	}
}

// checkLog reads the whole logs once everything is committed.
func (r *race) checkLog() {
	if r.undone == 0 {
		r.Error("no transaction was rolled back: the race has not shown that it leaves no gap")
	}
	for _, p := range r.partners {
		events, err := r.db.Log().Read(r.Context(), p, 0, 100_000)
		if err != nil || int64(len(events)) != r.committed[p] {
			r.Fatalf("%d events in the log, %d committed, %v", len(events), r.committed[p], err)
		}
		var last event.Event
		for i, e := range events {
			same := e.AggregateID == last.AggregateID
			if e.Seq != int64(i+1) {
				r.Fatalf("event %d has number %d", i+1, e.Seq)
			}
			if same && !e.RecordedAt.Equal(last.RecordedAt) || !same && !e.RecordedAt.After(last.RecordedAt) {
				r.Fatalf("event %d: recorded at %v after %v, same commit: %v", e.Seq, e.RecordedAt, last.RecordedAt, same)
			}
			last = e
		}
	}
}

// wait gives a consumer time to catch up, and checks what it got.
func (r *race) wait(name string, c *reader) {
	deadline := time.Now().Add(2 * time.Minute)
	for _, p := range r.partners {
		for c.next(p) <= r.committed[p] && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond)
		}
		if got := c.next(p) - 1; got != r.committed[p] {
			r.Errorf("%s came to event %d of %d", name, got, r.committed[p])
		}
	}
	if c.skipped > 0 || c.repeated > 0 {
		r.Errorf("%s skipped %d times and repeated %d", name, c.skipped, c.repeated)
	}
}

// reader is a consumer that watches the numbers of the events it is given.
type reader struct {
	mu                sync.Mutex
	last              map[uuid.UUID]int64
	skipped, repeated int
}

func newReader() *reader { return &reader{last: map[uuid.UUID]int64{}} }

func (c *reader) handle(_ context.Context, events []event.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		switch last := c.last[e.Partner]; {
		case e.Seq > last+1:
			c.skipped++
		case e.Seq <= last:
			c.repeated++
		}
		c.last[e.Partner] = e.Seq
	}
	return nil
}

func (c *reader) next(partner uuid.UUID) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[partner] + 1
}

// begin returns once Follow is at work: it begins at the heads as it finds them.
func (c *reader) begin(t *testing.T, db *DB) {
	t.Helper()
	partner := newID()
	until(t, "Follow", func() bool {
		if err := note(t.Context(), db, partner, noted{}); err != nil {
			t.Fatal(err)
		}
		return c.next(partner) > 1
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped = 0 // what came before it began
}
