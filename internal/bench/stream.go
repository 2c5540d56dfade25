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
	// broker's share in it: it hands each document over and, unless there was a
	// backlog, takes it in and to its disk first.
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
	// Backlog, when it is not 0, is how many messages lie in the stream before
	// the clock runs: it is taking in that is measured then, without what the
	// publishers wait for.
	Backlog int
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
	in, err := s.intake(ctx, conn)
	if err != nil {
		return r, err
	}
	measure := s.measure
	if s.Backlog > 0 {
		measure = s.drain
	}
	var pace, cpu []float64
	for range rounds {
		over, err := Ingest(ctx, fmt.Sprintf("HTTP, documents of %d", l.Batch), l)
		if err != nil {
			return r, err
		}
		streamed, err := measure(ctx, in, l)
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

// intake is the consumer of the program, as the broker knows it.
type intake struct {
	js       jetstream.JetStream
	stream   string
	consumer jetstream.Consumer
}

// intake is there soon after the program serves.
func (s Stream) intake(ctx context.Context, conn *nats.Conn) (in intake, err error) {
	if in.js, err = jetstream.New(conn); err != nil {
		return in, err
	}
	return in, until(ctx, func() (bool, error) {
		in.stream, err = in.js.StreamNameBySubject(ctx, s.Topic)
		if err == nil {
			in.consumer, err = in.js.Consumer(ctx, in.stream, strings.ReplaceAll(s.Group+"-"+s.Topic, ".", "_"))
		}
		return err == nil, ctx.Err()
	})
}

// settled waits until the program has taken in all that there is.
func (in intake) settled(ctx context.Context) error {
	return until(ctx, func() (bool, error) {
		info, err := in.consumer.Info(ctx)
		return err == nil && info.NumPending == 0 && info.NumAckPending == 0, err
	})
}

// drain publishes the backlog while the consumer is held, and measures from its
// release until all is settled.
func (s Stream) drain(ctx context.Context, in intake, l Load) (Rate, error) {
	campaigns, err := newClient(l.URL, l.Key, 8).campaigns(ctx, l.Campaigns)
	if err != nil {
		return Rate{}, fmt.Errorf("make campaigns: %w", err)
	}
	name := in.consumer.CachedInfo().Name
	if _, err := in.js.PauseConsumer(ctx, in.stream, name, time.Now().Add(time.Hour)); err != nil {
		return Rate{}, fmt.Errorf("hold the consumer: %w", err)
	}
	x := &sender{writer: newEventWriter(campaigns, l.Seed)}
	for left := s.Backlog; left > 0 && err == nil; {
		n := min(left, s.Together)
		err = s.publish(ctx, x, n, l.Batch)
		left -= n
	}
	if err != nil {
		return Rate{}, err
	}
	x.took = nil // publishing is not what is measured
	start, before := time.Now(), cpuTime(l.PID)
	if _, err := in.js.ResumeConsumer(ctx, in.stream, name); err != nil {
		return Rate{}, fmt.Errorf("release the consumer: %w", err)
	}
	if err := in.settled(ctx); err != nil {
		return Rate{}, err
	}
	return sum(fmt.Sprintf("backlog, documents of %d", l.Batch), []*sender{x}, time.Since(start), cpuTime(l.PID)-before)
}

// measure publishes until the duration is over, each connection one batch after
// the other, and waits until all of it is settled.
func (s Stream) measure(ctx context.Context, in intake, l Load) (Rate, error) {
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
		wait.Go(func() {
			for x.err == nil && time.Since(start) < l.Duration {
				x.err = s.publish(ctx, x, s.Together, l.Batch)
			}
		})
	}
	wait.Wait()
	if err := in.settled(ctx); err != nil {
		return Rate{}, err
	}
	return sum(fmt.Sprintf("stream, documents of %d", l.Batch), senders, time.Since(start), cpuTime(l.PID)-before)
}

// publish sends n messages at once.
func (s Stream) publish(ctx context.Context, x *sender, n, facts int) error {
	batch := make([]event.Message, n)
	for i := range batch {
		batch[i] = event.Message{Topic: s.Topic, ContentType: "application/json", Body: slices.Clone(x.writer.document(facts))}
	}
	sent := time.Now()
	if err := s.To.Publish(ctx, batch); err != nil {
		return err
	}
	x.took = append(x.took, time.Since(sent))
	x.events += int64(facts * n)
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
