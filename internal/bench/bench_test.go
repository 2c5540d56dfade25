package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/wire"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// service is an API that takes events and refuses those of a batch from the
// number given on.
type service struct {
	created, requests, events atomic.Int64
	ids                       sync.Map
	refuse                    int64
	t                         *testing.T
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Authorization") != "Bearer key" {
		s.t.Errorf("%s: %v", r.URL, err)
	}
	if r.URL.Path == "/api/v1/campaigns" {
		s.created.Add(1)
		if !json.Valid(body) {
			s.t.Errorf("not JSON: %s", body)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":%q,"revision":1}`, uuid.Must(uuid.NewV7()))
		return
	}
	batch, err := wire.DecodeJSON(body)
	if err != nil || len(batch.Rejected) > 0 {
		s.t.Errorf("%v %v", err, batch.Rejected)
	}
	for _, e := range batch.Events {
		if _, again := s.ids.LoadOrStore(e.ID, true); again {
			s.t.Errorf("id %s twice", e.ID)
		}
	}
	s.requests.Add(1)
	s.events.Add(int64(len(batch.Events)))
	_, _ = w.Write(wire.AppendReceipt(nil, performance.Receipt{Accepted: len(batch.Events) - int(s.refuse)}))
}

// nowhere takes every commit.
type nowhere struct{ events atomic.Int64 }

func (n *nowhere) Append(_ context.Context, c *performance.Commit) error {
	for _, p := range c.Partners {
		n.events.Add(int64(len(p.Keys)))
	}
	return nil
}

func (n *nowhere) Known(context.Context, uuid.UUID, []performance.Key) (map[performance.Key]uint32, error) {
	return nil, nil
}

func TestRunCountsWhatArrives(t *testing.T) {
	api := &service{t: t}
	server := httptest.NewServer(api)
	defer server.Close()
	bare := &nowhere{}
	load := Load{URL: server.URL, Key: "key", Campaigns: 3, Connections: 4, Batch: 10, Duration: 100 * time.Millisecond}
	report, err := Run(t.Context(), Plan{Load: load, Bare: bare, PostgresDSN: testenv.Postgres(t), InfluxURL: testenv.Influx18(t).URL()})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Rates) != 5 {
		t.Fatalf("%d rates", len(report.Rates))
	}
	inserts, influx, store, batches, singles := report.Rates[0], report.Rates[1], report.Rates[2], report.Rates[3], report.Rates[4]
	if store.Events != bare.events.Load() || store.Events == 0 || inserts.Events == 0 {
		t.Errorf("the bare store took %d, the report says %d; %d inserts", bare.events.Load(), store.Events, inserts.Events)
	}
	if got := api.events.Load(); got != batches.Events+singles.Events || batches.Events == 0 || singles.Events == 0 {
		t.Errorf("%d events arrived, the report says %d and %d", got, batches.Events, singles.Events)
	}
	if got := api.created.Load(); got != 3+3 { // each load has its own
		t.Errorf("%d campaigns made", got)
	}
	if batches.P50 <= 0 || batches.P99 < batches.P50 || report.OfBareStore <= 0 || report.OfInfluxDB <= 0 || influx.Events == 0 || report.TimesOneInsert <= 0 {
		t.Errorf("%+v", report)
	}
	if text := report.String(); !strings.Contains(text, "of the bare store") || !strings.Contains(text, "single events") {
		t.Error(text)
	}
}

func TestARefusedEventIsAnError(t *testing.T) {
	server := httptest.NewServer(&service{t: t, refuse: 1})
	defer server.Close()
	_, err := Ingest(t.Context(), "x", Load{URL: server.URL, Key: "key", Campaigns: 1, Connections: 2, Batch: 5, Duration: time.Second})
	if err == nil || !strings.Contains(err.Error(), "4 of 5 events accepted") {
		t.Error(err)
	}
}

func TestAnAnswerOfFailureIsAnError(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := Ingest(t.Context(), "x", Load{URL: server.URL, Key: "key", Campaigns: 1, Connections: 1, Batch: 1, Duration: time.Second})
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Error(err)
	}
}

func TestCPUTimeGrowsWithWork(t *testing.T) {
	before, deadline := cpuTime(os.Getpid()), time.Now().Add(time.Minute)
	for cpuTime(os.Getpid()) <= before {
		if time.Now().After(deadline) {
			t.Fatal("busy for seconds, and no processor time was used")
		}
	}
	if got := cpuTime(-1); got != 0 {
		t.Errorf("a process that is not there used %v", got)
	}
}
