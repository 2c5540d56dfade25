package sqlstore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/chunk"
)

// Ids are looked up for ever, but nearly always soon. Those of time order move
// from metric_ids, a row each, to pages of some thousand once they are old
// enough for new ones to lie beyond them.
const (
	coldAfter  = time.Minute
	maxPageIDs = 8192
	worthCold  = 2048
	maxMove    = 8192 // ids of one transaction
	mostInPage = 2 * maxPageIDs
)

// errCrowded means that a page could not be divided: somebody counts ids up
// without their time moving on. They stay where they are.
var errCrowded = errors.New("too many ids of one moment")

// Freeze moves ids that have gone cold into pages. It leaves every answer as it
// is: what was counted is known for ever.
func (m Metrics) Freeze(ctx context.Context) error { return m.freeze(ctx, worthCold) }

func (m Metrics) freeze(ctx context.Context, worth int) error {
	refs, err := m.allRefs(ctx)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if err := m.freezePartner(ctx, ref, worth); err != nil {
			return fmt.Errorf("move ids of partner %d: %w", ref, err)
		}
	}
	return nil
}

func (m Metrics) allRefs(ctx context.Context) (refs []int64, err error) {
	rows, err := m.db.reader.QueryContext(ctx, `SELECT ref FROM metric_partners`)
	if err != nil {
		return nil, m.db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var ref int64
		err := rows.Scan(&ref)
		refs = append(refs, ref)
		return err
	})
	return refs, m.db.translate(err)
}

// firstTime is older than any UUIDv7: the hashes of texts that look like one lie
// anywhere, and few of them between it and now.
var firstTime = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// keyAt is the least key of a moment.
func keyAt(ms int64) (k performance.Key) {
	binary.BigEndian.PutUint64(k[:], uint64(ms)<<16)
	return k
}

func (m Metrics) freezePartner(ctx context.Context, ref int64, worth int) error {
	from, to := keyAt(firstTime.UnixMilli()), keyAt(m.db.now().Add(-coldAfter).UnixMilli())
	for ctx.Err() == nil {
		ids, err := m.hotIDs(ctx, ref, from, to)
		if err != nil || len(ids) < worth || len(ids) == 0 {
			return err
		}
		n := 0
		for n < len(ids) && ids[n].timed {
			n++
		}
		last := ids[max(n, 1)-1].id // one that is not is passed over
		if n > 0 {
			err := m.db.write(ctx, func(t *tx) error { return t.freeze(ctx, ref, ids[:n]) })
			if err != nil && !errors.Is(err, errCrowded) && !errors.Is(err, errMoved) {
				return err
			}
		}
		from = after(last)
	}
	return ctx.Err()
}

// after is the next key.
func after(k performance.Key) performance.Key {
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]++; k[i] != 0 {
			break
		}
	}
	return k
}

// hotID is a row of metric_ids.
type hotID struct {
	id    performance.Key
	key   chunk.Key
	timed bool
}

func (m Metrics) hotIDs(ctx context.Context, ref int64, from, to performance.Key) (ids []hotID, err error) {
	rows, err := m.db.reader.QueryContext(ctx, `SELECT id, print FROM metric_ids WHERE partner = $1 AND id >= $2 AND id < $3 ORDER BY id`+limited(maxMove),
		ref, m.db.key(uuid.UUID(from)), m.db.key(uuid.UUID(to)))
	if err != nil {
		return nil, m.db.translate(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id uuid.UUID
		var print int32
		if err := rows.Scan(&id, &print); err != nil {
			return err
		}
		h := hotID{id: performance.Key(id)}
		h.key, h.timed = chunk.KeyOf(h.id, uint32(print))
		ids = append(ids, h)
		return nil
	})
	return ids, m.db.translate(err)
}

// freeze moves ids that follow each other. The pages are locked by reading; ids
// come in beside those that were read, but never change, so their number tells
// whether all between the first and the last are those.
func (t *tx) freeze(ctx context.Context, ref int64, ids []hotID) error {
	result, err := t.exec(ctx, `DELETE FROM metric_ids WHERE partner = $1 AND id >= $2 AND id <= $3`,
		ref, t.db.key(uuid.UUID(ids[0].id)), t.db.key(uuid.UUID(ids[len(ids)-1].id)))
	if err != nil {
		return fmt.Errorf("delete cold ids: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(len(ids)) {
		return errors.Join(err, errMoved)
	}
	keys := make([]chunk.Key, len(ids))
	for i := range ids {
		keys[i] = ids[i].key
	}
	return t.addToPages(ctx, ref, keys)
}

func (t *tx) addToPages(ctx context.Context, ref int64, keys []chunk.Key) error {
	slices.SortFunc(keys, chunk.Key.Compare)
	for len(keys) > 0 {
		first, until, page, err := t.pageFor(ctx, ref, keys[0].Order)
		if err != nil {
			return err
		}
		n := len(keys)
		if until > 0 {
			n, _ = slices.BinarySearchFunc(keys, until, func(k chunk.Key, until int64) int { return compareInt64(k.Order, until) })
		}
		page = append(page, keys[:n]...)
		slices.SortFunc(page, chunk.Key.Compare)
		if err := t.replacePage(ctx, ref, first, page); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// pageFor finds the page that a key belongs in, and where the next one begins,
// 0 when there is none. A key before all pages belongs in a new one.
func (t *tx) pageFor(ctx context.Context, ref, order int64) (first, until int64, keys []chunk.Key, err error) {
	err = t.queryRow(ctx, `SELECT coalesce(min(first), 0) FROM metric_id_pages WHERE partner = $1 AND first > $2`, ref, order).Scan(&until)
	if err != nil {
		return 0, 0, nil, err
	}
	var body []byte
	err = t.queryRow(ctx, `SELECT first, body FROM metric_id_pages WHERE partner = $1 AND first <= $2 ORDER BY first DESC LIMIT 1`+t.db.forUpdate, ref, order).Scan(&first, &body)
	if err != nil {
		return -1, until, nil, missing(err, nil)
	}
	keys, err = chunk.DecodeKeys(nil, body)
	return first, until, keys, err
}

// replacePage writes keys as pages in place of one. All keys of one order are
// in one page.
func (t *tx) replacePage(ctx context.Context, ref, first int64, keys []chunk.Key) error {
	if _, err := t.exec(ctx, `DELETE FROM metric_id_pages WHERE partner = $1 AND first = $2`, ref, first); err != nil {
		return fmt.Errorf("replace a page of ids: %w", err)
	}
	for len(keys) > 0 {
		n := min(maxPageIDs, len(keys))
		for n < len(keys) && keys[n].Order == keys[n-1].Order {
			n++
		}
		if n > mostInPage {
			return errCrowded
		}
		_, err := t.exec(ctx, `INSERT INTO metric_id_pages (partner, first, last, keys, body) VALUES ($1, $2, $3, $4, $5)`,
			ref, keys[0].Order, keys[n-1].Order, n, chunk.EncodeKeys(keys[:n]))
		if err != nil {
			return fmt.Errorf("write a page of ids: %w", err)
		}
		keys = keys[n:]
	}
	return nil
}

// coldIDs returns the fingerprints of those keys, which are in their order, that
// are in pages. Ids of time order usually lie beyond the last page, and then
// cost one look at where that ends.
func coldIDs(ctx context.Context, q querier, ref int64, keys []performance.Key) (map[performance.Key]uint32, error) {
	var end int64
	row := q.QueryRowContext(ctx, `SELECT last FROM metric_id_pages WHERE partner = $1 ORDER BY first DESC LIMIT 1`, ref)
	if err := row.Scan(&end); err != nil {
		return nil, missing(err, nil)
	}
	found := map[performance.Key]uint32{}
	p := coldPage{ref: ref, q: q}
	for _, key := range keys {
		k, ok := chunk.KeyOf(key, 0)
		if !ok || k.Order > end {
			continue
		}
		print, ok, err := p.find(ctx, k)
		if err != nil {
			return nil, err
		}
		if ok {
			found[key] = print
		}
	}
	return found, nil
}

// coldPage is the page looked into last.
type coldPage struct {
	q           querier
	ref         int64
	first, last int64 // what it answers for: with no keys, that there are none
	read        bool
	keys        []chunk.Key
}

func (p *coldPage) find(ctx context.Context, k chunk.Key) (print uint32, ok bool, err error) {
	if !p.read || k.Order < p.first || k.Order > p.last {
		if err := p.turnTo(ctx, k.Order); err != nil {
			return 0, false, err
		}
	}
	i, ok := slices.BinarySearchFunc(p.keys, k, chunk.Key.Compare)
	if !ok {
		return 0, false, nil
	}
	return p.keys[i].Print, true, nil
}

func (p *coldPage) turnTo(ctx context.Context, order int64) error {
	var body []byte
	p.read, p.first, p.last, p.keys = true, order, order, p.keys[:0]
	err := p.q.QueryRowContext(ctx, `SELECT first, last, body FROM metric_id_pages
		WHERE partner = $1 AND first = (SELECT max(first) FROM metric_id_pages WHERE partner = $1 AND first <= $2) AND last >= $2`,
		p.ref, order).Scan(&p.first, &p.last, &body)
	if err != nil {
		return missing(err, nil)
	}
	p.keys, err = chunk.DecodeKeys(p.keys, body)
	return err
}
