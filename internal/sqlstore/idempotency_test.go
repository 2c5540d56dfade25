package sqlstore

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

const aRoute, aKey = "POST /campaigns", "0123456789abcdef"

// keyWorld is one partner's keys under a clock that the test moves.
type keyWorld struct {
	*testing.T
	Idempotency
	partner uuid.UUID
	now     time.Time
}

func eachKeyWorld(t *testing.T, test func(*keyWorld)) {
	eachEngine(t, func(t *testing.T, db *DB) {
		w := &keyWorld{T: t, Idempotency: db.Idempotency(), partner: newID(), now: noon}
		db.now = func() time.Time { return w.now }
		test(w)
	})
}

// begin wants a state and returns the record.
func (w *keyWorld) begin(body byte, want KeyState) KeyRecord {
	w.Helper()
	rec, err := w.Begin(w.Context(), w.partner, aRoute, aKey, [32]byte{body}, newID())
	if err != nil || rec.State != want {
		w.Fatalf("got state %d, %v; want %d", rec.State, err, want)
	}
	return rec
}

func (w *keyWorld) finish() {
	w.Helper()
	if err := w.Finish(w.Context(), w.partner, aRoute, aKey, 201, "ETag: 1", []byte("made")); err != nil {
		w.Fatal(err)
	}
}

func TestAnAnswerIsReplayedToTheSameBodyOnly(t *testing.T) {
	eachKeyWorld(t, func(w *keyWorld) {
		first := w.begin(1, KeyNew)
		w.begin(1, KeyBusy)
		w.begin(2, KeyReused)
		w.finish()
		again := w.begin(1, KeyDone)
		if again.Status != 201 || again.Header != "ETag: 1" || string(again.Body) != "made" {
			w.Errorf("replayed %+v", again)
		}
		w.begin(2, KeyReused)
		if first.Reserved == uuid.Nil {
			w.Error("nothing was reserved")
		}
	})
}

func TestOfRequestsAtOnceOneClaimsTheKey(t *testing.T) {
	eachKeyWorld(t, func(w *keyWorld) {
		for _, state := range []string{"a new key", "a key whose request died"} {
			var mu sync.Mutex
			var group sync.WaitGroup
			states := map[KeyState]int{}
			for range 16 {
				group.Go(func() {
					rec, err := w.Begin(w.Context(), w.partner, aRoute, aKey, [32]byte{1}, newID())
					mu.Lock()
					defer mu.Unlock()
					states[rec.State]++
					if err != nil {
						w.Error(err)
					}
				})
			}
			group.Wait()
			if states[KeyNew] != 1 || states[KeyBusy] != 15 {
				w.Errorf("%s: %v", state, states)
			}
			w.now = w.now.Add(keyClaim + time.Second)
		}
	})
}

// TestARetryAfterACrashGetsTheReservedIDAgain is what makes a POST safe to
// send again: the second try finds what the first has made.
func TestARetryAfterACrashGetsTheReservedIDAgain(t *testing.T) {
	eachKeyWorld(t, func(w *keyWorld) {
		first := w.begin(1, KeyNew)
		w.now = w.now.Add(keyClaim - time.Second)
		w.begin(1, KeyBusy) // it may still be under way
		w.now = w.now.Add(2 * time.Second)
		w.begin(2, KeyReused)
		if second := w.begin(1, KeyNew); second.Reserved != first.Reserved {
			w.Errorf("reserved %s, then %s", first.Reserved, second.Reserved)
		}
		w.finish()
		w.begin(1, KeyDone)
	})
}

func TestAnAbandonedKeyIsFreeAtOnceAndKeepsItsReservedID(t *testing.T) {
	eachKeyWorld(t, func(w *keyWorld) {
		first := w.begin(1, KeyNew)
		if err := w.Abandon(w.Context(), w.partner, aRoute, aKey); err != nil {
			w.Fatal(err)
		}
		if second := w.begin(1, KeyNew); second.Reserved != first.Reserved {
			w.Errorf("reserved %s, then %s", first.Reserved, second.Reserved)
		}
		w.finish()
		if err := w.Abandon(w.Context(), w.partner, aRoute, aKey); err != nil { // too late
			w.Fatal(err)
		}
		w.begin(1, KeyDone)
	})
}

func TestAKeyIsForgottenAfterADay(t *testing.T) {
	eachKeyWorld(t, func(w *keyWorld) {
		first := w.begin(1, KeyNew)
		w.finish()
		w.now = w.now.Add(keyLife - time.Second)
		if err := w.Purge(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.begin(1, KeyDone)
		w.now = w.now.Add(time.Second)
		second := w.begin(2, KeyNew) // expired, though not purged yet
		if second.Reserved == first.Reserved {
			w.Error("an expired key gave its id again: a new request would find the old one's work")
		}
		w.now = w.now.Add(keyLife)
		if err := w.Purge(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.begin(3, KeyNew)
	})
}

func TestKeysOfPartnersAndRoutesAreApart(t *testing.T) {
	eachKeyWorld(t, func(w *keyWorld) {
		w.begin(1, KeyNew)
		for name, begin := range map[string]func() (KeyRecord, error){
			"partner": func() (KeyRecord, error) {
				return w.Begin(w.Context(), newID(), aRoute, aKey, [32]byte{2}, newID())
			},
			"route": func() (KeyRecord, error) {
				return w.Begin(w.Context(), w.partner, "POST /partners", aKey, [32]byte{2}, newID())
			},
		} {
			if rec, err := begin(); err != nil || rec.State != KeyNew {
				w.Errorf("another %s: state %d, %v", name, rec.State, err)
			}
		}
	})
}
