package influx

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"github.com/hexabuilders/campaignd/performance"
)

// measurements of the widths, and the microseconds of a step of Start.
var measurements = map[performance.Bucket]struct {
	name string
	step int64
}{
	performance.Minute: {"campaign_minute", 1},
	performance.Hour:   {"campaign_hour", 1},
	performance.Day:    {"campaign_day", 86_400_000_000},
}

// InfluxDB keeps times as nanoseconds in an int64. What lies outside, an event
// of the year 1650, is not mirrored, and nobody is answered about it from here.
var (
	earliest = time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	latest   = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
)

const customPrefix = "custom."

// maxLines is how many points one request has at most.
const maxLines = 5000

// batch gathers points and sends them by the thousand.
type batch struct {
	client *Client
	held   func(context.Context) error // before anything is sent
	enc    lineprotocol.Encoder
	lines  int
	points int64
}

func newBatch(c *Client, held func(context.Context) error) *batch {
	b := &batch{client: c, held: held}
	b.enc.SetPrecision(lineprotocol.Microsecond)
	return b
}

// add puts a rollup into the batch, and sends it when it is full.
func (b *batch) add(ctx context.Context, partner, campaign uuid.UUID, r *performance.Rollup) error {
	m := measurements[r.Bucket]
	if r.Start < earliest/m.step || r.Start >= latest/m.step {
		return nil
	}
	b.enc.StartLine(m.name) // tags follow in the order of their names
	b.enc.AddTag("campaign", campaign.String())
	if r.Channel != "" {
		b.enc.AddTag("channel", encodeText(r.Channel))
	}
	b.enc.AddTag("partner", partner.String())
	b.field("events", r.Events)
	for metric := range performance.Reach {
		b.field(metric.String(), r.Sums[metric])
	}
	for i, g := range r.Gauges {
		if g.Set {
			name := (performance.Reach + performance.Metric(i)).String()
			b.field(name, g.Value)
			b.field(name+"_at", g.At)
		}
	}
	for _, c := range r.Custom {
		b.field(customPrefix+encodeText(c.Name), c.Value)
	}
	return b.end(ctx, r.Start*m.step)
}

// mark writes how far a partner's mirror has come. It goes out after everything
// that was added before.
func (b *batch) mark(ctx context.Context, partner uuid.UUID, seq int64) error {
	if err := b.send(ctx); err != nil {
		return err
	}
	b.enc.StartLine(markers)
	b.enc.AddTag("partner", partner.String())
	b.field("seq", seq)
	if err := b.end(ctx, 0); err != nil {
		return err
	}
	return b.send(ctx)
}

func (b *batch) field(name string, value int64) { b.enc.AddField(name, lineprotocol.IntValue(value)) }

func (b *batch) end(ctx context.Context, at int64) error {
	b.enc.EndLine(time.UnixMicro(at))
	b.lines++
	b.points++
	if b.lines < maxLines {
		return nil
	}
	return b.send(ctx)
}

func (b *batch) send(ctx context.Context) error {
	if err := b.enc.Err(); err != nil {
		return fmt.Errorf("influx: line protocol: %w", err)
	}
	if b.lines == 0 {
		return nil
	}
	err := b.held(ctx)
	if err == nil {
		err = b.client.Write(ctx, b.enc.Bytes())
	}
	b.enc.Reset()
	b.lines = 0
	return err
}

// encodeText writes a text so that every version of InfluxDB gives it back:
// control characters, backslashes and what is not UTF-8 are not kept by all.
func encodeText(s string) string {
	plain := func(r rune) bool { return r >= 0x20 && r != 0x7f && r != '%' && r != '\\' && r != utf8.RuneError }
	if !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if plain(r) {
			b.WriteString(s[i : i+size])
		} else {
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		i += size
	}
	return b.String()
}

func decodeText(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("%w: the text %q", errForeign, s)
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("%w: the text %q", errForeign, s)
		}
		b = append(b, c...)
		i += 2
	}
	return string(b), nil
}

// errForeign means that something else has written into our measurements.
var errForeign = errors.New("influx: a point that the mirror has not written")

// rollup reads one row of an answer.
func rollup(width performance.Bucket, channel string, columns []string, values []any) (performance.Rollup, error) {
	r := performance.Rollup{Bucket: width, Channel: channel}
	if len(values) != len(columns) {
		return r, errForeign
	}
	for i, column := range columns {
		if values[i] == nil {
			continue // another point has this field
		}
		number, ok := values[i].(json.Number)
		if !ok {
			return r, fmt.Errorf("%w: %s is %v", errForeign, column, values[i])
		}
		v, err := number.Int64()
		if err != nil {
			return r, fmt.Errorf("%w: %s is %s", errForeign, column, number)
		}
		if err := setField(&r, column, v); err != nil {
			return r, err
		}
	}
	slices.SortFunc(r.Custom, func(a, b performance.Custom) int { return strings.Compare(a.Name, b.Name) })
	return r, nil
}

func setField(r *performance.Rollup, column string, v int64) error {
	switch column {
	case "time":
		r.Start = v / measurements[r.Bucket].step
		return nil
	case "events":
		r.Events = v
		return nil
	}
	if name, ok := strings.CutPrefix(column, customPrefix); ok {
		name, err := decodeText(name)
		r.Custom = append(r.Custom, performance.Custom{Name: name, Value: v})
		return err
	}
	name, isTime := strings.CutSuffix(column, "_at")
	metric, ok := performance.MetricNamed(name)
	switch {
	case !ok || isTime && !metric.IsGauge():
		return fmt.Errorf("%w: the field %s", errForeign, column)
	case isTime:
		r.Gauges[metric-performance.Reach].At = v
	case metric.IsGauge():
		g := &r.Gauges[metric-performance.Reach]
		g.Value, g.Set = v, true
	default:
		r.Sums[metric] = v
	}
	return nil
}
