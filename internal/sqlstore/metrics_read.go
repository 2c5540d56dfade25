package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// bucketStep is the distance from one bucket's start to the next.
var bucketStep = map[performance.Bucket]int64{performance.Minute: 60_000_000, performance.Hour: 3_600_000_000, performance.Day: 1}

// Rollups implements performance.Reader. Those that are no longer kept are made
// from the events.
func (m Metrics) Rollups(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) (out []performance.Rollup, err error) {
	if from >= to {
		return nil, nil
	}
	p := place{partner, campaign}
	err = m.db.read(ctx, func(snapshot *sql.Tx) error {
		floor, err := m.floor(ctx, snapshot, width)
		if err != nil {
			return err
		}
		if from < floor {
			if out, err = m.oldRollups(ctx, snapshot, p, width, from, min(to, floor)); err != nil || to <= floor {
				return err
			}
			from = floor
		}
		kept, err := m.rollups(ctx, snapshot, p, width, from, to)
		out = append(out, kept...)
		return err
	})
	return out, err
}

// oldRollups sums minutes or hours up from the events.
func (m Metrics) oldRollups(ctx context.Context, q querier, p place, width performance.Bucket, from, to int64) ([]performance.Rollup, error) {
	span := performance.Everything
	span.From, span.To = from, to
	tally := performance.NewTally(width, time.UTC)
	if err := m.tally(ctx, q, p, span, tally); err != nil {
		return nil, err
	}
	cells := tally.Cells()
	out := make([]performance.Rollup, len(cells))
	for i, c := range cells {
		out[i] = performance.Rollup{Bucket: width, Start: c.From, Channel: c.Channel, Cell: c.Cell}
	}
	return out, nil
}

// rollups reads the kept ones. Their key begins with the bucket, so a short
// range looks every bucket up (SQLite joins in the order of a CROSS JOIN); a long
// one would look up more buckets than there are rows, and reads the rows of the
// range.
func (m Metrics) rollups(ctx context.Context, q querier, p place, width performance.Bucket, from, to int64) ([]performance.Rollup, error) {
	const columns = "r.start, r.channel, r.events, r.impressions, r.clicks, r.conversions, r.leads, r.spend, r.revenue"
	query := `WITH RECURSIVE bucket (start) AS (
			SELECT CAST($4 AS BIGINT) UNION ALL SELECT start + $6 FROM bucket WHERE start + $6 < $5)
		SELECT ` + columns + ` FROM bucket CROSS JOIN metric_rollups r
		WHERE r.partner = $1 AND r.width = $2 AND r.start = bucket.start AND r.campaign = $3 ORDER BY r.start, r.channel`
	args := []any{m.db.key(p.partner), int64(width), m.db.key(p.campaign), from, to, bucketStep[width]}
	if to-from > performance.MaxItems*bucketStep[width] {
		query = `SELECT ` + columns + ` FROM metric_rollups r
			WHERE r.partner = $1 AND r.width = $2 AND r.start >= $4 AND r.start < $5 AND r.campaign = $3 ORDER BY r.start, r.channel`
		args = args[:5]
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var out []performance.Rollup
	err = eachRow(rows, func(rows *sql.Rows) error {
		r := performance.Rollup{Bucket: width}
		err := rows.Scan(append([]any{&r.Start, &r.Channel}, sumFields(&r.Cell)...)...)
		out = append(out, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, m.addRareTo(ctx, q, p, width, from, to, out)
}

// addRareTo fills in the gauges and custom values of rollups.
func (m Metrics) addRareTo(ctx context.Context, q querier, p place, width performance.Bucket, from, to int64, rollups []performance.Rollup) error {
	if len(rollups) == 0 {
		return nil
	}
	type bucket struct {
		start   int64
		channel string
	}
	cells := make(map[bucket]*performance.Cell, len(rollups))
	for i := range rollups {
		cells[bucket{rollups[i].Start, rollups[i].Channel}] = &rollups[i].Cell
	}
	rows, err := q.QueryContext(ctx, `SELECT start, channel, name, at, value FROM metric_values
		WHERE partner = $1 AND campaign = $2 AND width = $3 AND start >= $4 AND start < $5 ORDER BY name`,
		m.db.key(p.partner), m.db.key(p.campaign), int64(width), from, to)
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var b bucket
		var v rareValue
		if err := rows.Scan(&b.start, &b.channel, &v.name, &v.at, &v.value); err != nil {
			return err
		}
		if cells[b] == nil {
			return nil
		}
		return v.addTo(cells[b])
	})
}

// rareValue is one row of metric_values.
type rareValue struct {
	name      string
	at, value int64
}

func (v *rareValue) addTo(c *performance.Cell) error {
	if custom, ok := strings.CutPrefix(v.name, customPrefix); ok {
		c.Custom = append(c.Custom, performance.Custom{Name: custom, Value: v.value})
		return nil
	}
	metric, ok := performance.MetricNamed(v.name)
	if !ok || !metric.IsGauge() {
		return fmt.Errorf("metric value %q is not known", v.name)
	}
	c.Gauges[metric-performance.Reach] = performance.Gauge{At: v.at, Value: v.value, Set: true}
	return nil
}

// Totals implements performance.Reader.
func (m Metrics) Totals(ctx context.Context, partner, campaign uuid.UUID) (out []performance.ChannelTotal, err error) {
	err = m.db.read(ctx, func(snapshot *sql.Tx) (err error) {
		out, err = m.totals(ctx, snapshot, partner, campaign)
		return err
	})
	return out, err
}

// totals reads within a transaction, for those who decide by them.
func (m Metrics) totals(ctx context.Context, q querier, partner, campaign uuid.UUID) ([]performance.ChannelTotal, error) {
	where, args := "partner = $1", []any{m.db.key(partner)}
	if campaign != uuid.Nil {
		where, args = where+" AND campaign = $2", append(args, m.db.key(campaign))
	}
	rows, err := q.QueryContext(ctx, `SELECT campaign, `+sumColumns+` FROM metric_totals WHERE `+where+` ORDER BY campaign`, args...)
	if err != nil {
		return nil, err
	}
	var out []performance.ChannelTotal
	err = eachRow(rows, func(rows *sql.Rows) error {
		var c performance.ChannelTotal
		err := rows.Scan(append([]any{&c.Campaign}, sumFields(&c.Cell)...)...)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	rows, err = q.QueryContext(ctx, `SELECT campaign, channel, name, at, value FROM metric_values
		WHERE width = 0 AND `+where+` ORDER BY campaign, channel, name`, args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func(rows *sql.Rows) error { return scanRareTotal(rows, &out) })
	return out, err
}

// scanRareTotal adds a value to the cell of its campaign and channel, which is
// the last one or a new one.
func scanRareTotal(rows *sql.Rows, out *[]performance.ChannelTotal) error {
	var c performance.ChannelTotal
	var v rareValue
	if err := rows.Scan(&c.Campaign, &c.Channel, &v.name, &v.at, &v.value); err != nil {
		return err
	}
	if last := len(*out) - 1; last < 0 || (*out)[last].Campaign != c.Campaign || (*out)[last].Channel != c.Channel {
		*out = append(*out, c)
	}
	return v.addTo(&(*out)[len(*out)-1].Cell)
}

// Settled implements performance.Reader. Whoever commits next holds the head's
// lock and gives a greater recorded_at.
func (m Metrics) Settled(ctx context.Context, partner uuid.UUID) (int64, error) {
	var at int64
	err := m.db.reader.QueryRowContext(ctx, `SELECT recorded_at FROM log_heads WHERE partner = $1`, m.db.key(partner)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return at, m.db.translate(err)
}
