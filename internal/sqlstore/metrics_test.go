package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/performance"
)

// eachEngine runs a test on an empty store of every engine.
func eachEngine(t *testing.T, test func(t *testing.T, db *DB)) {
	for engine, url := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return t.TempDir() },
		"postgres": testenv.Postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			db, err := Open(t.Context(), Config{URL: url(t)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			test(t, db)
		})
	}
}

// market is a partner with campaigns that exist only in the directory.
type market struct {
	partner   uuid.UUID
	campaigns []uuid.UUID
	subjects  map[uuid.UUID]performance.Subject
	now       time.Time
	service   *performance.Service
}

func (m *market) Subjects(_ context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	found := map[uuid.UUID]performance.Subject{}
	for _, id := range ids {
		if s, ok := m.subjects[id]; ok && s.Partner == partner {
			found[id] = s
		}
	}
	return found, nil
}

// openMarket starts an ingester on the store; it stops with the test.
func openMarket(t *testing.T, db *DB, campaigns int) *market {
	t.Helper()
	m := &market{partner: newID(), subjects: map[uuid.UUID]performance.Subject{}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	bogota, err := time.LoadLocation("America/Bogota")
	if err != nil {
		t.Fatal(err)
	}
	for range campaigns {
		id := newID()
		m.campaigns = append(m.campaigns, id)
		m.subjects[id] = performance.Subject{Partner: m.partner, Campaign: id, Currency: "USD", Zone: bogota}
	}
	ingester := performance.NewIngester(db.Metrics())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = ingester.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	m.service = performance.NewService(ingester, m, db.Metrics(), func() time.Time { return m.now })
	return m
}

// openMarketToday is openMarket on a store whose clock is the market's, so that
// its days are not over when they are reported.
func openMarketToday(t *testing.T, db *DB, campaigns int) *market {
	t.Helper()
	today := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db.now = func() time.Time { return today }
	return openMarket(t, db, campaigns)
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func (m *market) record(t *testing.T, events ...performance.Event) performance.Receipt {
	t.Helper()
	receipt, err := m.service.Record(t.Context(), m.origin(), events)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func (m *market) origin() event.Origin {
	return event.Origin{Partner: m.partner, Kind: event.ActorKey, ID: "test", From: "api"}
}

// delivery is an event of the campaign with spend 1.25, 100 impressions and 2
// clicks, some time before now.
func (m *market) delivery(campaign int, before time.Duration) performance.Event {
	e := performance.Event{ID: newID().String(), Campaign: m.campaigns[campaign], OccurredAt: m.now.Add(-before).UnixMicro()}
	e.Channel = "search"
	e.Set(performance.Impressions, 100)
	e.Set(performance.Clicks, 2)
	e.Set(performance.Spend, 1_250_000)
	return e
}

func (m *market) totals(t *testing.T, db *DB, campaign int) performance.Totals {
	t.Helper()
	cells, err := db.Metrics().Totals(t.Context(), m.partner, m.campaigns[campaign])
	if err != nil {
		t.Fatal(err)
	}
	return performance.Sum(m.subjects[m.campaigns[campaign]], pointersTo(cells)...)
}

func pointersTo(cells []performance.ChannelTotal) []*performance.Cell {
	var out []*performance.Cell
	for i := range cells {
		out = append(out, &cells[i].Cell)
	}
	return out
}

func TestAnEventCountsOnceHoweverOftenItIsSent(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarketToday(t, db, 2)
		a, b := m.delivery(0, time.Hour), m.delivery(1, time.Hour)
		if got := m.record(t, a, b, a); got.Accepted != 2 || got.Duplicates != 1 || got.Seq != 1 {
			t.Errorf("first: %+v", got)
		}
		if got := m.record(t, a, m.delivery(0, time.Minute), b); got.Accepted != 1 || got.Duplicates != 2 || got.Seq != 2 {
			t.Errorf("again: %+v", got)
		}
		changed := a
		changed.Clicks = 3
		got := m.record(t, m.delivery(0, time.Minute), changed)
		if got.Accepted != 1 || got.Refused != 1 || got.Rejected[0].Index != 1 || got.Rejected[0].Code != performance.CodeIDReused {
			t.Errorf("same id, other content: %+v", got)
		}
		if total := m.totals(t, db, 0); total.Events != 3 || total.Impressions != 300 || total.Spend != 3_750_000 {
			t.Errorf("total %+v", total)
		}
	})
}

func TestTheSameBatchFromEightClientsCountsOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 5)
		batch := make([]performance.Event, 500)
		for i := range batch {
			batch[i] = m.delivery(i%5, time.Duration(i)*time.Minute)
		}
		receipts := make([]performance.Receipt, 8)
		var clients sync.WaitGroup
		for c := range receipts {
			clients.Go(func() { receipts[c] = m.record(t, append([]performance.Event(nil), batch...)...) })
		}
		clients.Wait()
		var sum performance.Receipt
		for _, r := range receipts {
			sum.Add(r, 0)
		}
		if sum.Accepted != 500 || sum.Duplicates != 7*500 || sum.Refused != 0 {
			t.Errorf("accepted %d, duplicates %d, refused %d", sum.Accepted, sum.Duplicates, sum.Refused)
		}
		for c := range 5 {
			if total := m.totals(t, db, c); total.Events != 100 || total.Clicks != 200 {
				t.Errorf("campaign %d: %+v", c, total)
			}
		}
	})
}

// TestTotalsEqualAPlainSum sends events in random order, a fifth of them twice,
// up to 90 days late, in batches from several clients, and compares everything
// that is kept with a plain sum.
func TestTotalsEqualAPlainSum(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		const events = 4000
		random := rand.New(rand.NewPCG(1, 2))
		m := openMarket(t, db, 7)
		want := make([]performance.Cell, 7)
		var sent []performance.Event
		for range events {
			e := m.random(random)
			want[m.place(e.Campaign)].Add(&e)
			sent = append(sent, e)
			if random.IntN(5) == 0 {
				sent = append(sent, e)
			}
		}
		random.Shuffle(len(sent), func(i, j int) { sent[i], sent[j] = sent[j], sent[i] })
		m.recordFrom(t, sent, 4, 300)
		for c := range want {
			total := m.totals(t, db, c)
			if total.Events != want[c].Events || performance.Sums(want[c].Sums).Metrics() != sumsOf(total) {
				t.Errorf("campaign %d: total %+v, want %+v", c, total, want[c])
			}
			if diff := cmp.Diff(want[c].Custom, total.Custom); diff != "" {
				t.Errorf("campaign %d: custom values: %s", c, diff)
			}
			for _, width := range []performance.Bucket{performance.Minute, performance.Hour, performance.Day} {
				rollups, err := db.Metrics().Rollups(t.Context(), m.partner, m.campaigns[c], width, 0, 1<<62)
				if err != nil {
					t.Fatal(err)
				}
				var sum performance.Cell
				for i := range rollups {
					sum.Merge(&rollups[i].Cell)
				}
				if diff := cmp.Diff(want[c], sum); diff != "" {
					t.Errorf("campaign %d: rollups of width %d: %s", c, width, diff)
				}
			}
			var replayed performance.Cell
			var last int64
			err := db.Metrics().Replay(t.Context(), m.partner, m.campaigns[c], performance.Everything, 0, func(at int64, events []performance.Event) error {
				if at <= last {
					t.Errorf("recorded_at %d after %d", at, last)
				}
				last = at
				for i := range events {
					replayed.Add(&events[i])
				}
				return nil
			})
			if diff := cmp.Diff(want[c], replayed); err != nil || diff != "" {
				t.Errorf("campaign %d: replay: %v %s", c, err, diff)
			}
		}
	})
}

func sumsOf(t performance.Totals) performance.Metrics {
	m := t.Metrics
	m.Reach, m.BrandLift, m.QualityScore, m.Present = 0, 0, 0, 0
	return m
}

func (m *market) place(campaign uuid.UUID) int {
	for i, id := range m.campaigns {
		if id == campaign {
			return i
		}
	}
	return -1
}

func (m *market) random(random *rand.Rand) performance.Event {
	e := m.delivery(random.IntN(len(m.campaigns)), time.Duration(random.Int64N(int64(90*24*time.Hour))))
	e.Channel = []string{"search", "social", "video"}[random.IntN(3)]
	if random.IntN(2) == 0 {
		e.ID = fmt.Sprintf("sender-%d", random.Int64())
	}
	e.Set(performance.Spend, random.Int64N(10_000_000))
	if random.IntN(20) == 0 {
		e.Set(performance.Clicks, -1)
	}
	if random.IntN(4) == 0 {
		e.Set(performance.BrandLift, random.Int64N(1_000_000))
		e.Custom = []performance.Custom{{Name: "views", Value: random.Int64N(1_000_000)}}
	}
	return e
}

// recordFrom sends events from several clients at once.
func (m *market) recordFrom(t *testing.T, events []performance.Event, clients, size int) {
	t.Helper()
	var wait sync.WaitGroup
	for c := range clients {
		wait.Go(func() {
			for at := c * size; at < len(events); at += clients * size {
				batch := append([]performance.Event(nil), events[at:min(at+size, len(events))]...)
				receipt, err := m.service.Record(t.Context(), m.origin(), batch)
				if err != nil || receipt.Refused > 0 {
					t.Errorf("%+v, %v", receipt, err)
				}
			}
		})
	}
	wait.Wait()
}

func TestMoreThanWasCountedCannotBeTakenBack(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 1)
		m.record(t, m.delivery(0, time.Hour))
		back := m.delivery(0, time.Hour)
		back.Clicks = -3
		got := m.record(t, m.delivery(0, time.Minute), back) // 2 + 2 - 3
		if got.Accepted != 2 {
			t.Errorf("a restatement: %+v", got)
		}
		again := m.delivery(0, time.Hour)
		again.Clicks = -50
		got = m.record(t, m.delivery(0, time.Minute), again)
		if got.Accepted != 1 || got.Refused != 1 || got.Rejected[0].Code != performance.CodeNegativeTotal || got.Rejected[0].Index != 1 {
			t.Errorf("beyond zero: %+v", got)
		}
		if total := m.totals(t, db, 0); total.Clicks != 3 || total.Events != 4 {
			t.Errorf("total %+v", total)
		}
	})
}

func TestTotalsNeverWrap(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarket(t, db, 2)
		for round := range 4 {
			batch := make([]performance.Event, 2000)
			for i := range batch {
				batch[i] = m.delivery(0, time.Hour)
				batch[i].Spend = performance.MaxMoney
			}
			got := m.record(t, append(batch, m.delivery(1, time.Hour))...)
			accepted := got.Accepted + got.Refused
			if accepted != 2001 || got.Accepted == 0 || round > 2 && got.Rejected[0].Code != performance.CodeTotalTooLarge {
				t.Errorf("round %d: accepted %d, refused %d", round, got.Accepted, got.Refused)
			}
		}
		if total := m.totals(t, db, 0); total.Spend != 4000*performance.MaxMoney {
			t.Errorf("spend %d", total.Spend)
		}
		if total := m.totals(t, db, 1); total.Events != 4 {
			t.Errorf("the neighbour has %d events", total.Events)
		}
	})
}

func TestEveryCommitIsAnnouncedWithItsTotals(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		m := openMarketToday(t, db, 2)
		m.record(t, m.delivery(0, time.Hour))
		receipt := m.record(t, m.delivery(0, time.Hour), m.delivery(1, time.Hour))
		events, err := db.Log().Read(t.Context(), m.partner, 1, 10)
		if err != nil || len(events) != 1 || events[0].Type != performance.TypeUpdated || !events[0].RecordedAt.Equal(receipt.RecordedAt) {
			t.Fatalf("%+v, %v", events, err)
		}
		var got performance.Updated
		if err := json.Unmarshal(events[0].Data, &got); err != nil {
			t.Fatal(err)
		}
		one := performance.Sums{performance.Impressions: 100, performance.Clicks: 2, performance.Spend: 1_250_000}
		two := performance.Sums{performance.Impressions: 200, performance.Clicks: 4, performance.Spend: 2_500_000}
		want := performance.Updated{Campaigns: []performance.CampaignUpdate{
			{Campaign: m.campaigns[0], Currency: "USD", Accepted: 1, Delta: one, Totals: two},
			{Campaign: m.campaigns[1], Currency: "USD", Accepted: 1, Delta: one, Totals: one},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if at, err := db.Metrics().Settled(t.Context(), m.partner); err != nil || at != receipt.RecordedAt.UnixMicro() {
			t.Errorf("settled %d, %v", at, err)
		}
	})
}
