package sqlstore

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hexabuilders/campaignd/performance"
)

// TestASweepChangesNoAnswer moves the clock on, back and on again between
// sweeps, while late events come in below the floor.
func TestASweepChangesNoAnswer(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(51, 52))
		m := openMarket(t, db, 1)
		now := m.now
		db.now = func() time.Time { return now }
		ignore := cmp.Options{
			cmpopts.EquateEmpty(), cmpopts.IgnoreFields(performance.Totals{}, "Campaign", "Currency"),
			cmpopts.SortSlices(func(a, b performance.Item) bool { return fmt.Sprint(a.From, a.Group) < fmt.Sprint(b.From, b.Group) }),
		}
		var events []told
		for _, step := range []time.Duration{0, time.Hour, -time.Hour, 6 * time.Hour} {
			now = now.Add(step)
			events = append(events, m.tell(t, random, 40)...)
			if err := db.Metrics().Sweep(t.Context(), Keep{Minutes: 20 * time.Hour, Hours: 40 * time.Hour, Updates: time.Hour}); err != nil {
				t.Fatal(err)
			}
			for range 40 {
				q := m.anyQuery(random, events)
				got, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
				if err != nil {
					continue // as TestEveryQueryEqualsAPlainScan says
				}
				if want := m.answer(events, q); len(want) > 0 {
					if diff := cmp.Diff(want, got.Items, ignore); diff != "" {
						t.Fatalf("%+v: %s", q, diff)
					}
				}
			}
		}
		for width, keep := range map[performance.Bucket]time.Duration{performance.Minute: 20 * time.Hour, performance.Hour: 40 * time.Hour} {
			for _, table := range []string{"metric_rollups", "metric_values"} {
				var first int64
				err := db.reader.QueryRowContext(t.Context(), `SELECT min(start) FROM `+table+` WHERE width = $1`, int64(width)).Scan(&first)
				if err != nil || first < now.Add(-keep-time.Hour).UnixMicro() || first > now.UnixMicro() {
					t.Errorf("%s of width %d begin at %v, %v", table, width, moment(first), err)
				}
			}
		}
	})
}

func TestTheLogIsThinnedWithoutAGap(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		now := m.now
		db.now = func() time.Time { return now }
		for i := range 10 {
			now = now.Add(time.Hour)
			late := m.delivery(0, time.Duration(i)*time.Minute)
			if i%2 == 0 {
				late = m.delivery(0, 48*time.Hour)
			}
			m.record(t, late)
		}
		if _, err := db.Log().Advance(t.Context(), "somebody", nil, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := db.writer.ExecContext(t.Context(), `INSERT INTO log_cursors (consumer, partner, seq) VALUES ('reader', $1, 3)`, db.key(m.partner)); err != nil {
			t.Fatal(err)
		}
		thinned := func(read int64) (n int) {
			t.Helper()
			if err := db.Metrics().Sweep(t.Context(), Keep{Minutes: time.Hour, Hours: time.Hour, Updates: 5*time.Hour + time.Minute}); err != nil {
				t.Fatal(err)
			}
			events, err := db.Log().Read(t.Context(), m.partner, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range events {
				if e.Seq != int64(i)+1 {
					t.Errorf("event %d has the number %d", i, e.Seq)
				}
				switch text := string(e.Data); {
				case text == Thinned:
					n++
				case e.Type == "performance.restated":
					thin := strings.Contains(text, `"days":[],"days_total":1,"causes":{"late":1},"thinned":true`)
					if old := e.RecordedAt.Before(now.Add(-5*time.Hour - time.Minute)); thin != (old && e.Seq <= read) {
						t.Errorf("event %d of %v: %s", e.Seq, e.RecordedAt, text)
					}
				}
			}
			return n
		}
		if n := thinned(3); n == 0 || n > 3 {
			t.Errorf("%d are thinned while somebody has read 3", n)
		}
		if _, err := db.writer.ExecContext(t.Context(), `DELETE FROM log_cursors WHERE consumer = 'reader'`); err != nil {
			t.Fatal(err)
		}
		if n := thinned(1 << 40); n != 4 {
			t.Errorf("%d are thinned, of 4 older than 5 hours", n)
		}
	})
}

func TestEmptyPagesGoBackToTheDisk(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	pages := func() (n int) {
		if err := db.writer.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, statement := range []string{`CREATE TABLE filler (body BLOB)`, `INSERT INTO filler VALUES (zeroblob(40000000))`, `DROP TABLE filler`} {
		if _, err := db.writer.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	before := pages()
	if err := db.reclaim(t.Context()); err != nil || before-pages() < 3000 {
		t.Errorf("%d pages of %d, %v", pages(), before, err)
	}
}
