package relay_test

import (
	"bytes"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestLeadBeginsAtTheFirstEventAndGoesOnFromItsCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p := newMemory(), newID()
		m.append(p, 1200)
		for _, part := range []struct{ from, to int64 }{{1, 1200}, {1201, 1203}} {
			c := newConsumer()
			stop := lead(t, m, "a", c)
			time.Sleep(time.Second)
			stop()
			c.wants(t, p, part.from, part.to)
			m.append(p, 3)
		}
	})
}

// TestWhatWasNotSavedComesAgain: the store is gone when a node stops, so its
// last page is handled twice, and nothing is skipped.
func TestWhatWasNotSavedComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p := newMemory(), newID()
		m.append(p, 10)
		first := newConsumer()
		stop := lead(t, m, "a", first)
		time.Sleep(100 * time.Millisecond) // handled, and too early to be saved
		m.setGone(true)
		stop()
		first.wants(t, p, 1, 10)
		m.setGone(false)
		second := newConsumer()
		defer lead(t, m, "a", second)()
		m.append(p, 2)
		time.Sleep(time.Second)
		second.wants(t, p, 1, 12)
	})
}

func TestOneNodeLeadsAndTheNextTakesOverAtOnceWhenItStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p, a, b := newMemory(), newID(), newConsumer(), newConsumer()
		stop := lead(t, m, "a", a)
		synctest.Wait()
		defer lead(t, m, "b", b)()
		m.append(p, 3)
		time.Sleep(time.Minute)
		stop()
		m.append(p, 2)
		time.Sleep(2 * time.Second)
		a.wants(t, p, 1, 3)
		b.wants(t, p, 4, 5)
	})
}

// TestANodeThatIsCutOffLosesTheLeaseAndItsSaves: from the moment another node
// holds the lease, the old one moves no cursor, and it stops when it learns so.
func TestANodeThatIsCutOffLosesTheLeaseAndItsSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p, a, b := newMemory(), newID(), newConsumer(), newConsumer()
		defer lead(t, m, "a", a)()
		synctest.Wait()
		defer lead(t, m, "b", b)()
		m.append(p, 3)
		time.Sleep(time.Second)
		m.setCut("a", true) // it still reads the log, but cannot renew
		time.Sleep(15 * time.Second)
		m.append(p, 2)
		time.Sleep(time.Second)
		m.setCut("a", false)
		time.Sleep(time.Minute)
		m.append(p, 1)
		time.Sleep(time.Second)
		if got := b.got(p); !slices.Equal(got[len(got)-3:], []int64{4, 5, 6}) {
			t.Errorf("the new leader got %v", got)
		}
		a.wants(t, p, 1, 3)
	})
}

// TestASlowHandlerDoesNotFightForTheLease has a backlog that takes far longer
// than the lease lives: it must be renewed, and the cursor saved, on the way.
func TestASlowHandlerDoesNotFightForTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p, a, b := newMemory(), newID(), newConsumer(), newConsumer()
		m.append(p, 20_000) // 40 pages
		a.slow, b.slow = 2*time.Second, 2*time.Second
		stop := lead(t, m, "a", a)
		synctest.Wait()
		defer lead(t, m, "b", b)()
		time.Sleep(50 * time.Second)
		if got := b.got(p); len(got) > 0 {
			t.Errorf("the second node got %d events while the first was at work", len(got))
		}
		stop()
		done := int64(len(a.got(p)))
		if done == 0 || done == 20_000 {
			t.Fatalf("stopped after %d events; the test wants it in the middle", done)
		}
		time.Sleep(2 * time.Minute)
		b.wants(t, p, done+1, 20_000)
	})
}

func TestLeadGoesOnWhenTheStoreComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, p, c := newMemory(), newID(), newConsumer()
		defer lead(t, m, "a", c)()
		m.append(p, 1)
		time.Sleep(2 * time.Second) // until the cursor is saved: otherwise the event comes again
		m.setGone(true)
		m.append(p, 1)
		time.Sleep(time.Minute)
		m.setGone(false)
		time.Sleep(2 * time.Second)
		c.wants(t, p, 1, 2)
	})
}

func TestAFailingHandlerMovesNoCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, bad, good, c := newMemory(), newID(), newID(), newConsumer()
		c.fails[bad] = 1_000_000
		stop := lead(t, m, "a", c)
		m.append(bad, 1)
		m.append(good, 1)
		time.Sleep(time.Minute)
		stop()
		cursors, _ := m.Cursors(t.Context(), "reactions")
		if cursors[bad] != 0 || cursors[good] != 1 {
			t.Errorf("cursors: %d of the failing partner, %d of the other", cursors[bad], cursors[good])
		}
	})
}

// TestABrokerThatIsAwayDoesNotFillTheLog: for an hour every partner fails again
// and again, and an operator can still read the log.
func TestABrokerThatIsAwayDoesNotFillTheLog(t *testing.T) {
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, nil)))
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		m, c := newMemory(), newConsumer()
		for range 50 {
			p := newID()
			c.fails[p] = 1_000_000
			m.append(p, 1)
		}
		stop := lead(t, m, "a", c)
		time.Sleep(time.Hour)
		stop()
	})
	if n := bytes.Count(lines.Bytes(), []byte("event handler failed")); n < 10 || n > 240 {
		t.Errorf("%d lines in an hour", n)
	}
	if !bytes.Contains(lines.Bytes(), []byte("partners_waiting=50")) {
		t.Error("no line says how many wait")
	}
}
