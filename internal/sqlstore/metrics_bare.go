package sqlstore

import (
	"context"

	"github.com/hexabuilders/campaignd/performance"
)

// Bare is the log of metric events without anything but the ids and the chunks,
// written with the same durability: the baseline that measurements hold the
// whole path against. Nothing that it writes is counted anywhere.
type Bare struct{ Metrics }

// Append writes ids and chunks.
func (b Bare) Append(ctx context.Context, c *performance.Commit) error {
	refs, err := b.refs(ctx, c)
	if err != nil {
		return err
	}
	bodies := encodeChunks(c)
	return b.db.write(ctx, func(t *tx) error {
		for i := range c.Partners {
			if err := t.insertIDs(ctx, refs[i], &c.Partners[i]); err != nil {
				return err
			}
		}
		return t.insertChunks(ctx, c, bodies)
	})
}
