package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
)

// People implements audience.People, audience.Facts and, in people_forget.go,
// audience.Eraser.
//
// Whoever writes a partner's people has the hold on them (people_hold.go). The
// index is written before the columns, in transactions of its own that are
// harmless when they are made again; the columns of a part are written with the
// mark that the part is done, so that what people did is added up once.
type People struct{ db *DB }

// People returns the store of the people in audiences.
func (db *DB) People() People { return People{db} }

// The columns that are no attributes; attributes have no such names.
const (
	columnIDs  = "#ids"
	columnDays = "#days"
)

// readBitmap is a stored set; nothing is an empty one.
func readBitmap(stored []byte) (*roaring.Bitmap, error) {
	b := roaring.New()
	if len(stored) == 0 {
		return b, nil
	}
	if _, err := b.FromUnsafeBytes(stored); err != nil {
		return nil, audience.ErrCorrupt.Wrap(err)
	}
	return b.Clone(), nil // stored may be the driver's
}

// Members implements audience.People.
func (s People) Members(ctx context.Context, partner, id uuid.UUID, today int32) (*roaring.Bitmap, error) {
	return s.union(ctx, `SELECT c.members FROM audience_cohorts c JOIN audiences a ON a.partner = c.partner AND a.id = c.audience
		WHERE c.partner = $1 AND c.day >= $2 - a.life AND c.audience = $3`, s.db.key(partner), int64(today), s.db.key(id))
}

// Everyone implements audience.People.
func (s People) Everyone(ctx context.Context, partner uuid.UUID, today int32) (*roaring.Bitmap, error) {
	return s.union(ctx, `SELECT c.members FROM audience_cohorts c JOIN audiences a ON a.partner = c.partner AND a.id = c.audience
		WHERE c.partner = $1 AND c.day >= $2 - a.life AND a.kind = 'custom'`, s.db.key(partner), int64(today))
}

func (s People) union(ctx context.Context, query string, args ...any) (*roaring.Bitmap, error) {
	var all *roaring.Bitmap
	err := s.db.read(ctx, func(raw *sql.Tx) (err error) {
		all, err = unionOf(ctx, raw, query, args...)
		return err
	})
	return all, err
}

func unionOf(ctx context.Context, q querier, query string, args ...any) (*roaring.Bitmap, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	all := roaring.New()
	return all, eachRow(rows, func(rows *sql.Rows) error {
		set, err := scanBitmap(rows)
		if err == nil {
			all.Or(set)
		}
		return err
	})
}

func scanBitmap(row scanner) (*roaring.Bitmap, error) {
	var stored []byte
	if err := row.Scan(&stored); err != nil {
		return nil, err
	}
	return readBitmap(stored)
}

// Columns implements audience.People.
func (s People) Columns(ctx context.Context, partner uuid.UUID) ([]string, error) {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT DISTINCT name FROM people_columns WHERE partner = $1 ORDER BY name`, s.db.key(partner))
	if err != nil {
		return nil, s.db.translate(err)
	}
	names, err := collect(rows, scanOne[string])
	return slices.DeleteFunc(names, func(n string) bool { return n[0] == '#' }), s.db.translate(err)
}

// Scan implements audience.People. All of it reads one snapshot, block after
// block, so that it holds one block of each column at a time.
func (s People) Scan(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, want audience.Want, visit func(audience.Block) error) error {
	return s.db.read(ctx, func(raw *sql.Tx) error {
		c := &columns{ctx: ctx, q: raw, partner: s.db.key(partner)}
		for numbers := people.Iterator(); numbers.HasNext(); {
			block, _ := audience.BlockOf(numbers.PeekNext())
			b := audience.Block{First: uint32(block * audience.BlockPeople)}
			for _, name := range want.Attributes {
				values, err := c.values(name, block)
				if err != nil {
					return err
				}
				b.Values = append(b.Values, values)
			}
			if want.Behaviour {
				doings, err := c.doings(block)
				if err != nil {
					return err
				}
				b.Doings = doings
			}
			if want.Identity {
				ids, err := c.ids(block)
				if err != nil {
					return err
				}
				b.IDs = ids
			}
			if err := visit(b); err != nil {
				return err
			}
			if b.First > math.MaxUint32-audience.BlockPeople {
				return nil
			}
			numbers.AdvanceIfNeeded(b.First + audience.BlockPeople)
		}
		return nil
	})
}

// Changed implements audience.Facts.
func (s People) Changed(ctx context.Context, partner uuid.UUID, since int64) (version int64, blocks []int64, err error) {
	err = s.db.read(ctx, func(raw *sql.Tx) error {
		err := raw.QueryRowContext(ctx, `SELECT version FROM people WHERE partner = $1`, s.db.key(partner)).Scan(&version)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := raw.QueryContext(ctx, `SELECT DISTINCT block FROM people_columns WHERE partner = $1 AND version > $2 ORDER BY block`, s.db.key(partner), since)
		if err != nil {
			return err
		}
		blocks, err = collect(rows, scanOne[int64])
		return err
	})
	return version, blocks, err
}

// columns reads blocks of columns.
type columns struct {
	ctx     context.Context
	q       querier
	partner any
}

func (c *columns) body(name string, block int64) ([]byte, error) {
	var body []byte
	err := c.q.QueryRowContext(c.ctx, `SELECT body FROM people_columns WHERE partner = $1 AND name = $2 AND block = $3`, c.partner, name, block).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return body, err
}

func (c *columns) values(name string, block int64) (*audience.Values, error) {
	body, err := c.body(name, block)
	if body == nil {
		return audience.NewValues(), err
	}
	return audience.DecodeValues(body)
}

func (c *columns) doings(block int64) (*audience.Doings, error) {
	body, err := c.body(columnDays, block)
	if body == nil {
		return &audience.Doings{}, err
	}
	return audience.DecodeDoings(body)
}

func (c *columns) ids(block int64) (*audience.IDs, error) {
	body, err := c.body(columnIDs, block)
	if body == nil {
		return &audience.IDs{}, err
	}
	return audience.DecodeIDs(body)
}

// scanOne reads a row of one value.
func scanOne[T any](row scanner) (T, error) {
	var v T
	err := row.Scan(&v)
	return v, err
}
