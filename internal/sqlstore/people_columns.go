package sqlstore

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
)

// columnBlock is one block of one column.
type columnBlock struct {
	name  string
	block int64
}

// columnWriter changes columns in a transaction: blocks are read when they are
// first touched and written at its end.
type columnWriter struct {
	columns
	t      *tx
	h      *hold
	tag    uint32 // the upload that speaks
	known  map[columnBlock]*audience.Values
	did    map[int64]*audience.Doings
	who    map[int64]*audience.IDs
	whoNew map[int64]bool
}

func newColumnWriter(ctx context.Context, t *tx, h *hold, tag uint32) *columnWriter {
	return &columnWriter{
		columns: columns{ctx: ctx, q: t, partner: t.db.key(h.partner)}, t: t, h: h, tag: tag,
		known: map[columnBlock]*audience.Values{}, did: map[int64]*audience.Doings{},
		who: map[int64]*audience.IDs{}, whoNew: map[int64]bool{},
	}
}

// tagOf is an upload as days remember it: of two uploads that speak of one
// person's day, once in four billion the second is taken for the first.
func tagOf(upload uuid.UUID) uint32 {
	return uint32(upload[12])<<24 | uint32(upload[13])<<16 | uint32(upload[14])<<8 | uint32(upload[15])
}

// add notes what a row says of a person.
func (c *columnWriter) add(person uint32, row *audience.Row, newcomer bool) error {
	block, slot := audience.BlockOf(person)
	if newcomer {
		ids, err := touch(c.who, block, func() (*audience.IDs, error) { return c.ids(block) })
		if err != nil {
			return err
		}
		c.whoNew[block] = ids.Add(slot, row.IDs) || c.whoNew[block]
	}
	for _, a := range row.Attributes {
		values, err := touch(c.known, columnBlock{a.Name, block}, func() (*audience.Values, error) { return c.values(a.Name, block) })
		if err != nil {
			return err
		}
		values.Set(slot, a.Value)
	}
	if len(row.Days) > 0 {
		doings, err := touch(c.did, block, func() (*audience.Doings, error) { return c.doings(block) })
		if err != nil {
			return err
		}
		doings.Add(slot, row.Days, c.tag)
	}
	return nil
}

// touch is what is kept under a key, read when it is not there yet.
func touch[K comparable, V any](kept map[K]*V, key K, read func() (*V, error)) (*V, error) {
	if v, ok := kept[key]; ok {
		return v, nil
	}
	v, err := read()
	if err == nil {
		kept[key] = v
	}
	return v, err
}

// flush writes what was touched.
func (c *columnWriter) flush() error {
	for block, ids := range c.who {
		if c.whoNew[block] {
			if err := c.put(columnIDs, block, ids.Encode()); err != nil {
				return err
			}
		}
	}
	for block, doings := range c.did {
		if err := c.put(columnDays, block, doings.Encode()); err != nil {
			return err
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(c.known), compareBlocks) {
		if err := c.put(at.name, at.block, c.known[at].Encode()); err != nil {
			return err
		}
	}
	return nil
}

func compareBlocks(a, b columnBlock) int {
	if a.name != b.name {
		return map[bool]int{true: -1, false: 1}[a.name < b.name]
	}
	return int(a.block - b.block)
}

func (c *columnWriter) put(name string, block int64, body []byte) error {
	_, err := c.t.exec(c.ctx, `INSERT INTO people_columns (partner, name, block, version, body) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (partner, name, block) DO UPDATE SET version = excluded.version, body = excluded.body`, c.partner, name, block, c.h.version, body)
	return err
}
