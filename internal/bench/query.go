package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Questions says what to measure questions on.
type Questions struct {
	Events    int64 // of all campaigns; a tenth of them of the first
	Campaigns int
	Seed      uint64
	Triples   int // random (campaign, at, known_at)
}

// Archive is a log whose background work the measurement does itself.
type Archive interface {
	performance.Writer
	performance.Reader
	// Tidy merges what the jobs would merge by now; all of it at the end.
	Tidy(ctx context.Context, all bool) error
	// Bytes is what it takes on disk, by table, and "total" and "empty".
	Bytes(ctx context.Context) (map[string]int64, error)
}

// Answers is what was found.
type Answers struct {
	Events    int64    `json:"events"`
	Largest   int64    `json:"largest_campaign"`
	Campaigns int      `json:"campaigns"`
	Load      float64  `json:"load_seconds"`   // events and background work
	Settle    float64  `json:"settle_seconds"` // the rest of the background work
	Asked     []Asked  `json:"asked"`
	Replay    float64  `json:"replay_events_per_cpu_second"` // the largest campaign's log, in its order
	Scan      float64  `json:"scan_events_per_cpu_second"`   // the same without making events of it
	PerEvent  float64  `json:"bytes_per_event"`              // the whole store
	Bytes     []Column `json:"bytes"`
	Peak      float64  `json:"peak_memory_mib"` // while it was asked
	Checked   int      `json:"checked"`         // answers equal to a plain replay
}

// Asked is how long one kind of question took.
type Asked struct {
	Name   string  `json:"name"`
	Times  int     `json:"times"`
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
	CPU99  float64 `json:"cpu_p99_ms"` // of the processor: on a busy machine it says more
	Replay float64 `json:"replay_ms"`  // the same by a plain replay of the campaign, at the median
}

// Column is the room of one table.
type Column struct {
	Table    string  `json:"table"`
	Bytes    int64   `json:"bytes"`
	PerEvent float64 `json:"per_event"`
}

// Clocked opens an archive that tells the time by a clock.
type Clocked func(now func() time.Time) (Archive, error)

// Ask fills an archive through the path that every event takes, and asks.
func Ask(ctx context.Context, open Clocked, q Questions) (Answers, error) {
	h := newHistory(q.Campaigns, q.Events, q.Seed)
	log, err := open(h.clock)
	if err != nil {
		return Answers{}, err
	}
	a := Answers{Campaigns: q.Campaigns}
	service, stop := serve(ctx, log, h)
	defer stop()
	if err := a.load(ctx, log, service, h, q.Events); err != nil {
		return a, err
	}
	if err := a.ask(ctx, log, service, h, q); err != nil {
		return a, err
	}
	if err := a.replay(ctx, log, h); err != nil {
		return a, err
	}
	err = a.weigh(ctx, log)
	return a, err
}

func serve(ctx context.Context, log Archive, h *history) (*performance.Service, func()) {
	ingester := performance.NewIngester(log)
	ingester.Pause, ingester.Gather = time.Microsecond, time.Microsecond // there is one sender
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = ingester.Run(ctx) }()
	return performance.NewService(ingester, h, log, h.clock), func() { stop(); <-done }
}

func (a *Answers) load(ctx context.Context, log Archive, service *performance.Service, h *history, events int64) error {
	const between = 200_000 // events, after which the jobs have their turn
	start := time.Now()
	for due := int64(between); h.sent < events; {
		if _, err := h.deliver(ctx, service, int(min(historyBatch, events-h.sent+100))); err != nil {
			return err
		}
		if h.sent >= due {
			due = h.sent + between
			if err := log.Tidy(ctx, false); err != nil {
				return err
			}
		}
	}
	a.Events, a.Load = h.sent, time.Since(start).Seconds()
	start = time.Now()
	h.now.Add((3 * time.Minute).Microseconds())
	err := log.Tidy(ctx, true)
	a.Settle = time.Since(start).Seconds()
	return err
}

// ask measures every kind of question, and holds answers against a replay.
func (a *Answers) ask(ctx context.Context, log Archive, service *performance.Service, h *history, q Questions) error {
	forgetPeak()
	end := h.clock()
	anyTime := func() time.Time {
		return h.from.Add(time.Duration(h.random.Int64N(int64(end.Sub(h.from))))).Truncate(time.Microsecond)
	}
	triple := func() performance.Query { return performance.Query{At: anyTime(), KnownAt: anyTime()} }
	today := end.Truncate(24 * time.Hour)
	month, hour := today.AddDate(0, 0, -30), end.Truncate(time.Hour)
	for _, kind := range []struct {
		name  string
		times int
		any   bool // campaign
		query func() performance.Query
	}{
		{"any campaign, at and known_at", q.Triples, true, triple},
		{"largest, any at and known_at", q.Triples, false, triple},
		{"largest, total", q.Triples / 10, false, func() performance.Query { return performance.Query{} }},
		{"largest, 48 hours", q.Triples / 10, false, func() performance.Query {
			return performance.Query{Granularity: "hour", From: hour.Add(-48 * time.Hour), To: hour}
		}},
		{"largest, 30 days", q.Triples / 10, false, func() performance.Query { return performance.Query{Granularity: "day", From: month, To: today} }},
		{"largest, 30 days as known then", q.Triples / 10, false, func() performance.Query {
			return performance.Query{Granularity: "day", From: month, To: today, KnownAt: anyTime()}
		}},
		{"largest, a month by channel", q.Triples / 10, false, func() performance.Query {
			return performance.Query{From: month, To: hour, GroupBy: []string{"channel"}}
		}},
		{"largest, everything by ad", q.Triples / 10, false, func() performance.Query { return performance.Query{GroupBy: []string{"ad"}} }},
		{"largest, by country and device", q.Triples / 100, false, func() performance.Query { return performance.Query{GroupBy: []string{"country", "device"}} }},
	} {
		asked := Asked{Name: kind.name, Times: max(kind.times, 3)}
		campaign := func() uuid.UUID { return h.campaigns[0] }
		if kind.any {
			campaign = func() uuid.UUID { return h.campaigns[h.random.IntN(len(h.campaigns))] }
		}
		if err := a.time(ctx, log, service, h, &asked, campaign, kind.query); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		a.Asked = append(a.Asked, asked)
	}
	a.Peak = peakMemory(os.Getpid())
	return nil
}

func (a *Answers) time(ctx context.Context, log Archive, service *performance.Service, h *history, asked *Asked, campaign func() uuid.UUID, query func() performance.Query) error {
	type checked struct {
		query  performance.Query
		answer performance.Result
	}
	var took, used, replayed []time.Duration
	var some []checked
	for i := range asked.Times {
		c, q := campaign(), query()
		start, before := time.Now(), ownCPU()
		got, err := service.Metrics(ctx, h.partner, c, q)
		took, used = append(took, time.Since(start)), append(used, ownCPU()-before)
		if err != nil {
			return err
		}
		if i%max(1, asked.Times/3) == 0 {
			some = append(some, checked{q, got})
		}
	}
	for _, c := range some {
		start := time.Now()
		if err := plain(ctx, log, h, c.query, c.answer); err != nil {
			return err
		}
		replayed = append(replayed, time.Since(start))
		a.Checked++
	}
	asked.P50, asked.P99, asked.CPU99, asked.Replay = quantile(took, 0.5), quantile(took, 0.99), quantile(used, 0.99), quantile(replayed, 0.5)
	return nil
}

var errDiffers = errors.New("the answer is not what a plain replay says")

// plain reads every event of the campaign, and holds the sums of the answer
// against those of the events in it.
func plain(ctx context.Context, log Archive, h *history, q performance.Query, got performance.Result) error {
	from, to := int64(-1<<61), int64(1<<61)
	if !q.From.IsZero() {
		from, to = q.From.UnixMicro(), q.To.UnixMicro()
	}
	if !q.At.IsZero() {
		to = min(to, q.At.UnixMicro()+1)
	}
	var want, have performance.Cell
	err := log.Replay(ctx, h.partner, got.Campaign, performance.Everything, 0, func(recordedAt int64, events []performance.Event) error {
		if recordedAt > got.KnownAt.UnixMicro() {
			return nil
		}
		for i := range events {
			if e := &events[i]; e.OccurredAt >= from && e.OccurredAt < to {
				want.Add(e)
			}
		}
		return nil
	})
	for i := range got.Items {
		have.Events += got.Items[i].Events
		for m := range performance.Reach {
			have.Sums[m] += *got.Items[i].At(m)
		}
	}
	if err == nil && (want.Events != have.Events || want.Sums != have.Sums) {
		return fmt.Errorf("%w: %v of %d events, %v of %d", errDiffers, have.Sums, have.Events, want.Sums, want.Events)
	}
	return err
}

// replay measures reading the largest campaign's log.
func (a *Answers) replay(ctx context.Context, log Archive, h *history) error {
	start := ownCPU()
	const rounds = 3
	for range rounds {
		a.Largest = 0
		err := log.Replay(ctx, h.partner, h.campaigns[0], performance.Everything, 0, func(_ int64, events []performance.Event) error {
			a.Largest += int64(len(events))
			return nil
		})
		if err != nil {
			return err
		}
	}
	a.Replay = rounds * float64(a.Largest) / (ownCPU() - start).Seconds()
	start = ownCPU()
	for range rounds {
		tally := performance.NewTally(performance.Total, time.UTC, "country", "device") // no digest has both
		if err := log.Tally(ctx, h.partner, h.campaigns[0], performance.Everything, tally); err != nil {
			return err
		}
	}
	a.Scan = rounds * float64(a.Largest) / (ownCPU() - start).Seconds()
	return nil
}

func (a *Answers) weigh(ctx context.Context, log Archive) error {
	bytes, err := log.Bytes(ctx)
	if err != nil {
		return err
	}
	for table, n := range bytes {
		a.Bytes = append(a.Bytes, Column{table, n, float64(n) / float64(a.Events)})
	}
	slices.SortFunc(a.Bytes, func(x, y Column) int { return int(y.Bytes - x.Bytes) })
	a.PerEvent = float64(bytes["total"]) / float64(a.Events)
	return nil
}

func (a Answers) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d events, %d of the largest of %d campaigns; written in %.0f s, tidied up in %.0f s more\n", a.Events, a.Largest, a.Campaigns, a.Load, a.Settle)
	fmt.Fprintf(&b, "%-32s %6s %10s %10s %10s %14s\n", "question", "asked", "p50 ms", "p99 ms", "CPU p99", "by replay, ms")
	for _, q := range a.Asked {
		fmt.Fprintf(&b, "%-32s %6d %10.2f %10.2f %10.2f %14.0f\n", q.Name, q.Times, q.P50, q.P99, q.CPU99, q.Replay)
	}
	fmt.Fprintf(&b, "%d answers equal a plain replay; %.0f MiB of memory at most while asked\n", a.Checked, a.Peak)
	fmt.Fprintf(&b, "replay %.1f million events a second of CPU, scan %.1f million\n", a.Replay/1e6, a.Scan/1e6)
	fmt.Fprintf(&b, "%.1f bytes an event on disk\n", a.PerEvent)
	for _, c := range a.Bytes {
		if c.PerEvent >= 0.05 {
			fmt.Fprintf(&b, "  %-24s %12d  %6.2f an event\n", c.Table, c.Bytes, c.PerEvent)
		}
	}
	return b.String()
}
