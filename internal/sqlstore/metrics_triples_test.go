package sqlstore

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hexabuilders/campaignd/performance"
)

// life lets a market deliver for a while of the store's own clock: on time, late
// by up to 90 days, sent twice, and restated. Jobs run in between.
type life struct {
	*market
	random  *rand.Rand
	now     time.Time
	started time.Time
	log     [][]told // by campaign, in the order of recorded_at
	recent  []performance.Event
}

func (l *life) live(t *testing.T, db *DB, commits, events int) {
	t.Helper()
	for i := range commits {
		l.now = l.now.Add(time.Duration(l.random.Int64N(int64(4 * time.Hour))))
		l.deliver(t, events)
		switch i % 12 {
		case 3, 7:
			mergeSome(t, db)
		case 9:
			freezeAll(t, db)
		case 11:
			if err := db.Metrics().Sweep(t.Context(), Keep{Minutes: 24 * time.Hour, Hours: 20 * 24 * time.Hour, Updates: time.Hour}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (l *life) deliver(t *testing.T, count int) {
	t.Helper()
	var fresh []performance.Event
	for range 1 + l.random.IntN(count) {
		e := l.market.random(l.random)
		at := l.now.Add(-time.Duration(l.random.Int64N(int64(time.Hour))))
		if l.random.IntN(5) == 0 {
			at = l.now.Add(-time.Duration(l.random.Int64N(int64(90 * 24 * time.Hour))))
		}
		e.ID, e.Campaign, e.OccurredAt = timedID(l.random, at), l.campaigns[l.random.IntN(len(l.campaigns))], at.UnixMicro()
		if len(l.recent) > 0 && l.random.IntN(10) == 0 {
			e.Campaign = l.recent[0].Campaign
			e.OccurredAt, e.Cause, e.Reference = l.recent[0].OccurredAt, "correction", "test"
		}
		fresh = append(fresh, e)
	}
	again := l.recent[:l.random.IntN(len(l.recent)+1)]
	batch := append(append([]performance.Event(nil), again...), fresh...)
	l.random.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	receipt := l.record(t, batch...)
	if receipt.Accepted != len(fresh) || receipt.Duplicates != len(again) {
		t.Fatalf("%+v", receipt)
	}
	l.recent = fresh
	for _, e := range fresh {
		for c := range l.campaigns {
			if l.campaigns[c] == e.Campaign {
				l.log[c] = append(l.log[c], told{e, receipt.RecordedAt})
			}
		}
	}
}

// totals is what a plain replay of the log says.
func (l *life) plainTotals(campaign int, at, knownAt time.Time) performance.Totals {
	cells := map[string]*performance.Cell{}
	latest := at.UnixMicro()
	for i := range l.log[campaign] {
		e := &l.log[campaign][i]
		if e.recordedAt.After(knownAt) {
			break
		}
		if e.OccurredAt > latest {
			continue
		}
		if cells[e.Channel] == nil {
			cells[e.Channel] = &performance.Cell{}
		}
		cells[e.Channel].Add(&e.Event)
	}
	var all []*performance.Cell
	for _, c := range cells {
		all = append(all, c)
	}
	return performance.Sum(l.subjects[l.campaigns[campaign]], all...)
}

// TestAnyMomentEqualsAPlainReplay asks for the totals of random campaigns at
// random moments as known at other random ones.
func TestAnyMomentEqualsAPlainReplay(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		triples := map[string]int{"sqlite": 100_000, "postgres": 20_000}[db.Engine()]
		if testing.Short() {
			triples /= 40
		}
		l := &life{market: openMarket(t, db, 3), random: rand.New(rand.NewPCG(61, 62)), started: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}
		l.now, l.log = l.started, make([][]told, 3)
		db.now = func() time.Time { return l.now }
		l.market.now = l.started.Add(365 * 24 * time.Hour) // no event is in the future
		for part := range 4 {
			l.live(t, db, 60, 30)
			for range triples / 4 {
				c := l.random.IntN(3)
				span := l.now.Sub(l.started)
				q := performance.Query{
					At:      l.started.Add(time.Duration(l.random.Int64N(int64(span + 120*24*time.Hour)))).Add(-90 * 24 * time.Hour).Truncate(time.Microsecond),
					KnownAt: l.started.Add(time.Duration(l.random.Int64N(int64(span + time.Hour)))).Truncate(time.Microsecond),
				}
				got, err := l.service.Metrics(t.Context(), l.partner, l.campaigns[c], q)
				if err != nil || len(got.Items) != 1 {
					t.Fatalf("%+v: %v", q, err)
				}
				if diff := cmp.Diff(l.plainTotals(c, q.At, q.KnownAt), got.Items[0].Totals, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("part %d, campaign %d at %v as known at %v: %s", part, c, q.At, q.KnownAt, diff)
				}
			}
		}
		if m := l.count(t, db, "metric_blocks"); m < 10 {
			t.Errorf("only %d blocks", m)
		}
	})
}

// TestAThousandRestatements (F11): what was known before stays to the byte, the
// latest answer is what was said last, and the differences add up to it.
func TestAThousandRestatements(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		random := rand.New(rand.NewPCG(63, 64))
		first := m.delivery(0, 30*time.Hour)
		m.record(t, first)
		ask := func(q performance.Query) (string, performance.Result) {
			t.Helper()
			answer, err := m.service.Metrics(t.Context(), m.partner, m.campaigns[0], q)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			return string(text), answer
		}
		day := performance.Query{Granularity: "day", From: m.now.Add(-96 * time.Hour), To: m.now}
		before, answer := ask(day)
		day.KnownAt = answer.KnownAt
		said, sum := first.Impressions, first.Impressions
		for i := range 1000 {
			now := 50 + random.Int64N(1000)
			e := m.delivery(0, 30*time.Hour)
			e.Metrics = performance.Metrics{}
			e.Set(performance.Impressions, now-said)
			e.Cause, e.Reference = "correction", "test"
			m.record(t, e)
			said, sum = now, sum+now-said
			if i%200 == 50 {
				mergeSome(t, db)
				if after, _ := ask(day); after != before {
					t.Fatalf("after %d restatements yesterday's answer was %s, not %s", i+1, after, before)
				}
			}
		}
		if after, _ := ask(day); after != before {
			t.Errorf("yesterday's answer is %s, not %s", after, before)
		}
		if _, latest := ask(performance.Query{}); latest.Items[0].Impressions != said || sum != said {
			t.Errorf("%d impressions, the last word was %d", latest.Items[0].Impressions, said)
		}
	})
}
