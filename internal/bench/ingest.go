package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Load says how events are sent.
type Load struct {
	URL         string // of the service, such as http://127.0.0.1:8080
	Key         string // of one partner, that may write metrics and campaigns
	Campaigns   int
	Connections int
	Batch       int // events of one request
	Duration    time.Duration
	Seed        uint64 // of values and choices; ids are always new
	PID         int    // of the service, to say what it costs; 0 leaves that out
}

// Rate is what a load achieved.
type Rate struct {
	Name            string  `json:"name"`
	Events          int64   `json:"events"`
	Requests        int     `json:"requests"`
	Seconds         float64 `json:"seconds"`
	EventsPerSecond float64 `json:"events_per_second"`
	P50             float64 `json:"p50_ms,omitempty"` // of a request, milliseconds
	P99             float64 `json:"p99_ms,omitempty"`
	CPU             float64 `json:"cpu_us_per_event,omitempty"` // processor time of the service, microseconds
}

func (r Rate) String() string {
	waited := fmt.Sprintf("p50 %7.1f ms   p99 %7.1f ms", r.P50, r.P99)
	if r.P99 == 0 { // nobody waited for an answer
		waited = strings.Repeat(" ", len(waited))
	}
	return fmt.Sprintf("%-28s %9.0f events/s   %s   %6.1f us of CPU an event   (%d events in %.1f s)",
		r.Name, r.EventsPerSecond, waited, r.CPU, r.Events, r.Seconds)
}

// Ingest sends events over HTTP until the duration is over. Every event must be
// accepted, or it is an error.
func Ingest(ctx context.Context, name string, l Load) (Rate, error) {
	c := newClient(l.URL, l.Key, max(l.Connections, 8))
	campaigns, err := c.campaigns(ctx, l.Campaigns)
	if err != nil {
		return Rate{}, fmt.Errorf("make campaigns: %w", err)
	}
	senders := make([]*sender, l.Connections)
	start, before := time.Now(), cpuTime(l.PID)
	var wait sync.WaitGroup
	for i := range senders {
		s := &sender{client: c, writer: newEventWriter(campaigns, l.Seed+uint64(i))}
		senders[i] = s
		wait.Go(func() { s.err = s.run(ctx, start.Add(l.Duration), l.Batch) })
	}
	wait.Wait()
	return sum(name, senders, time.Since(start), cpuTime(l.PID)-before)
}

func sum(name string, senders []*sender, took, cpu time.Duration) (Rate, error) {
	var took99 []time.Duration
	var errs []error
	r := Rate{Name: name, Seconds: took.Seconds()}
	for _, s := range senders {
		r.Events += s.events
		took99 = append(took99, s.took...)
		errs = append(errs, s.err)
	}
	r.Requests = len(took99)
	r.EventsPerSecond = float64(r.Events) / r.Seconds
	if r.Events > 0 {
		r.CPU = float64(cpu.Microseconds()) / float64(r.Events)
	}
	r.P50, r.P99 = quantile(took99, 0.50), quantile(took99, 0.99)
	return r, errors.Join(errs...)
}

// quantile is in milliseconds, 0 of nothing.
func quantile(took []time.Duration, q float64) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[int(q*float64(len(took)-1))]) / float64(time.Millisecond)
}

// sender is one connection.
type sender struct {
	client *client
	writer *eventWriter
	events int64
	took   []time.Duration
	err    error
}

func (s *sender) run(ctx context.Context, until time.Time, batch int) error {
	for time.Now().Before(until) {
		body := s.writer.document(batch)
		sent := time.Now()
		answer, err := s.client.post(ctx, "/metrics", body)
		if err != nil {
			return err
		}
		s.took = append(s.took, time.Since(sent))
		var receipt struct{ Accepted int64 }
		if err := json.Unmarshal(answer, &receipt); err != nil {
			return err
		}
		if receipt.Accepted != int64(batch) {
			return fmt.Errorf("%d of %d events accepted: %s", receipt.Accepted, batch, answer)
		}
		s.events += receipt.Accepted
	}
	return nil
}

// eventWriter writes requests. It shares a machine with what it measures, so it
// writes by hand into one buffer.
type eventWriter struct {
	campaigns []string
	random    *rand.Rand
	buf       []byte
}

// channels: a campaign delivers through one of them.
var channels = [...]string{"search", "social"}

func newEventWriter(campaigns []uuid.UUID, seed uint64) *eventWriter {
	w := &eventWriter{random: rand.New(rand.NewPCG(seed, 7))}
	for _, id := range campaigns {
		w.campaigns = append(w.campaigns, id.String())
	}
	return w
}

func (w *eventWriter) document(events int) []byte {
	w.buf = append(w.buf[:0], `{"events":[`...)
	now := time.Now().UTC()
	for i := range events {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.event(now.Add(-time.Duration(events-i) * time.Millisecond))
	}
	w.buf = append(w.buf, "]}"...)
	return w.buf
}

func (w *eventWriter) event(at time.Time) {
	b, r := w.buf, w.random
	b = append(b, `{"event_id":"`...)
	b = append(b, uuid.Must(uuid.NewV7()).String()...)
	b = append(b, `","campaign_id":"`...)
	campaign := r.IntN(len(w.campaigns))
	b = append(b, w.campaigns[campaign]...)
	b = append(b, `","occurred_at":"`...)
	b = at.AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, `","channel":"`...)
	b = append(b, channels[campaign%len(channels)]...)
	b = append(b, `","source":"bench","metrics":{"impressions":`...)
	b = strconv.AppendInt(b, int64(50+r.IntN(200)), 10)
	b = append(b, `,"clicks":`...)
	b = strconv.AppendInt(b, int64(r.IntN(9)), 10)
	b = append(b, `,"conversions":`...)
	b = strconv.AppendInt(b, int64(r.IntN(2)), 10)
	b = append(b, `,"spend":"`...)
	b = appendCents(b, r.IntN(300))
	b = append(b, `","revenue":"`...)
	b = appendCents(b, r.IntN(900))
	b = append(b, `"}}`...)
	w.buf = b
}

func appendCents(b []byte, cents int) []byte {
	b = strconv.AppendInt(b, int64(cents/100), 10)
	return append(b, '.', byte('0'+cents/10%10), byte('0'+cents%10))
}
