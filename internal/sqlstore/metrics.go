package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// Metrics is the log of metric events: performance.Writer and
// performance.Reader.
type Metrics struct{ db *DB }

// Metrics returns the log of metric events.
func (db *DB) Metrics() Metrics { return Metrics{db} }

// Append implements performance.Writer. Locks are taken in one order, so that
// commits on several connections wait for each other and never in a circle:
// ids, totals, rollups and budgets, each sorted by partner and key, and the log
// heads last. The chunks come after the heads because they carry the
// recorded_at that the head gives; nobody else can touch their keys.
func (m Metrics) Append(ctx context.Context, c *performance.Commit) error {
	refs, err := m.refs(ctx, c)
	if err != nil {
		return err
	}
	bodies := encodeChunks(c) // outside the transaction, which others wait for
	return m.db.write(ctx, func(t *tx) error {
		for i := range c.Partners {
			if err := t.insertIDs(ctx, refs[i], &c.Partners[i]); err != nil {
				return err
			}
		}
		totals := make([][]*performance.Cell, len(c.Partners))
		for i := range c.Partners {
			var err error
			if totals[i], err = t.addPartner(ctx, &c.Partners[i]); err != nil {
				return err
			}
		}
		return t.seal(ctx, c, totals, bodies)
	})
}

func (m Metrics) refs(ctx context.Context, c *performance.Commit) ([]int64, error) {
	refs := make([]int64, len(c.Partners))
	for i, p := range c.Partners {
		var err error
		if refs[i], err = m.ref(ctx, p.Partner); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

func encodeChunks(c *performance.Commit) [][]byte {
	var bodies [][]byte
	for _, p := range c.Partners {
		for _, part := range p.Parts {
			bodies = append(bodies, chunk.Encode(part.Events))
		}
	}
	return bodies
}

// insertIDs claims the ids of one partner's events. It is hopeful: it inserts
// them all, and when some were there it gives up rather than find out which.
func (t *tx) insertIDs(ctx context.Context, ref int64, p *performance.PartnerPart) error {
	b := bulk{
		into: "metric_ids (partner, id, print)", shared: []any{ref}, types: []string{"uuid", "integer"},
		tail: "ON CONFLICT DO NOTHING", args: make([]any, 0, 2*len(p.Keys)),
	}
	for i, key := range p.Keys {
		b.add([16]byte(key), int64(int32(p.Prints[i])))
	}
	changed, err := b.exec(ctx, t)
	if err != nil {
		return fmt.Errorf("insert metric ids: %w", err)
	}
	if changed != int64(len(p.Keys)) {
		return performance.ErrSeen
	}
	// Pages are looked at after the rows: an id on its way from there to here
	// is seen in one or the other.
	cold, err := coldIDs(ctx, t, ref, p.Keys)
	if err != nil {
		return fmt.Errorf("look ids up: %w", err)
	}
	if len(cold) > 0 {
		return performance.ErrSeen
	}
	return nil
}

// ref is the partner's short number, given at its first event. It never
// changes, so it is remembered once it is committed.
func (m Metrics) ref(ctx context.Context, partner uuid.UUID) (int64, error) {
	if ref, ok := m.db.metricRefs.Load(partner); ok {
		return ref.(int64), nil
	}
	for {
		ref, err := m.storedRef(ctx, partner)
		if err == nil {
			m.db.metricRefs.Store(partner, ref)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return ref, m.db.translate(err)
		}
		err = m.db.write(ctx, func(t *tx) error {
			_, err := t.exec(ctx, `INSERT INTO metric_partners (partner, ref)
				SELECT $1, coalesce(max(ref), 0) + 1 FROM metric_partners`, t.db.key(partner))
			return err
		})
		if err != nil && !isUnique(err) { // another partner, or node, took the number
			return 0, err
		}
	}
}

func (m Metrics) storedRef(ctx context.Context, partner uuid.UUID) (ref int64, err error) {
	err = m.db.reader.QueryRowContext(ctx, `SELECT ref FROM metric_partners WHERE partner = $1`, m.db.key(partner)).Scan(&ref)
	return ref, err
}

// Known implements performance.Writer.
func (m Metrics) Known(ctx context.Context, partner uuid.UUID, keys []performance.Key) (map[performance.Key]uint32, error) {
	ref, err := m.ref(ctx, partner)
	if err != nil {
		return nil, err
	}
	// Rows first, for the same reason as in insertIDs.
	known := map[performance.Key]uint32{}
	err = m.db.selectIDs(ctx, ref, keys, func(rows *sql.Rows) error {
		var id uuid.UUID
		var print int32
		if err := rows.Scan(&id, &print); err != nil {
			return err
		}
		known[performance.Key(id)] = uint32(print)
		return nil
	})
	if err != nil {
		return nil, m.db.translate(err)
	}
	cold, err := coldIDs(ctx, m.db.reader, ref, keys)
	maps.Copy(known, cold)
	return known, m.db.translate(err)
}

func (db *DB) selectIDs(ctx context.Context, ref int64, keys []performance.Key, scan func(*sql.Rows) error) error {
	if db.name == postgresDialect.name {
		ids := make([][16]byte, len(keys))
		for i, key := range keys {
			ids[i] = key
		}
		rows, err := db.reader.QueryContext(ctx, `SELECT id, print FROM metric_ids WHERE partner = $1 AND id = ANY($2)`, ref, ids)
		if err != nil {
			return err
		}
		return eachRow(rows, scan)
	}
	stmt, err := db.reader.PrepareContext(ctx, `SELECT id, print FROM metric_ids WHERE partner = ? AND id = ?`)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for i := range keys {
		rows, err := stmt.QueryContext(ctx, ref, keys[i][:])
		if err != nil {
			return err
		}
		if err := eachRow(rows, scan); err != nil {
			return err
		}
	}
	return nil
}

// seal gives the commit its place in the partners' logs and writes what needs
// it: the chunks and the events.
func (t *tx) seal(ctx context.Context, c *performance.Commit, totals [][]*performance.Cell, bodies [][]byte) error {
	if err := t.insertChunks(ctx, c, bodies); err != nil {
		return err
	}
	for i := range c.Partners {
		p := &c.Partners[i]
		t.append(performance.UpdatedEvent(p, totals[i], moment(t.stamps[p.Partner])))
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	for _, p := range c.Partners {
		c.Stamps[p.Partner] = performance.Stamp{RecordedAt: moment(t.stamps[p.Partner]), Seq: t.seqs[p.Partner]}
	}
	return nil
}

// insertChunks locks the heads for their recorded_at and stores the events.
func (t *tx) insertChunks(ctx context.Context, c *performance.Commit, bodies [][]byte) error {
	partners := make([]uuid.UUID, len(c.Partners))
	for i, p := range c.Partners {
		partners[i] = p.Partner
	}
	if err := t.stamp(ctx, partners...); err != nil {
		return err
	}
	b := bulk{
		into:  "metric_chunks (partner, campaign, recorded_at, events, first_at, last_at, body)",
		types: []string{"uuid", "uuid", "bigint", "integer", "bigint", "bigint", "bytea"},
	}
	for _, p := range c.Partners {
		for _, part := range p.Parts {
			first, last := part.Events[0].OccurredAt, part.Events[len(part.Events)-1].OccurredAt
			b.add([16]byte(p.Partner), [16]byte(part.Campaign), t.stamps[p.Partner], int64(len(part.Events)), first, last, bodies[0])
			bodies = bodies[1:]
		}
	}
	if _, err := b.exec(ctx, t); err != nil {
		return fmt.Errorf("insert metric chunks: %w", err)
	}
	return nil
}
