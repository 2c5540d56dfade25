package conformance

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// EventLog holds the event log, its cursors and leases to what their readers
// rest on.
func EventLog(t *testing.T, b Backend) {
	cases{
		"each partner's log is numbered without gaps":       numbered,
		"recorded_at strictly increases with the commits":   recorded,
		"a page begins after the sequence number given":     logPages,
		"the history of an aggregate is its events alone":   history,
		"an append wakes who waits":                         wakes,
		"one holder has a lease, and the fence tells them":  lease,
		"of holders at once exactly one gets a free lease":  leaseRace,
		"cursors move forward only":                         cursors,
		"cursors of a lost lease do not move":               fenced,
		"each consumer and partner has its own cursor":      cursorsApart,
		"the administrators' log shows no partner's events": nobodysLog,
	}.run(t, b)
}

func numbered(w world) {
	p, other := w.partner(), w.partner()
	c, d := w.draft(p, "Spring"), w.draft(other, "Spring")
	together(8, func(i int) error {
		if i%2 == 0 {
			return w.limit(p, c.BudgetID, 0, int64(2000+i))
		}
		return w.limit(other, d.BudgetID, 0, int64(2000+i))
	})
	heads, err := w.Log.Heads(w.Context())
	w.must(err)
	for _, partner := range []uuid.UUID{p, other} {
		w.equal("events", len(w.happened(partner)), 3+4)
		w.equal("head", heads[partner], int64(3+4))
	}
}

func recorded(w world) {
	c := w.draft(w.partner(), "Spring")
	w.must(w.settle(c, 1, 2000)) // several events of one commit
	w.must(w.limit(c.Partner, c.BudgetID, 0, 3000))
	var last event.Event
	for _, e := range w.events(c.Partner) {
		if e.RecordedAt.Before(last.RecordedAt) {
			w.Errorf("event %d was recorded at %v, the one before at %v", e.Seq, e.RecordedAt, last.RecordedAt)
		}
		w.equal("location", e.RecordedAt.Location(), time.UTC)
		w.equal("partner of the origin", e.Origin.Partner, c.Partner)
		last = e
	}
}

func logPages(w world) {
	c := w.draft(w.partner(), "Spring")
	w.must(w.limit(c.Partner, c.BudgetID, 0, 3000))
	var seqs []int64
	for after := int64(0); ; {
		events, err := w.Log.Read(w.Context(), c.Partner, after, 3)
		w.must(err)
		for _, e := range events {
			seqs = append(seqs, e.Seq)
			after = e.Seq
		}
		if len(events) == 0 {
			break
		}
	}
	w.equal("events", len(seqs), 4)
	for i, seq := range seqs {
		w.equal("seq", seq, int64(i+1))
	}
}

func history(w world) {
	c := w.draft(w.partner(), "Spring")
	w.draft(c.Partner, "Another")
	w.rename(c.Partner, c.ID, 0, "Summer")
	events, err := w.Log.History(w.Context(), c.Partner, c.ID, 0, 10)
	w.must(err)
	w.equal("events", len(events), 2)
	events, err = w.Log.History(w.Context(), c.Partner, c.ID, events[0].Seq, 10)
	w.must(err)
	w.equal("events after the first", len(events), 1)
	w.equal("revision", events[0].Revision, c.Revision+1)
}

func wakes(w world) {
	changed := w.Log.Changed()
	w.partner()
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		w.Error("nobody was woken")
	}
}

func lease(w world) {
	name := newID().String()
	first := w.acquire(name, "a", time.Hour)
	w.equal("renewed", w.acquire(name, "a", time.Hour), first)
	_, ok, err := w.Leases.Acquire(w.Context(), name, "b", time.Hour)
	w.must(err)
	w.equal("a second holder", ok, false)
	w.must(w.Leases.Release(w.Context(), name, "b")) // not its own
	_, ok, err = w.Leases.Acquire(w.Context(), name, "b", time.Hour)
	w.must(err)
	w.equal("a second holder after its release", ok, false)
	w.must(w.Leases.Release(w.Context(), name, "a"))
	if second := w.acquire(name, "b", -time.Second); second <= first {
		w.Errorf("the second holder's fence is %d, the first's %d", second, first)
	}
	w.acquire(name, "a", time.Hour) // b's has expired
}

func leaseRace(w world) {
	name := newID().String()
	held := 0
	for _, ok := range together(8, func(i int) bool {
		_, ok, err := w.Leases.Acquire(w.Context(), name, string(rune('a'+i)), time.Hour)
		w.is(err, nil)
		return ok
	}) {
		if ok {
			held++
		}
	}
	w.equal("holders", held, 1)
}

func cursors(w world) {
	name, p := newID().String(), newID()
	fence := w.acquire(name, "a", time.Hour)
	for _, step := range []struct{ to, then int64 }{{3, 3}, {2, 3}, {4, 4}} {
		held, err := w.Log.Advance(w.Context(), name, map[uuid.UUID]int64{p: step.to}, fence)
		w.must(err)
		w.equal("held", held, true)
		w.equal("cursor", w.cursor(name, p), step.then)
	}
}

func fenced(w world) {
	name, p := newID().String(), newID()
	old := w.acquire(name, "a", -time.Second)
	w.acquire(name, "b", time.Hour)
	held, err := w.Log.Advance(w.Context(), name, map[uuid.UUID]int64{p: 3}, old)
	w.must(err)
	w.equal("held", held, false)
	w.equal("cursor", w.cursor(name, p), int64(0))
	held, err = w.Log.Advance(w.Context(), "nobody holds "+name, map[uuid.UUID]int64{p: 3}, 1)
	w.must(err)
	w.equal("held without a lease", held, false)
}

func cursorsApart(w world) {
	one, two, p, q := newID().String(), newID().String(), newID(), newID()
	_, err := w.Log.Advance(w.Context(), one, map[uuid.UUID]int64{p: 3, q: 5}, w.acquire(one, "a", time.Hour))
	w.must(err)
	_, err = w.Log.Advance(w.Context(), two, map[uuid.UUID]int64{p: 1}, w.acquire(two, "a", time.Hour))
	w.must(err)
	w.equal("one, p", w.cursor(one, p), int64(3))
	w.equal("one, q", w.cursor(one, q), int64(5))
	w.equal("two, p", w.cursor(two, p), int64(1))
	w.equal("two, q", w.cursor(two, q), int64(0))
}

// nobodysLog: the partner of zeros is the log of administrators' keys, and
// reading it shows no partner's events.
func nobodysLog(w world) {
	c := w.draft(w.partner(), "Spring")
	events, err := w.Log.History(w.Context(), uuid.Nil, c.ID, 0, 10)
	w.must(err)
	w.equal("events", len(events), 0)
}

func (w world) acquire(name, holder string, ttl time.Duration) int64 {
	w.Helper()
	fence, ok, err := w.Leases.Acquire(w.Context(), name, holder, ttl)
	w.must(err)
	w.equal("held", ok, true)
	return fence
}

func (w world) cursor(consumer string, partner uuid.UUID) int64 {
	w.Helper()
	all, err := w.Log.Cursors(w.Context(), consumer)
	w.must(err)
	return all[partner]
}
