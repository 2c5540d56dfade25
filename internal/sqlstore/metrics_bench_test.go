package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/bench"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/wire"
)

// The benchmarks take 500 campaigns, batches of 1 000 events and 8 clients, on
// a store that waits for the disk at every commit.

const benchBatch, benchClients, benchCampaigns = 1000, 8, 500

func eachBenchEngine(b *testing.B, bench func(b *testing.B, db *DB)) {
	for _, engine := range []struct {
		name string
		url  func(testing.TB) string
	}{
		{"sqlite", func(t testing.TB) string { return t.TempDir() }},
		{"postgres", func(t testing.TB) string { return testenv.NewCluster(t, testenv.WithFsync()).Database(t) }},
	} {
		b.Run(engine.name, func(b *testing.B) {
			db, err := Open(b.Context(), Config{URL: engine.url(b)})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			bench(b, db)
		})
	}
}

// benchMarket has campaigns with budgets that nothing exhausts.
func benchMarket(b *testing.B, db *DB) *market {
	b.Helper()
	m := &market{partner: newID(), subjects: map[uuid.UUID]performance.Subject{}, now: time.Now().UTC().Truncate(time.Microsecond)}
	for range benchCampaigns {
		m.insertCampaign(b, db, campaigns.BudgetTotal, 900_000_000)
	}
	return m
}

func (m *market) benchEvents(n int) []performance.Event {
	events := make([]performance.Event, n)
	for i := range events {
		events[i] = m.delivery(int(uuid.New().ID())%len(m.campaigns), time.Duration(i)*time.Millisecond)
		events[i].Set(performance.Revenue, 2_000_000)
		events[i].Set(performance.Conversions, 1)
	}
	return events
}

func reportRate(b *testing.B, events int64) {
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkIngest takes events in through the whole path but the network, and
// beside it through the same path onto the bare store.
func BenchmarkIngest(b *testing.B) {
	eachBenchEngine(b, func(b *testing.B, db *DB) {
		b.Run("whole", func(b *testing.B) { benchIngest(b, db, db.Metrics()) })
		b.Run("bare", func(b *testing.B) { benchIngest(b, db, Bare{db.Metrics()}) })
	})
}

func benchIngest(b *testing.B, db *DB, to performance.Writer) {
	record, stop := benchMarket(b, db).recorder(b, to, db)
	defer stop()
	fromClients(b, record)
}

// recorder takes in a batch at each call until it is stopped.
func (m *market) recorder(b *testing.B, to performance.Writer, db *DB) (record func() error, stop func()) {
	ingester := performance.NewIngester(to)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = ingester.Run(ctx) }()
	service := performance.NewService(ingester, m, db.Metrics(), time.Now)
	record = func() error {
		_, err := service.Record(ctx, event.Origin{Partner: m.partner}, m.benchEvents(benchBatch))
		return err
	}
	return record, func() { cancel(); <-done }
}

// fromClients runs an operation of benchBatch events from several clients.
func fromClients(b *testing.B, record func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var clients sync.WaitGroup
	for range benchClients {
		clients.Go(func() {
			for left.Add(-1) >= 0 {
				if err := record(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
	reportRate(b, int64(b.N)*benchBatch)
}

// BenchmarkHTTP sends requests to the metrics path behind HTTP, without what
// httpapi adds to it.
func BenchmarkHTTP(b *testing.B) {
	eachBenchEngine(b, func(b *testing.B, db *DB) {
		m := benchMarket(b, db)
		ingester := performance.NewIngester(db.Metrics())
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = ingester.Run(ctx) }()
		defer func() { stop(); <-done }()
		service := performance.NewService(ingester, db.Metrics(), db.Metrics(), time.Now)
		server := httptest.NewServer(m.handler(service))
		defer server.Close()
		load := bench.Load{URL: server.URL, Key: "key", Duration: 5 * time.Second}
		for _, l := range []bench.Load{bench.Usual(load), bench.Singles(load)} {
			b.Run(fmt.Sprint("batch", l.Batch), func(b *testing.B) {
				before := m.commits(b, db)
				rate, err := bench.Ingest(b.Context(), "", l)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(rate.Events)/float64(m.commits(b, db)-before), "events/commit")
				b.ReportMetric(rate.EventsPerSecond, "events/s")
				b.ReportMetric(rate.P99, "p99-ms")
				b.ReportMetric(0, "ns/op")
			})
		}
	})
}

// commits is how many times events were committed.
func (m *market) commits(b *testing.B, db *DB) (count int64) {
	b.Helper()
	row := db.reader.QueryRowContext(b.Context(), `SELECT count(*) FROM events WHERE type = $1`, performance.TypeUpdated)
	if err := row.Scan(&count); err != nil {
		b.Fatal(err)
	}
	return count
}

// handler gives out the campaigns that are there and takes events.
func (m *market) handler(service *performance.Service) http.Handler {
	var given atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/campaigns", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":%q}`, m.campaigns[int(given.Add(1))%len(m.campaigns)])
	})
	mux.HandleFunc("POST /api/v1/metrics", func(w http.ResponseWriter, r *http.Request) {
		source, err := wire.Open(r.Header.Get("Content-Type"), r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		receipt, err := wire.Record(r.Context(), service, m.origin(), source)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(wire.AppendReceipt(nil, receipt))
	})
	return mux
}

// BenchmarkReplay reads a merged campaign's log in its order, on one core.
func BenchmarkReplay(b *testing.B) {
	db, err := Open(b.Context(), Config{URL: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	p := place{newID(), newID()}
	random := rand.New(rand.NewPCG(1, 2))
	for run := range 4 {
		r := usualRun(random, p.campaign, time.Date(2026, 3, 1+run, 0, 0, 0, 0, time.UTC))
		blocks, err := r.blocks(p.campaign, time.UTC)
		if err == nil {
			err = db.write(b.Context(), func(t *tx) error { return t.insertBlocks(b.Context(), p, slices.Max(r.at), blocks) })
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	before, events := cpuTime(b), 0
	for b.Loop() {
		err = errors.Join(err, db.Metrics().Replay(b.Context(), p.partner, p.campaign, performance.Everything, 0, func(_ int64, found []performance.Event) error {
			events += len(found)
			return nil
		}))
	}
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(events)/float64(cpuTime(b)-before)*1e3, "Mevents/cpu-s")
}

// BenchmarkMerge merges 400 000 events that a few campaigns, or many, have sent in
// commits of some thousands.
func BenchmarkMerge(b *testing.B) {
	for _, campaigns := range []int{20, benchCampaigns} {
		b.Run(fmt.Sprint(campaigns), func(b *testing.B) {
			db, err := Open(b.Context(), Config{URL: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			m, cpu := benchMarket(b, db), int64(0)
			m.campaigns = m.campaigns[:campaigns]
			record, stop := m.recorder(b, db.Metrics(), db)
			defer stop()
			const batches = 400
			for b.Loop() {
				var clients sync.WaitGroup
				for range benchClients {
					clients.Go(func() {
						for range batches / benchClients {
							if err := record(); err != nil {
								b.Error(err)
							}
						}
					})
				}
				clients.Wait()
				before := cpuTime(b)
				if err := db.Metrics().MergeAll(b.Context()); err != nil {
					b.Fatal(err)
				}
				cpu += cpuTime(b) - before
			}
			events := b.N * batches * benchBatch
			b.ReportMetric(float64(cpu)/float64(events), "cpu-ns/event")
		})
	}
}

// cpuTime is what this process has used of the processor, in nanoseconds: other
// programs share the cores.
func cpuTime(b *testing.B) int64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}

// usualRun is a full run of a campaign with an event a second, a tenth of them
// late.
func usualRun(random *rand.Rand, campaign uuid.UUID, start time.Time) (r room) {
	for i := range maxRun {
		at := start.Add(time.Duration(i) * time.Second)
		e := performance.Event{ID: timedID(random, at), Campaign: campaign, OccurredAt: at.UnixMicro()}
		e.Channel, e.Source, e.Device = "search", "bench", []string{"mobile", "desktop"}[random.IntN(2)]
		e.Set(performance.Impressions, random.Int64N(200))
		e.Set(performance.Clicks, random.Int64N(9))
		e.Set(performance.Spend, random.Int64N(500)*10_000)
		recordedAt := at.Unix() / 600
		if random.IntN(10) == 0 {
			recordedAt += random.Int64N(30)
		}
		r.events, r.at = append(r.events, e), append(r.at, recordedAt)
	}
	return r
}
