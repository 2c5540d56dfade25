package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// mergeSome merges what there is with small thresholds, so that a test of few
// events goes through every size of run.
func mergeSome(t *testing.T, db *DB) {
	t.Helper()
	if err := db.Metrics().MergeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// replayed is a campaign's log, commit by commit.
func (m *market) replayed(t *testing.T, db *DB, span performance.Span) (out []performance.RawEvent) {
	t.Helper()
	err := db.Metrics().Replay(t.Context(), m.partner, m.campaigns[0], span, 0, func(at int64, events []performance.Event) error {
		for _, e := range events {
			if e.OccurredAt >= span.From && e.OccurredAt < span.To {
				out = append(out, performance.RawEvent{Event: e, RecordedAt: moment(at)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAMergeChangesNoAnswer(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(21, 22))
		m := openMarket(t, db, 1)
		ignore := cmp.Options{
			cmpopts.EquateEmpty(), cmpopts.IgnoreFields(performance.Totals{}, "Campaign", "Currency"),
			cmpopts.SortSlices(func(a, b performance.Item) bool { return fmt.Sprint(a.From, a.Group) < fmt.Sprint(b.From, b.Group) }),
		}
		var events []told
		for round := range 12 { // enough for runs of runs
			events = append(events, m.tell(t, random, 15)...)
			var queries []performance.Query
			var before []performance.Result
			for range 20 {
				q := m.anyQuery(random, events)
				answer, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
				if errors.Is(err, performance.ErrRange) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				queries, before = append(queries, q), append(before, answer)
			}
			log := m.replayed(t, db, performance.Everything)
			if round%3 != 2 { // and some stays loose
				mergeSome(t, db)
			}
			if diff := cmp.Diff(log, m.replayed(t, db, performance.Everything)); diff != "" {
				t.Fatalf("the log after the merge: %s", diff)
			}
			for i, q := range queries {
				after, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
				if diff := cmp.Diff(before[i], after); err != nil || diff != "" {
					t.Fatalf("%+v: %v %s", q, err, diff)
				}
				if want := m.answer(events, q); len(want) > 0 {
					if diff := cmp.Diff(want, after.Items, ignore); diff != "" {
						t.Fatalf("%+v: %s", q, diff)
					}
				}
			}
		}
		if n := m.count(t, db, "metric_chunks"); n == 0 || n > 45 {
			t.Errorf("%d chunks are left", n)
		}
		runs, err := db.Metrics().runs(t.Context(), place{m.partner, m.campaigns[0]})
		if err != nil || len(runs) == 0 || len(runs) >= tier {
			t.Errorf("runs %v, %v", runs, err)
		}
	})
}

func (m *market) count(t *testing.T, db *DB, table string) (n int) {
	t.Helper()
	if err := db.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheLogIsReadWhileItIsMerged(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(23, 24))
		m := openMarket(t, db, 1)
		events := m.tell(t, random, 300)
		want := m.replayed(t, db, performance.Everything)
		next, left := "", len(events)
		var got []performance.RawEvent
		for page := 0; page == 0 || next != ""; page++ {
			raw, cursor, err := m.service.Events(t.Context(), m.partner, m.campaigns[0], next, 13)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, raw...)
			if page == left/13/2 {
				mergeSome(t, db)
			}
			next = cursor
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		middle := want[len(want)/2].RecordedAt.UnixMicro()
		span := performance.Span{From: m.now.Add(-40 * time.Hour).UnixMicro(), To: m.now.Add(-20 * time.Hour).UnixMicro(), KnownFrom: middle - 5_000_000, KnownTo: middle}
		within := slices.DeleteFunc(slices.Clone(want), func(e performance.RawEvent) bool {
			at := e.RecordedAt.UnixMicro()
			return e.OccurredAt < span.From || e.OccurredAt >= span.To || at < span.KnownFrom || at >= span.KnownTo
		})
		if diff := cmp.Diff(within, m.replayed(t, db, span), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		calls := 0
		err := db.Metrics().Replay(t.Context(), m.partner, m.campaigns[0], performance.Everything, 7, func(int64, []performance.Event) error {
			calls++
			return nil
		})
		if err != nil || calls != 7 {
			t.Errorf("%d commits of 7, %v", calls, err)
		}
	})
}

func TestReadersDuringMergesSeeEveryEventOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(25, 26))
		m := openMarket(t, db, 1)
		events := int64(0)
		stop := make(chan struct{})
		failed := make(chan error, 1)
		go func() {
			defer close(failed)
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := db.Metrics().MergeAll(context.WithoutCancel(t.Context())); err != nil {
					failed <- err
					return
				}
			}
		}()
		for range 60 {
			known := time.Now()
			events += int64(len(m.tell(t, random, 3)))
			for _, q := range []performance.Query{{}, {GroupBy: []string{"device"}}, {KnownAt: known.Add(time.Hour), GroupBy: []string{"device", "channel"}}} {
				got, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
				var sum int64
				for i := range got.Items {
					sum += got.Items[i].Events
				}
				if err != nil || sum != events {
					t.Fatalf("%+v: %d of %d events, %v", q, sum, events, err)
				}
			}
		}
		close(stop)
		if err := <-failed; err != nil {
			t.Error(err)
		}
	})
}

// TestTwoNodesMergeTheSame: a lease can change hands while its holder works. What
// the other node has not merged is merged all the same.
func TestTwoNodesMergeTheSame(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 2)
		events := m.tell(t, rand.New(rand.NewPCG(27, 28)), 50)
		var found []merged
		var into room
		for _, campaign := range m.campaigns {
			p := place{m.partner, campaign}
			s, _, err := db.Metrics().looseChunks(t.Context(), p, 1, &into)
			if err != nil {
				t.Fatal(err)
			}
			w, err := db.Metrics().encode(t.Context(), p, s, &into)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, w)
		}
		if err := db.Metrics().swap(t.Context(), found[0]); err != nil {
			t.Fatal(err)
		}
		if err := db.Metrics().swap(t.Context(), found...); !errors.Is(err, errMoved) {
			t.Errorf("the same chunks merged again: %v", err)
		}
		moved, err := db.Metrics().swapAll(t.Context(), found)
		if err != nil || !moved {
			t.Errorf("moved %v, %v", moved, err)
		}
		if n := m.count(t, db, "metric_chunks"); n != 0 {
			t.Errorf("%d chunks are left", n)
		}
		if got := m.replayed(t, db, performance.Everything); len(got) != len(events) {
			t.Errorf("%d of %d events", len(got), len(events))
		}
	})
}

func TestAFlippedBitInABlockIsFoundAndHarmsNoOther(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		random := rand.New(rand.NewPCG(29, 30))
		m := openMarket(t, db, 2)
		var batch []performance.Event
		for range 3000 {
			e := m.random(random)
			e.Campaign, e.OccurredAt = m.campaigns[0], m.now.Add(-time.Duration(random.Int64N(int64(90*24*time.Hour)))).UnixMicro()
			batch = append(batch, e)
		}
		m.record(t, batch...)
		other := m.delivery(1, time.Hour)
		m.record(t, other)
		mergeSome(t, db)
		var last int64
		if err := db.reader.QueryRowContext(t.Context(), `SELECT max(first_at) FROM metric_blocks`).Scan(&last); err != nil {
			t.Fatal(err)
		}
		all := performance.Query{At: m.now.Add(-time.Hour)}
		early := performance.Query{GroupBy: []string{"source", "ad"}, At: m.now.Add(-80 * 24 * time.Hour)}
		for _, damage := range []struct {
			table, column, where string
			found                performance.Query
		}{
			{"metric_bodies", "body", "part = 2", performance.Query{GroupBy: []string{"source", "ad"}}},
			{"metric_blocks", "channels", "part = 1", all},
			{"metric_blocks", "breakdowns", "part = 1", performance.Query{GroupBy: []string{"ad"}}},
		} {
			m.damage(t, db, damage.table, damage.column, damage.where)
			if _, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], damage.found); !errors.Is(err, chunk.ErrCorrupt) {
				t.Errorf("a bit of %s.%s: %v", damage.table, damage.column, err)
			}
			if _, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], early); err != nil {
				t.Errorf("%s.%s: a question about other blocks: %v", damage.table, damage.column, err)
			}
			m.damage(t, db, damage.table, damage.column, damage.where) // back
		}
		if _, err := db.writer.ExecContext(t.Context(), `UPDATE metric_blocks SET known_to = known_to + 1 WHERE part = 0`); err != nil {
			t.Fatal(err)
		}
		err := db.Metrics().Replay(t.Context(), m.partner, m.campaigns[0], performance.Everything, 0, func(int64, []performance.Event) error { return nil })
		if !errors.Is(err, chunk.ErrCorrupt) {
			t.Errorf("a block's row that lies: %v", err)
		}
	})
}

// damage flips one bit in the middle of a value; twice is as before.
func (m *market) damage(t *testing.T, db *DB, table, column, where string) {
	t.Helper()
	where += " AND campaign = $1"
	var value []byte
	key := db.key(m.campaigns[0])
	if err := db.reader.QueryRowContext(t.Context(), `SELECT `+column+` FROM `+table+` WHERE `+where, key).Scan(&value); err != nil {
		t.Fatal(err)
	}
	value[len(value)/2] ^= 0x10
	if _, err := db.writer.ExecContext(t.Context(), `UPDATE `+table+` SET `+column+` = $2 WHERE `+where, key, value); err != nil {
		t.Fatal(err)
	}
}

func TestWhichRunsAreMerged(t *testing.T) {
	runs := func(events ...int64) (out []run) {
		for i, n := range events {
			out = append(out, run{name: int64(i), events: n})
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		events []int64
		want   int
	}{
		{"none", nil, 0},
		{"few", []int64{100, 100, 100}, 0},
		{"eight small", []int64{5000, 100, 100, 100, 100, 100, 100, 100, 100}, 8},
		{"eight of the next size", []int64{800, 800, 800, 800, 800, 800, 800, 100}, 8},
		{"full ones stay", []int64{maxRun, maxRun, maxRun, maxRun, maxRun, maxRun, maxRun, maxRun}, 0},
		{"enough for a full one", []int64{maxRun, 40_000, 30_000}, 2},
		{"not beyond a full one", []int64{100, 100, maxRun, 100, 100}, 0},
	} {
		if got := dueRuns(runs(tt.events...)); got != tt.want {
			t.Errorf("%s: %d runs, want %d", tt.name, got, tt.want)
		}
	}
}

func TestAMergeTakesMoreOfACoreTheLongerItLasts(t *testing.T) {
	for _, c := range []struct {
		lasted time.Duration
		share  float64 // of a core
	}{
		{0, 1.0 / 30}, {time.Second, 1.0 / 30}, {11 * time.Second, 1.0 / 30},
		{20 * time.Second, 1.0 / 10}, {time.Minute, 1.0 / 2}, {3 * time.Minute, 9.0 / 10},
	} {
		const worked = 100 * time.Millisecond
		share := float64(worked) / float64(worked+restAfter(worked, c.lasted))
		if math.Abs(share-c.share) > 1e-6 {
			t.Errorf("after %s a merge takes %.3f of a core, want %.3f", c.lasted, share, c.share)
		}
	}
}
