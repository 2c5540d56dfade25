package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// InfluxDB measures an InfluxDB 1.x that takes the same facts from the same
// client: line protocol, a point a fact, as many in a request over as many
// connections. It makes a database and drops it in the end. What it takes is
// less than what the program does: no event counts once, nothing is summed up
// and no budget moves.
func InfluxDB(ctx context.Context, base string, l Load) (Rate, error) {
	c := newClient(base, "", l.Connections)
	const database = "campaignd_bench"
	if err := c.influx(ctx, "/query?"+url.Values{"q": {"CREATE DATABASE " + database}}.Encode(), nil); err != nil {
		return Rate{}, fmt.Errorf("the baseline on InfluxDB: %w", err)
	}
	all := newRoster(l.Campaigns)
	senders := make([]*sender, l.Connections)
	start := time.Now()
	var wait sync.WaitGroup
	for i := range senders {
		s := &sender{client: c}
		senders[i] = s
		w := &lineWriter{random: rand.New(rand.NewPCG(l.Seed+uint64(i), 7))}
		for _, id := range all.campaigns {
			w.campaigns = append(w.campaigns, id.String())
		}
		wait.Go(func() { s.err = s.write(ctx, w, "/write?precision=u&db="+database, start.Add(l.Duration), l.Batch) })
	}
	wait.Wait()
	took := time.Since(start)
	err := c.influx(context.WithoutCancel(ctx), "/query?"+url.Values{"q": {"DROP DATABASE " + database}}.Encode(), nil)
	rate, sumErr := sum("InfluxDB, a point an event", senders, took, 0)
	if sumErr != nil {
		err = sumErr
	}
	return rate, err
}

func (s *sender) write(ctx context.Context, w *lineWriter, path string, until time.Time, batch int) error {
	for time.Now().Before(until) {
		body := w.lines(batch)
		sent := time.Now()
		if err := s.client.influx(ctx, path, body); err != nil {
			return err
		}
		s.took = append(s.took, time.Since(sent))
		s.events += int64(batch)
	}
	return nil
}

// influx posts to InfluxDB, whose answers are of no interest but for failures.
func (c *client) influx(ctx context.Context, path string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("POST %s: %s: %s", path, response.Status, answer)
	}
	return err
}

// lineWriter writes the facts that eventWriter does, in line protocol.
type lineWriter struct {
	campaigns []string
	random    *rand.Rand
	buf       []byte
}

func (w *lineWriter) lines(events int) []byte {
	w.buf = w.buf[:0]
	now := time.Now()
	for i := range events {
		w.line(now.Add(-time.Duration(events-i) * time.Millisecond))
	}
	return w.buf
}

func (w *lineWriter) line(at time.Time) {
	r, campaign := w.random, w.random.IntN(len(w.campaigns))
	b := w.buf
	b = append(b, "events,campaign="...)
	b = append(b, w.campaigns[campaign]...)
	b = append(b, ",channel="...)
	b = append(b, channels[campaign%len(channels)]...)
	b = append(b, `,source=bench id="`...)
	b = append(b, uuid.Must(uuid.NewV7()).String()...)
	b = append(b, '"')
	for _, field := range []struct {
		name string
		most int
	}{{"impressions", 250}, {"clicks", 9}, {"conversions", 2}, {"spend", 3_000_000}, {"revenue", 9_000_000}} {
		b = append(b, ',')
		b = append(b, field.name...)
		b = append(b, '=')
		b = strconv.AppendInt(b, int64(r.IntN(field.most)), 10)
		b = append(b, 'i')
	}
	b = append(b, ' ')
	// Two facts of one series and microsecond would be one point.
	b = strconv.AppendInt(b, at.UnixMicro()+int64(r.IntN(1000)), 10)
	b = append(b, '\n')
	w.buf = b
}
