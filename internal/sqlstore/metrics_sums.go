package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

const sumColumns = "events, impressions, clicks, conversions, leads, spend, revenue"

// addSums is the SET clause that adds the values of a conflicting row.
func addSums(table string) string {
	columns := strings.Split(sumColumns, ", ")
	for i, name := range columns {
		columns[i] = fmt.Sprintf("%[2]s = %[1]s.%[2]s + excluded.%[2]s", table, name)
	}
	return strings.Join(columns, ", ")
}

func sumTypes(key ...string) []string {
	return append(key, slices.Repeat([]string{"bigint"}, 1+performance.NumSums)...)
}

func appendSums(args []any, c *performance.Cell) []any {
	args = append(args, c.Events)
	for _, sum := range c.Sums {
		args = append(args, sum)
	}
	return args
}

// sumFields are where a row's sums are scanned to.
func sumFields(c *performance.Cell) []any {
	fields := []any{&c.Events}
	for m := range c.Sums {
		fields = append(fields, &c.Sums[m])
	}
	return fields
}

// addPartner adds one partner's part to everything that is summed up, settles
// its spend, and appends what follows. It returns the totals after it.
func (t *tx) addPartner(ctx context.Context, p *performance.PartnerPart) ([]*performance.Cell, error) {
	after, err := t.addTotals(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := t.addRollups(ctx, p); err != nil {
		return nil, err
	}
	if err := t.addValues(ctx, p); err != nil {
		return nil, err
	}
	if err := t.settleSpend(ctx, p); err != nil {
		return nil, err
	}
	totals := make([]*performance.Cell, len(p.Parts))
	for i, part := range p.Parts {
		totals[i] = &after[i].Total
		if err := t.follow(ctx, part, &after[i]); err != nil {
			return nil, err
		}
	}
	return totals, nil
}

// addTotals adds to the running totals and reads them back.
func (t *tx) addTotals(ctx context.Context, p *performance.PartnerPart) ([]performance.After, error) {
	b := bulk{
		into: "metric_totals (partner, campaign, loose, " + sumColumns + ")", shared: []any{[16]byte(p.Partner)}, types: sumTypes("uuid", "bigint"),
		tail: "ON CONFLICT (partner, campaign) DO UPDATE SET loose = metric_totals.loose + excluded.loose, " + addSums("metric_totals") + " RETURNING campaign, standing, " + sumColumns,
	}
	place := make(map[uuid.UUID]int, len(p.Parts))
	after := make([]performance.After, len(p.Parts))
	for i, part := range p.Parts {
		place[part.Campaign] = i
		b.add([16]byte(part.Campaign), max(part.Total.Events, minChunk))
		b.args = appendSums(b.args, &part.Total)
	}
	err := b.query(ctx, t, func(rows *sql.Rows) error {
		var campaign uuid.UUID
		var standing string
		var total performance.Cell
		if err := rows.Scan(append([]any{&campaign, &standing}, sumFields(&total)...)...); err != nil {
			return err
		}
		a := &after[place[campaign]]
		a.Total, a.Total.Gauges = total, p.Parts[place[campaign]].Total.Gauges
		if standing == "" {
			return nil
		}
		return json.Unmarshal([]byte(standing), &a.Standing)
	})
	if err != nil {
		return nil, fmt.Errorf("add metric totals: %w", err)
	}
	for i, part := range p.Parts {
		if err := after[i].Check(part); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// addRollups adds to the buckets, in the order of their key.
func (t *tx) addRollups(ctx context.Context, p *performance.PartnerPart) error {
	type row struct {
		campaign uuid.UUID
		*performance.Rollup
	}
	var rows []row
	for _, part := range p.Parts {
		for i := range part.Rollups {
			if t.db.keeps(&part.Rollups[i]) {
				rows = append(rows, row{part.Campaign, &part.Rollups[i]})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { // stable: parts are in the order of campaigns
		if a.Bucket != b.Bucket {
			return int(a.Bucket) - int(b.Bucket)
		}
		return compareInt64(a.Start, b.Start)
	})
	b := bulk{
		into:   "metric_rollups (partner, width, start, campaign, channel, " + sumColumns + ")",
		shared: []any{[16]byte(p.Partner)},
		types:  sumTypes("smallint", "bigint", "uuid", "text"),
		tail:   "ON CONFLICT (partner, width, start, campaign, channel) DO UPDATE SET " + addSums("metric_rollups"),
		args:   make([]any, 0, len(rows)*11),
	}
	for _, r := range rows {
		b.add(int64(r.Bucket), r.Start, [16]byte(r.campaign), r.Channel)
		b.args = appendSums(b.args, &r.Cell)
	}
	if _, err := b.exec(ctx, t); err != nil {
		return fmt.Errorf("add metric rollups: %w", err)
	}
	return nil
}

func compareInt64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// customPrefix keeps the names of custom values apart from the gauges.
const customPrefix = "custom."

// addValues adds gauges and custom values, which most commits do not have.
func (t *tx) addValues(ctx context.Context, p *performance.PartnerPart) error {
	types := []string{"uuid", "uuid", "smallint", "bigint", "text", "text", "bigint", "bigint"}
	const into, key = "metric_values (partner, campaign, width, start, channel, name, at, value)", "ON CONFLICT (partner, campaign, width, start, channel, name) DO UPDATE SET "
	gauges := bulk{into: into, types: types, tail: key + `at = excluded.at, value = excluded.value
		WHERE excluded.at > metric_values.at OR excluded.at = metric_values.at AND excluded.value > metric_values.value`}
	customs := bulk{into: into, types: types, tail: key + "value = metric_values.value + excluded.value"}
	for _, part := range p.Parts {
		for _, r := range withTotals(part) {
			if !t.db.keeps(&r) {
				continue
			}
			head := []any{[16]byte(p.Partner), [16]byte(part.Campaign), int64(r.Bucket), r.Start, r.Channel}
			for i, g := range r.Gauges {
				if g.Set {
					gauges.add(append(slices.Clone(head), (performance.Reach + performance.Metric(i)).String(), g.At, g.Value)...)
				}
			}
			for _, c := range r.Custom {
				customs.add(append(slices.Clone(head), customPrefix+c.Name, int64(0), c.Value)...)
			}
		}
	}
	for _, b := range []*bulk{&gauges, &customs} {
		if _, err := b.exec(ctx, t); err != nil {
			return fmt.Errorf("add metric values: %w", err)
		}
	}
	return nil
}

// withTotals is a part's buckets that have gauges or custom values, and the
// running totals by channel that come from its days.
func withTotals(part *performance.Part) []performance.Rollup {
	if !rare(&part.Total) {
		return nil
	}
	var out []performance.Rollup
	byChannel := map[string]int{}
	for _, r := range part.Rollups {
		if !rare(&r.Cell) {
			continue
		}
		out = append(out, r)
	}
	for _, r := range out {
		if r.Bucket != performance.Day {
			continue
		}
		i, ok := byChannel[r.Channel]
		if !ok {
			i = len(out)
			byChannel[r.Channel] = i
			out = append(out, performance.Rollup{Bucket: performance.Total, Channel: r.Channel})
		}
		out[i].Merge(&r.Cell)
	}
	return out
}

func rare(c *performance.Cell) bool {
	return len(c.Custom) > 0 || slices.ContainsFunc(c.Gauges[:], func(g performance.Gauge) bool { return g.Set })
}

// follow appends what follows from one campaign's part.
func (t *tx) follow(ctx context.Context, part *performance.Part, after *performance.After) error {
	after.HourCell = func(start int64) (performance.Cell, error) { return t.hourCell(ctx, part, start) }
	after.DayEvents = func(days []int64) (map[int64]int64, error) { return t.dayEvents(ctx, part, days) }
	events, changed, err := after.Follow(part, t.db.now())
	if err != nil {
		return err
	}
	t.append(events...)
	if !changed {
		return nil
	}
	standing, err := json.Marshal(after.Standing)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE metric_totals SET standing = $3 WHERE partner = $1 AND campaign = $2`,
		t.db.key(part.Partner), t.db.key(part.Campaign), string(standing))
	return err
}

// hourCell sums one hour over the channels.
func (t *tx) hourCell(ctx context.Context, part *performance.Part, start int64) (performance.Cell, error) {
	var c performance.Cell
	row := t.queryRow(ctx, `SELECT `+coalesced(sumColumns)+` FROM metric_rollups
		WHERE partner = $1 AND width = 2 AND start = $2 AND campaign = $3`,
		t.db.key(part.Partner), start, t.db.key(part.Campaign))
	err := row.Scan(sumFields(&c)...)
	return c, err
}

// dayEvents counts the events of each of these local days over the channels.
func (t *tx) dayEvents(ctx context.Context, part *performance.Part, days []int64) (map[int64]int64, error) {
	found := make(map[int64]int64, len(days))
	for some := range slices.Chunk(days, 100) { // days of an import; a statement has room for more
		f := filter{}
		f.add("partner = ?", t.db.key(part.Partner))
		f.add("campaign = ?", t.db.key(part.Campaign))
		f.add("width = ?", int64(performance.Day))
		starts := make([]any, len(some))
		for i, day := range some {
			starts[i] = day
		}
		f.add("start IN (?"+strings.Repeat(", ?", len(some)-1)+")", starts...)
		rows, err := t.QueryContext(ctx, `SELECT start, CAST(sum(events) AS BIGINT) FROM metric_rollups`+f.where+` GROUP BY start`, f.args...)
		if err != nil {
			return nil, err
		}
		err = eachRow(rows, func(rows *sql.Rows) error {
			var day, events int64
			err := rows.Scan(&day, &events)
			found[day] = events
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// coalesced sums columns over the rows found, 0 when there are none. PostgreSQL
// sums to numeric, hence the cast.
func coalesced(columns string) string {
	names := strings.Split(columns, ", ")
	for i, name := range names {
		names[i] = "CAST(coalesce(sum(" + name + "), 0) AS BIGINT)"
	}
	return strings.Join(names, ", ")
}
