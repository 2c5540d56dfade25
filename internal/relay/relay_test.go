package relay_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestFollowSeesEachEventFromNowOnOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c, old, late := newMemory(), newConsumer(), newID(), newID()
		m.append(old, 3)
		stop := follow(t, m, c)
		synctest.Wait()
		m.append(old, 2)
		m.append(late, 1200) // more than a page, of a partner that was not there
		time.Sleep(time.Second)
		stop()
		c.wants(t, old, 4, 5)
		c.wants(t, late, 1, 1200)
	})
}

// TestAnotherNodesCommitIsFoundWithoutAWakeUp: only commits of the same node
// close the channel.
func TestAnotherNodesCommitIsFoundWithoutAWakeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c, p := newMemory(), newConsumer(), newID()
		stop := follow(t, silent{m}, c)
		synctest.Wait()
		m.append(p, 1)
		time.Sleep(100 * time.Millisecond)
		stop()
		c.wants(t, p, 1, 1)
	})
}

func TestAFailingHandlerHoldsUpItsPartnerAlone(t *testing.T) {
	for name, panics := range map[string]bool{"an error": false, "a panic": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, c, bad, good := newMemory(), newConsumer(), newID(), newID()
				c.fails[bad], c.panic = 6, panics
				stop := follow(t, m, c)
				synctest.Wait()
				m.append(bad, 1)
				m.append(good, 1)
				time.Sleep(200 * time.Millisecond)
				c.wants(t, good, 1, 1)
				c.wants(t, bad, 1, 0)
				m.append(bad, 1)
				m.append(good, 1)
				time.Sleep(200 * time.Millisecond)
				c.wants(t, good, 1, 2)
				time.Sleep(time.Minute)
				stop()
				c.wants(t, bad, 1, 2)
			})
		})
	}
}

// TestStoppingIsNoFailure: whoever reads the log of a node that was stopped in
// the middle of its work must not find errors there.
func TestStoppingIsNoFailure(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	synctest.Test(t, func(t *testing.T) {
		m, c, p := newMemory(), newConsumer(), newID()
		c.slow = time.Hour
		stop := follow(t, m, c)
		synctest.Wait()
		m.append(p, 1)
		time.Sleep(time.Second)
		stop()
		c.wants(t, p, 1, 0)
	})
	if log.Len() > 0 {
		t.Errorf("logged: %s", &log)
	}
}

// TestPausesGrow counts the tries of an hour: an event that never passes must
// not keep the node busy, nor be given up.
func TestPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 1_000_000
		m, c, p := newMemory(), newConsumer(), newID()
		c.fails[p] = many
		stop := follow(t, m, c)
		synctest.Wait()
		m.append(p, 1)
		time.Sleep(time.Hour)
		stop()
		if tries := many - c.fails[p]; tries < 55 || tries > 80 {
			t.Errorf("%d tries in an hour", tries)
		}
	})
}

func TestFollowGoesOnWhenTheStoreComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c, p := newMemory(), newConsumer(), newID()
		m.gone = true // from the start
		stop := follow(t, m, c)
		time.Sleep(5 * time.Second)
		m.setGone(false)
		time.Sleep(2 * time.Second)
		m.append(p, 1)
		time.Sleep(time.Second)
		m.setGone(true)
		m.append(p, 1)
		time.Sleep(time.Minute)
		m.setGone(false)
		time.Sleep(time.Second)
		stop()
		c.wants(t, p, 1, 2)
	})
}
