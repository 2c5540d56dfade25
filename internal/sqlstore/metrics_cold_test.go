package sqlstore

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// timedID is a UUIDv7 of a moment.
func timedID(random *rand.Rand, at time.Time) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], uint64(at.UnixMilli())<<16|7<<12|random.Uint64()&0x0fff)
	binary.BigEndian.PutUint64(id[8:], 1<<63|random.Uint64()>>2)
	return id.String()
}

func freezeAll(t *testing.T, db *DB) {
	t.Helper()
	if err := db.Metrics().freeze(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
}

// TestIDsCountOnceForEver sends events again long after their ids went cold, and
// others under their ids (F7).
func TestIDsCountOnceForEver(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(41, 42))
		m := openMarket(t, db, 2)
		var sent []performance.Event
		for i := range 6000 {
			e := m.delivery(i%2, time.Duration(i)*time.Minute)
			switch {
			case i%10 < 7:
				e.ID = timedID(random, time.UnixMicro(e.OccurredAt))
			case i%10 == 7:
				e.ID = uuid.Must(uuid.NewRandom()).String()
			default:
				e.ID = fmt.Sprint("order-", i)
			}
			sent = append(sent, e)
		}
		record := func(events []performance.Event) performance.Receipt {
			return m.record(t, append([]performance.Event(nil), events...)...)
		}
		for i := range 6 { // frozen in between, so that pages are added to, in the middle too
			part := sent[i*1000 : i*1000+1000]
			if i == 3 {
				part = part[:500]
			}
			if r := record(part); r.Accepted != len(part) {
				t.Fatalf("%+v", r)
			}
			freezeAll(t, db)
		}
		if r := record(sent[3500:4000]); r.Accepted != 500 {
			t.Fatalf("late ids among cold ones: %+v", r)
		}
		freezeAll(t, db)
		rows, paged := m.count(t, db, "metric_ids"), 0
		if err := db.reader.QueryRowContext(t.Context(), `SELECT sum(keys) FROM metric_id_pages`).Scan(&paged); err != nil {
			t.Fatal(err)
		}
		if rows+paged != len(sent) || paged < 4200 || rows < 1780 {
			t.Errorf("%d ids in rows and %d in pages, of %d", rows, paged, len(sent))
		}
		random.Shuffle(len(sent), func(i, j int) { sent[i], sent[j] = sent[j], sent[i] })
		if r := record(sent); r.Duplicates != len(sent) || r.Accepted+r.Refused > 0 {
			t.Errorf("sent again: %+v", r)
		}
		other := append([]performance.Event(nil), sent[:300]...)
		for i := range other {
			other[i].Impressions++
		}
		fresh := m.delivery(0, time.Hour)
		if r := record(append(other, fresh)); r.Refused != 300 || r.Accepted != 1 || r.Rejected[0].Code != performance.CodeIDReused {
			t.Errorf("other content: %+v", r)
		}
		if got := m.totals(t, db, 0); got.Events != 3001 {
			t.Errorf("%d events are counted", got.Events)
		}
	})
}

// TestIDsThatDoNotMoveOnStayRows: somebody counts ids up within one moment.
func TestIDsThatDoNotMoveOnStayRows(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		var events []performance.Event
		for i := range mostInPage + 2000 {
			e := m.delivery(0, time.Hour)
			e.ID = fmt.Sprintf("01970e3c-8c1b-7000-8000-%012d", i)
			events = append(events, e)
		}
		for range 2 {
			m.record(t, append([]performance.Event(nil), events...)...)
			freezeAll(t, db)
		}
		if got := m.totals(t, db, 0); got.Events != int64(len(events)) {
			t.Errorf("%d events are counted, of %d", got.Events, len(events))
		}
		if rows := m.count(t, db, "metric_ids"); rows == 0 || rows == len(events) {
			t.Errorf("%d of %d ids are rows", rows, len(events))
		}
	})
}

func TestIDsAreFrozenWhileEventsComeIn(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(43, 44))
		m := openMarket(t, db, 1)
		stop, done := make(chan struct{}), make(chan error, 1)
		go func() {
			for {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				if err := db.Metrics().freeze(t.Context(), 1); err != nil {
					done <- err
					return
				}
			}
		}()
		var before []performance.Event
		counted := 0
		for range 40 {
			batch := append([]performance.Event(nil), before...) // the last ones again, wherever they are by now
			for range 50 {
				e := m.delivery(0, time.Duration(random.Int64N(int64(48*time.Hour))))
				e.ID = timedID(random, time.UnixMicro(e.OccurredAt))
				batch = append(batch, e)
			}
			r := m.record(t, append([]performance.Event(nil), batch...)...)
			if r.Accepted != 50 || r.Duplicates != len(before) {
				t.Fatalf("%+v", r)
			}
			counted += r.Accepted
			before = batch[len(before):]
		}
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := m.totals(t, db, 0); got.Events != int64(counted) {
			t.Errorf("%d events, %d counted", got.Events, counted)
		}
	})
}
