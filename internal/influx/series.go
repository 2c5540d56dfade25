package influx

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// Series is performance.Series as InfluxDB has it, whether complete or not: see
// Mirror for who decides that.
type Series struct{ client *Client }

// NewSeries answers from a database.
func NewSeries(c *Client) Series { return Series{c} }

const markers = "campaign_mirror"

// Rollups implements performance.Series.
func (s Series) Rollups(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) ([]performance.Rollup, error) {
	out, _, err := s.rollupsAt(ctx, partner, campaign, width, from, to)
	return out, err
}

// rollupsAt says besides how far the partner's mirror had come while it was
// read: the lesser of before and after.
func (s Series) rollupsAt(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) (out []performance.Rollup, seq int64, err error) {
	m := measurements[width]
	mark := s.markerQuery() + fmt.Sprintf(" WHERE partner = '%s'", partner)
	data := fmt.Sprintf("SELECT *::field FROM %s WHERE partner = '%s' AND campaign = '%s' AND time >= %du AND time < %du GROUP BY channel",
		s.from(m.name), partner, campaign, timeOf(from, m.step), timeOf(to, m.step))
	results, err := s.client.query(ctx, mark+"; "+data+"; "+mark)
	if err != nil {
		return nil, 0, err
	}
	if len(results) != 3 {
		return nil, 0, fmt.Errorf("influx: %d answers to 3 statements", len(results))
	}
	seq = math.MaxInt64
	for _, i := range []int{0, 2} {
		seen, err := positions(results[i])
		if err != nil {
			return nil, 0, err
		}
		seq = min(seq, seen[partner])
	}
	for _, series := range results[1] {
		channel, err := decodeText(series.Tags["channel"])
		if err != nil {
			return nil, 0, err
		}
		for _, values := range series.Values {
			r, err := rollup(width, channel, series.Columns, values)
			if err != nil {
				return nil, 0, err
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b performance.Rollup) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), strings.Compare(a.Channel, b.Channel))
	})
	return out, seq, nil
}

// timeOf bounds a start to what InfluxDB can say.
func timeOf(start, step int64) int64 {
	return max(earliest/step, min(latest/step, start)) * step
}

func (s Series) from(measurement string) string {
	if s.client.cfg.Retention == "" {
		return quoteName(measurement)
	}
	return quoteName(s.client.cfg.Retention) + "." + quoteName(measurement)
}

func (s Series) markerQuery() string { return "SELECT seq, partner FROM " + s.from(markers) }

// positions reads all markers: how far the mirror of each partner has come.
func (s Series) positions(ctx context.Context) (map[uuid.UUID]int64, error) {
	results, err := s.client.query(ctx, s.markerQuery())
	if err != nil {
		return nil, err
	}
	all := map[uuid.UUID]int64{}
	for _, r := range results {
		seen, err := positions(r)
		if err != nil {
			return nil, err
		}
		for partner, seq := range seen {
			all[partner] = seq
		}
	}
	return all, nil
}

func positions(series []rows) (map[uuid.UUID]int64, error) {
	seen := map[uuid.UUID]int64{}
	for _, s := range series {
		at, who := slices.Index(s.Columns, "seq"), slices.Index(s.Columns, "partner")
		for _, v := range s.Values {
			if at < 0 || who < 0 || len(v) != len(s.Columns) {
				return nil, errForeign
			}
			number, isNumber := v[at].(json.Number)
			text, isText := v[who].(string)
			if !isNumber || !isText {
				return nil, errForeign
			}
			seq, err := number.Int64()
			if err != nil {
				return nil, fmt.Errorf("%w: seq %s", errForeign, number)
			}
			partner, err := uuid.Parse(text)
			if err != nil {
				return nil, fmt.Errorf("%w: partner %q", errForeign, text)
			}
			seen[partner] = seq
		}
	}
	return seen, nil
}
