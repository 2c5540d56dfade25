package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// firstStart is where the first page begins: before every print.
var firstStart = []byte{0}

// directory are the first prints of the index's pages, in order.
type directory [][]byte

func (s People) directory(ctx context.Context, q querier, partner uuid.UUID) (directory, error) {
	rows, err := q.QueryContext(ctx, `SELECT start FROM people_index WHERE partner = $1 ORDER BY start`, s.db.key(partner))
	if err != nil {
		return nil, err
	}
	return collect(rows, scanOne[[]byte])
}

// pageOf is the place of the page that a print is on; -1 while there is none.
func (d directory) pageOf(print identity.Print) int {
	i, exact := slices.BinarySearchFunc(d, print[:], bytes.Compare)
	if exact {
		return i
	}
	return i - 1
}

func (s People) page(ctx context.Context, q querier, partner uuid.UUID, start []byte) (audience.Page, error) {
	var body []byte
	err := q.QueryRowContext(ctx, `SELECT body FROM people_index WHERE partner = $1 AND start = $2`, s.db.key(partner), start).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return audience.DecodePage(body)
}

// lookUp finds whom the identifiers of a batch lead to. What leads to somebody
// who was forgotten leads nowhere.
func (s People) lookUp(ctx context.Context, b *batch) (known map[identity.Print]uint32, err error) {
	var prints []identity.Print
	for _, part := range b.parts {
		for row, err := range audience.Rows(part) {
			if err != nil {
				return nil, err
			}
			for _, id := range row.IDs {
				prints = append(prints, id.Print())
			}
		}
	}
	err = s.db.read(ctx, func(raw *sql.Tx) error {
		known, err = s.find(ctx, raw, b.Partner, prints)
		return err
	})
	return known, err
}

// find is whom prints lead to; it sorts them.
func (s People) find(ctx context.Context, q querier, partner uuid.UUID, prints []identity.Print) (map[identity.Print]uint32, error) {
	slices.SortFunc(prints, comparePrints)
	forgotten, err := scanBitmap(q.QueryRowContext(ctx, `SELECT forgotten FROM people WHERE partner = $1`, s.db.key(partner)))
	if errors.Is(err, sql.ErrNoRows) {
		return map[identity.Print]uint32{}, nil
	}
	if err != nil {
		return nil, err
	}
	pages, err := s.directory(ctx, q, partner)
	if err != nil {
		return nil, err
	}
	known := make(map[identity.Print]uint32, len(prints))
	var page audience.Page
	at := -1
	for _, print := range prints {
		if i := pages.pageOf(print); i != at {
			if page, err = s.page(ctx, q, partner, pages[i]); err != nil {
				return nil, err
			}
			at = i
		}
		if person, ok := page.Find(print); ok && !forgotten.Contains(person) {
			known[print] = person
		}
	}
	return known, nil
}

func comparePrints(a, b identity.Print) int { return bytes.Compare(a[:], b[:]) }

// indexPages is how many pages of the index a transaction writes: about 4 MiB,
// so that others have their turn.
const indexPages = 64

// writeIndex adds entries page by page. Made again, it changes nothing.
func (s People) writeIndex(ctx context.Context, h *hold, entries []audience.Entry) error {
	slices.SortFunc(entries, func(a, b audience.Entry) int { return comparePrints(a.Print, b.Print) })
	pages, err := s.directory(ctx, s.db.reader, h.partner)
	if err != nil {
		return s.db.translate(err)
	}
	for len(entries) > 0 {
		left := entries
		err := h.write(ctx, func(t *tx) error {
			left = entries
			for n := 0; n < indexPages && len(left) > 0; n++ {
				i := pages.pageOf(left[0].Print)
				var count int
				for count < len(left) && pages.pageOf(left[count].Print) == i {
					count++
				}
				start := firstStart
				if i >= 0 {
					start = pages[i]
				}
				if err := s.mergePage(ctx, t, h.partner, start, left[:count]); err != nil {
					return err
				}
				left = left[count:]
			}
			return nil
		})
		if err != nil {
			return err
		}
		entries = left
	}
	return nil
}

func (s People) mergePage(ctx context.Context, t *tx, partner uuid.UUID, start []byte, more []audience.Entry) error {
	page, err := s.page(ctx, t, partner, start)
	if err != nil {
		return err
	}
	for i, p := range page.Merge(more).Split() {
		if i > 0 {
			start = p[0].Print[:]
		}
		if err := s.writePage(ctx, t, partner, start, p); err != nil {
			return err
		}
	}
	return nil
}

func (s People) writePage(ctx context.Context, t *tx, partner uuid.UUID, start []byte, p audience.Page) error {
	_, err := t.exec(ctx, `INSERT INTO people_index (partner, start, body) VALUES ($1, $2, $3)
		ON CONFLICT (partner, start) DO UPDATE SET body = excluded.body`, s.db.key(partner), start, p.Encode())
	return err
}
