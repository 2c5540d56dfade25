package live_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/live"
)

// The measurement: 1 000 subscribers on 100 campaigns, each campaign's channel
// at its full pace of 10 frames a second, so 10 000 frames are delivered a
// second. An operation is a tenth of a second. What is reported is the time
// from an event's publication to its arrival at each subscriber in whichever
// frame first includes it, waiting for the pace included, and the processor
// time of server and clients together for each frame delivered.
//
//	go test -run xxx -bench Subscribers -benchtime 50x ./internal/live
const (
	loadChannels    = 100
	loadSubscribers = 1000
	loadEvery       = 20 * time.Millisecond // between commits, each of which moves every campaign
)

// arrivals gathers latencies.
type arrivals struct {
	mu   sync.Mutex
	all  []time.Duration
	got  atomic.Int64 // frames
	sent sync.Map     // seq -> time of publication
}

func (a *arrivals) note(now time.Time, from, to int64) {
	a.got.Add(1)
	a.mu.Lock()
	defer a.mu.Unlock()
	for seq := from + 1; seq <= to; seq++ {
		if at, ok := a.sent.Load(seq); ok {
			a.all = append(a.all, now.Sub(at.(time.Time)))
		}
	}
}

func (a *arrivals) report(b *testing.B, cpu, took time.Duration) {
	a.mu.Lock()
	all := slices.Clone(a.all)
	a.mu.Unlock()
	if len(all) == 0 {
		return // the first trial is shorter than the pace
	}
	slices.Sort(all)
	at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(float64(a.got.Load())/took.Seconds(), "frames/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(a.got.Load()), "cpu-µs/frame")
	b.ReportMetric(0, "ns/op")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// seqOf reads the seq without decoding the message: clients must not be what
// is measured.
func seqOf(body []byte) int64 {
	_, after, _ := bytes.Cut(body, []byte(`"seq":`))
	digits, _, _ := bytes.Cut(after, []byte(","))
	seq, _ := strconv.ParseInt(string(digits), 10, 64)
	return seq
}

// listen reads a subscription to its end.
func listen(ctx context.Context, b *testing.B, url string, a *arrivals, ready func()) {
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer mine"}}})
	if err != nil {
		b.Error(err)
		ready()
		return
	}
	defer func() { _ = conn.CloseNow() }()
	var last int64
	for first := true; ; first = false {
		_, body, err := conn.Read(ctx)
		if err != nil {
			return
		}
		seq := seqOf(body)
		if first {
			ready()
		} else {
			a.note(time.Now(), last, seq)
		}
		last = seq
	}
}

// subscribers starts all of them and returns when each has had its snapshot.
func subscribers(ctx context.Context, b *testing.B, a *arrivals, url func(i int) string) (wait func()) {
	var ready, done sync.WaitGroup
	ready.Add(loadSubscribers)
	for i := range loadSubscribers {
		done.Go(func() { listen(ctx, b, url(i), a, ready.Done) })
		if i%50 == 0 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	ready.Wait()
	return done.Wait
}

func benchmarkHub(b *testing.B, stuck int) {
	w := newWorld(b, live.Limits{PerPartner: 2 * loadSubscribers})
	w.anyCampaign = true
	w.publish(w.note())
	campaigns := make([]uuid.UUID, loadChannels)
	for i := range campaigns {
		campaigns[i] = uuid.New()
	}
	w.campaign = campaigns[0]
	for range stuck {
		w.stuck(transports[1])
	}
	a := &arrivals{}
	ctx, cancel := context.WithCancel(context.Background())
	wait := subscribers(ctx, b, a, func(i int) string {
		return fmt.Sprintf("%s/api/v1/campaigns/%s/ws", w.server.URL, campaigns[i%loadChannels])
	})
	cpu, begun := cpuTime(), time.Now()
	b.ResetTimer()
	for end := begun.Add(time.Duration(b.N) * 100 * time.Millisecond); time.Now().Before(end); time.Sleep(loadEvery) {
		e := w.click(campaigns...)
		a.sent.Store(e.Seq, time.Now())
		w.publish(e)
	}
	cpu = cpuTime() - cpu
	a.report(b, cpu, time.Since(begun))
	cancel()
	wait()
}

func BenchmarkSubscribers(b *testing.B)                { benchmarkHub(b, 0) }
func BenchmarkSubscribersOnePercentStuck(b *testing.B) { benchmarkHub(b, loadSubscribers/100) }

// BenchmarkSubscribersBare is the baseline: the same library writes the same
// number of frames of the same size, straight from a loop for each connection.
func BenchmarkSubscribersBare(b *testing.B) {
	a := &arrivals{}
	start := make(chan struct{})
	var frames atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(rw, r, nil)
		if err != nil {
			return
		}
		ctx := conn.CloseRead(context.Background())
		frame := func(seq int64) []byte {
			return fmt.Appendf(nil, `{"type":"metrics_update","seq":%d,"at":"2026-01-01T00:00:00.000000Z","data":{"campaign_id":"0199d2e4-0000-7000-8000-000000000000","totals":{"clicks":1}}}`, seq)
		}
		_ = conn.Write(ctx, websocket.MessageText, frame(0))
		<-start
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for last := int64(0); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				seq := frames.Load()
				if seq == last {
					continue
				}
				if last = seq; conn.Write(ctx, websocket.MessageText, frame(seq)) != nil {
					return
				}
			}
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	wait := subscribers(ctx, b, a, func(int) string { return server.URL })
	close(start)
	cpu, begun := cpuTime(), time.Now()
	b.ResetTimer()
	for end := begun.Add(time.Duration(b.N) * 100 * time.Millisecond); time.Now().Before(end); time.Sleep(loadEvery) {
		a.sent.Store(frames.Load()+1, time.Now())
		frames.Add(1)
	}
	cpu = cpuTime() - cpu
	a.report(b, cpu, time.Since(begun))
	cancel()
	wait()
}
