package influx

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/conformance"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/performance"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// eachVersion runs a test beside every InfluxDB there is.
func eachVersion(t *testing.T, test func(t *testing.T, server *testenv.Influx)) {
	for name, start := range map[string]func(testing.TB) *testenv.Influx{"1.6": testenv.Influx16, "1.8": testenv.Influx18} {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

// store is the SQL store whose campaigns exist only here.
type store struct {
	sqlstore.Metrics
	mu       sync.Mutex
	subjects map[uuid.UUID]performance.Subject
	floor    int64
	read     func() // called once sums were read, nil for nothing
}

func (s *store) Rollups(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) ([]performance.Rollup, error) {
	out, err := s.Metrics.Rollups(ctx, partner, campaign, width, from, to)
	s.mu.Lock()
	read := s.read
	s.read = nil
	s.mu.Unlock()
	if read != nil {
		read()
	}
	return out, err
}

func (s *store) Subjects(_ context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[uuid.UUID]performance.Subject{}
	for _, id := range ids {
		if subject, ok := s.subjects[id]; ok && subject.Partner == partner {
			found[id] = subject
		}
	}
	return found, nil
}

func (s *store) Floor(context.Context, performance.Bucket) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.floor, nil
}

func (s *store) know(subjects map[uuid.UUID]performance.Subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, subject := range subjects {
		s.subjects[id] = subject
	}
}

// world is a store, its mirror, and the consumer that keeps it up.
type world struct {
	store  *store
	mirror *Mirror
	db     *sqlstore.DB
}

func newWorld(t *testing.T, url string) *world {
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{URL: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{db: db, store: &store{Metrics: db.Metrics(), subjects: map[uuid.UUID]performance.Subject{}, floor: math.MaxInt64}}
	w.mirror = NewMirror(Config{URL: url, Database: "campaignd"}, w.store, db.Log(), time.Now)
	return w
}

// lead runs the consumer until the test ends.
func (w *world) lead(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	leader := relay.Leader{Log: w.mirror, Leases: w.db.Leases(), Cursors: w.mirror, Node: "test", TTL: time.Second}
	go func() { defer close(done); _ = leader.Lead(ctx, "influx", w.mirror.Handle) }()
	t.Cleanup(func() { stop(); <-done })
}

// caughtUp polls until the mirror says so.
func (w *world) caughtUp(t *testing.T) {
	t.Helper()
	w.until(t, "caught up", func(b Behind) bool { return b.Entries == 0 && b.Err == nil })
}

func (w *world) until(t *testing.T, what string, holds func(Behind) bool) {
	t.Helper()
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		b := w.mirror.Behind(t.Context())
		if holds(b) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not %s: %s, %v", what, b, b.Err)
		}
	}
}

func TestInfluxDBIsASeries(t *testing.T) {
	eachVersion(t, func(t *testing.T, server *testenv.Influx) {
		w := newWorld(t, server.URL())
		w.lead(t)
		conformance.Series(t, conformance.SeriesBackend{
			Log: w.store, Reader: w.store, Series: w.mirror.series,
			Sync: func(t *testing.T, subjects map[uuid.UUID]performance.Subject) {
				w.store.know(subjects)
				w.caughtUp(t)
			},
		})
	})
}

// campaign is one that delivers.
type campaign struct {
	*world
	performance.Subject
	service *performance.Service
	start   time.Time
	sent    int
}

func (w *world) campaign(t *testing.T) *campaign {
	c := &campaign{world: w, start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	c.Subject = performance.Subject{Partner: uuid.Must(uuid.NewV7()), Campaign: uuid.Must(uuid.NewV7()), Currency: "USD", Zone: time.UTC}
	w.store.know(map[uuid.UUID]performance.Subject{c.Campaign: c.Subject})
	ingester := performance.NewIngester(w.store)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = ingester.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	c.service = performance.NewService(ingester, w.store, w.store, time.Now)
	return c
}

// deliver commits n times, each some minutes on.
func (c *campaign) deliver(t *testing.T, n int) {
	t.Helper()
	for range n {
		e := performance.Event{ID: fmt.Sprint(c.sent), Campaign: c.Campaign, OccurredAt: c.start.Add(time.Duration(c.sent) * 7 * time.Minute).UnixMicro()}
		e.Set(performance.Clicks, int64(c.sent))
		c.sent++
		if _, err := c.service.Record(t.Context(), event.Origin{Partner: c.Partner, ID: "test"}, []performance.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *campaign) head(t *testing.T) int64 {
	t.Helper()
	head, err := c.db.Log().Head(t.Context(), c.Partner)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// same compares every width in InfluxDB with the store.
func (c *campaign) same(t *testing.T) {
	t.Helper()
	from := c.start.UnixMicro()
	to := from + int64(c.sent+1)*7*60_000_000
	for width, r := range map[performance.Bucket][2]int64{
		performance.Minute: {from, to}, performance.Hour: {from, to}, performance.Day: {from / dayMicros, to/dayMicros + 1},
	} {
		want, err := c.store.Rollups(t.Context(), c.Partner, c.Campaign, width, r[0], r[1])
		if err != nil || len(want) == 0 {
			t.Fatalf("%d, %v", len(want), err)
		}
		got, err := c.mirror.series.Rollups(t.Context(), c.Partner, c.Campaign, width, r[0], r[1])
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("width %d: %v %s", width, err, diff)
		}
	}
}

// ask asks the mirror for minutes that the store no longer keeps, and says
// whether InfluxDB answered.
func (c *campaign) ask(t *testing.T) (fromInflux bool) {
	t.Helper()
	before := c.mirror.Behind(t.Context()).Answered
	from, to := c.start.UnixMicro(), c.start.Add(100*24*time.Hour).UnixMicro()
	got, err := c.mirror.Rollups(t.Context(), c.Partner, c.Campaign, performance.Minute, from, to)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != c.sent || got[c.sent-1].Sums[performance.Clicks] != int64(c.sent-1) {
		t.Errorf("%d minutes of %d", len(got), c.sent)
	}
	return c.mirror.Behind(t.Context()).Answered > before
}

func TestAnOutageLosesNothing(t *testing.T) {
	eachVersion(t, func(t *testing.T, server *testenv.Influx) {
		w := newWorld(t, server.URL())
		c := w.campaign(t)
		c.deliver(t, 20)
		w.lead(t)
		w.caughtUp(t)
		c.same(t)
		if !c.ask(t) {
			t.Error("caught up, and not asked")
		}
		server.Stop(t)
		before := c.head(t)
		c.deliver(t, 30) // a commit is one entry of the log, or two when its day was over
		missed := c.head(t) - before
		w.until(t, "behind", func(b Behind) bool { return b.Entries == missed && missed >= 30 && !b.Since.IsZero() && b.Err != nil })
		if c.ask(t) {
			t.Error("down, and believed")
		}
		if err := w.mirror.Check(t.Context()); err == nil {
			t.Error("health is silent about the outage")
		}
		server.Start(t)
		w.caughtUp(t)
		c.same(t)
		if err := w.mirror.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestANodeThatStalledWritesNoOlderSum has a node read sums and stall for
// longer than its lease lives, while another leads and writes newer ones.
func TestANodeThatStalledWritesNoOlderSum(t *testing.T) {
	eachVersion(t, func(t *testing.T, server *testenv.Influx) {
		w := newWorld(t, server.URL())
		c := w.campaign(t)
		node := func(name string) *Mirror {
			m := NewMirror(Config{URL: server.URL(), Database: "campaignd"}, w.store, w.db.Log(), time.Now)
			m.Lease = func(ctx context.Context) (int64, bool, error) {
				return w.db.Leases().Acquire(ctx, "influx", name, time.Minute)
			}
			return m
		}
		pages := func(m *Mirror) error {
			seen, err := m.Cursors(t.Context(), "influx")
			if err != nil {
				return err
			}
			events, err := w.db.Log().Read(t.Context(), c.Partner, seen[c.Partner], 100)
			if err != nil {
				return err
			}
			return m.Handle(t.Context(), events)
		}
		stalled, other := node("a"), node("b")
		c.deliver(t, 3)
		if err := pages(stalled); err != nil {
			t.Fatal(err)
		}
		c.sent--
		again := c.start.Add(time.Duration(c.sent) * 7 * time.Minute).UnixMicro()
		click := func(id string) {
			e := performance.Event{ID: id, Campaign: c.Campaign, OccurredAt: again}
			e.Set(performance.Clicks, 1)
			if _, err := c.service.Record(t.Context(), event.Origin{Partner: c.Partner, ID: "test"}, []performance.Event{e}); err != nil {
				t.Fatal(err)
			}
		}
		click("first")
		w.store.read = func() { // the node has read, and stalls
			if err := w.db.Leases().Release(t.Context(), "influx", "a"); err != nil {
				t.Error(err)
			}
			click("second")
			if err := pages(other); err != nil {
				t.Error(err)
			}
		}
		if err := pages(stalled); !errors.Is(err, errNotHeld) {
			t.Errorf("a node that no longer leads has written: %v", err)
		}
		c.sent++
		c.same(t)
	})
}

func TestAnEmptyInfluxDBIsFilledAgain(t *testing.T) {
	eachVersion(t, func(t *testing.T, server *testenv.Influx) {
		w := newWorld(t, server.URL())
		c, quiet := w.campaign(t), w.campaign(t)
		c.deliver(t, 40)
		quiet.deliver(t, 3)
		w.lead(t)
		w.caughtUp(t)
		server.Stop(t)
		server.Empty(t)
		c.deliver(t, 5)
		server.Start(t)
		w.caughtUp(t)
		c.same(t)
		quiet.same(t) // nothing has happened there to remind the mirror of it
		if !c.ask(t) || !quiet.ask(t) {
			t.Error("caught up, and not asked")
		}
	})
}

func TestAMirrorThatIsBehindIsNotBelieved(t *testing.T) {
	eachVersion(t, func(t *testing.T, server *testenv.Influx) {
		w := newWorld(t, server.URL())
		c := w.campaign(t)
		c.deliver(t, 5)
		if _, err := w.mirror.Cursors(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		events, err := w.db.Log().Read(t.Context(), c.Partner, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.mirror.Handle(t.Context(), events); err != nil {
			t.Fatal(err)
		}
		if !c.ask(t) {
			t.Error("caught up, and not asked")
		}
		c.deliver(t, 1)
		if c.ask(t) {
			t.Error("one commit behind, and believed")
		}
		w.store.floor = c.start.UnixMicro() // the store has all minutes
		if c.ask(t) {
			t.Error("asked for what the store keeps")
		}
	})
}

func TestAThinnedLogIsNoGap(t *testing.T) {
	eachVersion(t, func(t *testing.T, server *testenv.Influx) {
		w := newWorld(t, server.URL())
		c := w.campaign(t)
		c.deliver(t, 3)
		w.lead(t)
		w.caughtUp(t)
		server.Stop(t)
		c.deliver(t, 3)
		if err := w.db.Metrics().Sweep(t.Context(), sqlstore.Keep{Minutes: 0, Hours: 0, Updates: -time.Hour}); err != nil {
			t.Fatal(err)
		}
		server.Start(t)
		w.caughtUp(t)
		c.same(t)
	})
}

func TestARetentionPolicyThatForgetsIsRefused(t *testing.T) {
	eachVersion(t, func(t *testing.T, server *testenv.Influx) {
		client := NewClient(Config{URL: server.URL(), Database: "short", Retention: "week"})
		for _, q := range []string{`CREATE DATABASE "short"`, `CREATE RETENTION POLICY "week" ON "short" DURATION 7d REPLICATION 1`} {
			if _, err := client.query(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.Prepare(t.Context()); !errors.Is(err, errForgets) {
			t.Error(err)
		}
		client.cfg.Retention = ""
		if err := client.Prepare(t.Context()); err != nil {
			t.Error(err)
		}
		client.cfg.Retention = "year"
		if err := client.Prepare(t.Context()); err == nil {
			t.Error("a policy that is not there")
		}
	})
}

func TestCredentialsAreSent(t *testing.T) {
	for want, cfg := range map[string]Config{
		"Token t0": {Token: "t0", User: "u"}, "Basic dTpw": {User: "u", Password: "p"}, "": {},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("%q, not %q", got, want)
			}
			w.WriteHeader(http.StatusNoContent)
		}))
		cfg.URL = server.URL
		if err := NewClient(cfg).Write(t.Context(), []byte("m f=1i 0\n")); err != nil {
			t.Error(err)
		}
		server.Close()
	}
}

func TestTextsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "valid") {
			text = rapid.String().Draw(t, "text")
		}
		if got, err := decodeText(encodeText(text)); err != nil || got != text {
			t.Fatalf("%q became %q, %v", text, got, err)
		}
	})
}

// FuzzAnswer: whatever an InfluxDB says, reading it ends in an error or in rows.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"results":[{"series":[{"tags":{"channel":"a%2C"},"columns":["time","events","spend","reach","reach_at","custom.x"],"values":[[1,2,9223372036854775807,4,5,null]]}]}]}`))
	f.Add([]byte(`{"results":[{"error":"x"}]}`))
	f.Add([]byte(`{"results":[{"partial":true}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		results, err := parseAnswer(answer)
		if err != nil {
			return
		}
		for _, series := range results {
			_, _ = positions(series)
			for _, s := range series {
				for _, v := range s.Values {
					r, err := rollup(performance.Minute, s.Tags["channel"], s.Columns, v)
					if err == nil && r.Bucket != performance.Minute {
						t.Error(r)
					}
				}
			}
		}
	})
}
