package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hexabuilders/campaignd/event"
)

// StreamReport is ingest from the broker in the program beside ingest over
// HTTP, in rounds that take turns, so that what the machine does besides meets
// both.
type StreamReport struct {
	Rates []Rate `json:"rates"` // HTTP and stream in turn
	// OfHTTP is the pace from the stream by that over HTTP, the median of the
	// rounds; CPUOfHTTP is the same of the processor time an event. That has the
	// broker's share in it: it takes each document in, and to its disk, first.
	OfHTTP    float64 `json:"of_http"`
	CPUOfHTTP float64 `json:"cpu_of_http"`
}

func (r StreamReport) String() string {
	var b strings.Builder
	for _, rate := range r.Rates {
		fmt.Fprintln(&b, rate)
	}
	fmt.Fprintf(&b, "%-28s %9.2f of the pace over HTTP, %.2f of its processor time (medians of %d rounds)\n", "from the stream", r.OfHTTP, r.CPUOfHTTP, len(r.Rates)/2)
	return b.String()
}

// Publisher is a broker that takes messages; one of package bus is.
type Publisher interface {
	Publish(ctx context.Context, batch []event.Message) error
}

// Stream is a broker in a program that takes facts in from it.
type Stream struct {
	To       Publisher
	URL      string // of its NATS, to ask how far the program has come
	Topic    string
	Group    string // as which the program consumes
	Together int    // messages that are published at once
}

// Streamed measures rounds of both. A round of the stream ends when the program
// has settled all that was published, which it does once that is durable.
func Streamed(ctx context.Context, s Stream, l Load, rounds int) (StreamReport, error) {
	var r StreamReport
	conn, err := nats.Connect(s.URL)
	if err != nil {
		return r, fmt.Errorf("broker of the program: %w", err)
	}
	defer conn.Close()
	taken, err := s.consumer(ctx, conn)
	if err != nil {
		return r, err
	}
	var pace, cpu []float64
	for range rounds {
		over, err := Ingest(ctx, fmt.Sprintf("HTTP, documents of %d", l.Batch), l)
		if err != nil {
			return r, err
		}
		streamed, err := s.measure(ctx, taken, l)
		if err != nil {
			return r, err
		}
		r.Rates = append(r.Rates, over, streamed)
		pace = append(pace, ratio(streamed, over))
		if over.CPU > 0 {
			cpu = append(cpu, streamed.CPU/over.CPU)
		}
	}
	r.OfHTTP, r.CPUOfHTTP = median(pace), median(cpu)
	return r, nil
}

// median is 0 of nothing.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

// consumer is the program's own. It begins to listen soon after it serves.
func (s Stream) consumer(ctx context.Context, conn *nats.Conn) (taken jetstream.Consumer, err error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	return taken, until(ctx, func() (bool, error) {
		name, err := js.StreamNameBySubject(ctx, s.Topic)
		if err == nil {
			taken, err = js.Consumer(ctx, name, strings.ReplaceAll(s.Group+"-"+s.Topic, ".", "_"))
		}
		return err == nil, ctx.Err()
	})
}

// measure publishes until the duration is over, each connection one batch after
// the other, and waits until all of it is settled.
func (s Stream) measure(ctx context.Context, taken jetstream.Consumer, l Load) (Rate, error) {
	campaigns, err := newClient(l.URL, l.Key, 8).campaigns(ctx, l.Campaigns)
	if err != nil {
		return Rate{}, fmt.Errorf("make campaigns: %w", err)
	}
	senders := make([]*sender, max(1, l.Connections/s.Together))
	start, before := time.Now(), cpuTime(l.PID)
	var wait sync.WaitGroup
	for i := range senders {
		x := &sender{writer: newEventWriter(campaigns, l.Seed+uint64(i))}
		senders[i] = x
		wait.Go(func() { x.err = s.publish(ctx, x, start.Add(l.Duration), l.Batch) })
	}
	wait.Wait()
	err = until(ctx, func() (bool, error) {
		info, err := taken.Info(ctx)
		return err == nil && info.NumPending == 0 && info.NumAckPending == 0, err
	})
	if err != nil {
		return Rate{}, err
	}
	return sum(fmt.Sprintf("stream, documents of %d", l.Batch), senders, time.Since(start), cpuTime(l.PID)-before)
}

func (s Stream) publish(ctx context.Context, x *sender, end time.Time, facts int) error {
	batch := make([]event.Message, s.Together)
	for time.Now().Before(end) {
		for i := range batch {
			batch[i] = event.Message{Topic: s.Topic, ContentType: "application/json", Body: slices.Clone(x.writer.document(facts))}
		}
		sent := time.Now()
		if err := s.To.Publish(ctx, batch); err != nil {
			return err
		}
		x.took = append(x.took, time.Since(sent))
		x.events += int64(facts * s.Together)
	}
	return nil
}

// until asks again and again whether something has come about.
func until(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
