package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// A step takes in at most this much of an upload. Each step goes through the
// pages of the index that its identifiers are on, which for a long list are all
// of them: the longer a step, the less is read and written a row, and the more
// memory it takes (about 150 bytes a row with two identifiers).
const (
	stepParts = 12
	stepBytes = 48 << 20
)

// batch is what a step takes in.
type batch struct {
	audience.Upload
	first    int64    // the number of its first part
	parts    [][]byte // in order
	again    bool     // a step before this one died after it had written to the index
	people   [][]uint32
	newcomer [][]bool // rows with an identifier that was not in the index
}

// nobody stands for a row that is left out: somebody in it was erased after the
// upload had begun.
const nobody = math.MaxUint32

// Step implements audience.People.
func (s People) Step(ctx context.Context, u audience.Upload, now time.Time) (done bool, err error) {
	h, err := s.hold(ctx, u.Partner)
	if err != nil {
		return false, err
	}
	defer h.release(ctx)
	b, open, err := s.batch(ctx, u)
	if err != nil || !open {
		return !open, err
	}
	if len(b.parts) == 0 {
		return true, s.publish(ctx, h, b.Upload, now)
	}
	entries, err := s.resolve(ctx, h, b)
	if err == nil {
		err = s.reserve(ctx, h, b)
	}
	if err == nil {
		err = s.writeIndex(ctx, h, entries)
	}
	for i := 0; i < len(b.parts) && err == nil; i++ {
		err = s.store(ctx, h, b, i, now)
	}
	return false, err
}

// batch reads the next parts of an upload; open is false when it is taken in,
// or was dropped.
func (s People) batch(ctx context.Context, u audience.Upload) (b *batch, open bool, err error) {
	b = &batch{}
	err = s.db.read(ctx, func(raw *sql.Tx) error {
		b.parts = nil
		var doc string
		var reserved int64
		partner, id := s.db.key(u.Partner), s.db.key(u.ID)
		err := raw.QueryRowContext(ctx, `SELECT doc, next, reserved FROM audience_uploads WHERE partner = $1 AND id = $2 AND stage = 'applying'`, partner, id).
			Scan(&doc, &b.first, &reserved)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		open, b.again = true, b.first < reserved
		stored, err := decode[uploadDoc]("upload", u.ID, doc)
		if err != nil {
			return err
		}
		b.Upload = stored.Upload
		b.Partner, b.By = u.Partner, stored.Origin
		b.By.Partner = u.Partner
		return b.read(ctx, raw, partner, id)
	})
	return b, open, err
}

func (b *batch) read(ctx context.Context, raw *sql.Tx, partner, id any) error {
	rows, err := raw.QueryContext(ctx, `SELECT body FROM audience_parts WHERE partner = $1 AND upload = $2 AND n >= $3 ORDER BY n`+limited(stepParts), partner, id, b.first)
	if err != nil {
		return err
	}
	size := 0
	return eachRow(rows, func(rows *sql.Rows) error {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if size += len(body); size <= stepBytes || len(b.parts) == 0 {
			b.parts = append(b.parts, body)
		}
		return nil
	})
}

// resolve finds out who the rows of a batch are, and gives numbers to those who
// are nobody yet. It returns what the index has to learn, in no order.
func (s People) resolve(ctx context.Context, h *hold, b *batch) ([]audience.Entry, error) {
	known, err := s.lookUp(ctx, b)
	if err != nil {
		return nil, err
	}
	erased, err := s.erasedSince(ctx, b)
	if err != nil {
		return nil, err
	}
	var entries []audience.Entry
	for _, part := range b.parts {
		var people []uint32
		var newcomers []bool
		for row, err := range audience.Rows(part) {
			if err != nil {
				return nil, fmt.Errorf("a part of upload %s: %w", b.ID, err)
			}
			person, before := b.personOf(row, known, erased, h), len(entries)
			if person != nobody {
				entries = learn(entries, row, known, person)
			}
			people, newcomers = append(people, person), append(newcomers, b.again || len(entries) > before)
		}
		b.people, b.newcomer = append(b.people, people), append(b.newcomer, newcomers)
	}
	if h.next >= nobody {
		return nil, errors.New("the partner's numbers for people are used up")
	}
	return entries, nil
}

func (b *batch) personOf(row *audience.Row, known map[identity.Print]uint32, erased map[identity.Print]bool, h *hold) uint32 {
	person, found := uint32(0), false
	for _, id := range row.IDs {
		print := id.Print()
		if len(erased) > 0 && erased[print] {
			return nobody
		}
		if !found {
			person, found = known[print]
		}
	}
	if !found {
		person = uint32(h.next)
		h.next++
	}
	return person
}

// learn notes the identifiers that lead nowhere yet.
func learn(entries []audience.Entry, row *audience.Row, known map[identity.Print]uint32, person uint32) []audience.Entry {
	for _, id := range row.IDs {
		print := id.Print()
		if _, found := known[print]; !found {
			known[print] = person
			entries = append(entries, audience.Entry{Print: print, Person: person})
		}
	}
	return entries
}

// erasedSince are the identifiers that were erased after the upload began.
func (s People) erasedSince(ctx context.Context, b *batch) (map[identity.Print]bool, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT print FROM people_erasures WHERE partner = $1 AND at >= $2`, s.db.key(b.Partner), micros(b.StartedAt))
	if err != nil {
		return nil, s.db.translate(err)
	}
	erased := map[identity.Print]bool{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var print []byte
		if err := rows.Scan(&print); err != nil {
			return err
		}
		erased[identity.Print(print)] = true
		return nil
	})
	return erased, s.db.translate(err)
}

// reserve makes the numbers of a batch its own before any of them is used, and
// notes that the index may know them from here on.
func (s People) reserve(ctx context.Context, h *hold, b *batch) error {
	return h.write(ctx, func(t *tx) error {
		partner := s.db.key(b.Partner)
		if _, err := t.exec(ctx, `UPDATE people SET next = $2 WHERE partner = $1`, partner, h.next); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE audience_uploads SET reserved = $3 WHERE partner = $1 AND id = $2 AND reserved < $3`,
			partner, s.db.key(b.ID), b.first+int64(len(b.parts)))
		return err
	})
}

// store writes what one part says of its people, with the mark that it has.
func (s People) store(ctx context.Context, h *hold, b *batch, i int, now time.Time) error {
	return h.write(ctx, func(t *tx) error {
		partner, id := s.db.key(b.Partner), s.db.key(b.ID)
		members := roaring.New()
		stored, err := scanBitmap(t.queryRow(ctx, `SELECT members FROM audience_uploads WHERE partner = $1 AND id = $2 AND stage = 'applying' AND next = $3`+s.db.forUpdate, partner, id, b.first+int64(i)))
		if err != nil {
			return missing(err, audience.ErrNotFound) // its audience was deleted
		}
		c := newColumnWriter(ctx, t, h, tagOf(b.ID))
		n := 0
		for row, err := range audience.Rows(b.parts[i]) {
			if err != nil {
				return err
			}
			person := b.people[i][n]
			if person != nobody {
				members.Add(person)
				if err := c.add(person, row, b.newcomer[i][n]); err != nil {
					return err
				}
			}
			n++
		}
		if err := c.flush(); err != nil {
			return err
		}
		members.Or(stored)
		return s.mark(ctx, t, b, i, int64(n), members, now)
	})
}

// mark notes that a part is in.
func (s People) mark(ctx context.Context, t *tx, b *batch, i int, rows int64, members *roaring.Bitmap, now time.Time) error {
	partner, id, n := s.db.key(b.Partner), s.db.key(b.ID), b.first+int64(i)
	members.RunOptimize()
	body, err := members.ToBytes()
	if err != nil {
		return err
	}
	u := b.Upload
	u.Applied, u.UpdatedAt = b.Applied+rows, now
	doc, err := encode(uploadDoc{u, u.By})
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE audience_uploads SET members = $3, next = $4, doc = $5 WHERE partner = $1 AND id = $2`, partner, id, body, n+1, doc); err != nil {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM audience_parts WHERE partner = $1 AND upload = $2 AND n = $3`, partner, id, n)
	if err == nil {
		b.Upload = u
	}
	return err
}
