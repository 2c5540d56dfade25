package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
)

const (
	// holdLife is how long a hold outlives its last transaction: a node that has
	// died keeps others out for so long.
	holdLife = 30 * time.Second
	// holdPatience is how long somebody waits for the hold.
	holdPatience = 20 * time.Second
	holdRetry    = 50 * time.Millisecond
)

// errHoldLost ends a writer whose hold ran out and was taken by another.
var errHoldLost = audience.ErrBusy.With("Another node has taken over the partner's people.")

// hold is the right to write a partner's people. On one node those who want it
// queue; between nodes a row says who has it until when, and every transaction
// of the holder renews it, or fails once somebody else has it.
type hold struct {
	db      *DB
	partner uuid.UUID
	holder  uuid.UUID
	free    func()
	next    int64 // the next number
	version int64 // of the people, as the present transaction makes it
}

func (s People) hold(ctx context.Context, partner uuid.UUID) (*hold, error) {
	queue, _ := s.db.peopleHeld.LoadOrStore(partner, make(chan struct{}, 1))
	turn := queue.(chan struct{}) //nolint:forcetypeassert // nothing else is stored
	wait, stop := context.WithTimeout(ctx, holdPatience)
	defer stop()
	select {
	case turn <- struct{}{}:
	case <-wait.Done():
		return nil, errors.Join(audience.ErrBusy.After(5*time.Second), ctx.Err())
	}
	h := &hold{db: s.db, partner: partner, holder: uuid.New(), free: func() { <-turn }}
	for {
		won, err := h.claim(ctx)
		if won {
			return h, nil
		}
		if err == nil {
			select {
			case <-time.After(holdRetry):
				continue
			case <-wait.Done():
				err = errors.Join(audience.ErrBusy.After(5*time.Second), ctx.Err())
			}
		}
		h.free()
		return nil, err
	}
}

// freePeople ends the holds that a program left behind when it was killed. Of an
// embedded store nobody else can be the holder; between nodes they run out.
func (db *DB) freePeople(ctx context.Context) error {
	if db.folder == nil {
		return nil
	}
	return db.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE people SET held_until = 0 WHERE held_until > 0`)
		return err
	})
}

func (h *hold) claim(ctx context.Context) (won bool, err error) {
	err = h.db.write(ctx, func(t *tx) error {
		now := h.db.steady()
		if _, err := t.exec(ctx, `INSERT INTO people (partner, next, held_until, orphans) VALUES ($1, 0, 0, 0)
			ON CONFLICT (partner) DO NOTHING`, h.db.key(h.partner)); err != nil {
			return err
		}
		result, err := t.exec(ctx, `UPDATE people SET holder = $2, held_until = $3 WHERE partner = $1 AND held_until <= $4`,
			h.db.key(h.partner), h.db.key(h.holder), micros(now.Add(holdLife)), micros(now))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if won = n == 1; err != nil || !won {
			return err
		}
		return t.queryRow(ctx, `SELECT next FROM people WHERE partner = $1`, h.db.key(h.partner)).Scan(&h.next)
	})
	return won, err
}

// release gives the hold back. It works also for a caller that has left.
func (h *hold) release(ctx context.Context) {
	defer h.free()
	_ = h.db.write(context.WithoutCancel(ctx), func(t *tx) error { // else it ends by itself
		_, err := t.exec(ctx, `UPDATE people SET held_until = 0 WHERE partner = $1 AND holder = $2`, h.db.key(h.partner), h.db.key(h.holder))
		return err
	})
}

// write is a transaction of the holder's. It locks the partner's people first.
func (h *hold) write(ctx context.Context, fn func(*tx) error) error {
	return h.db.write(ctx, func(t *tx) error {
		err := t.queryRow(ctx, `UPDATE people SET held_until = $3, version = version + 1 WHERE partner = $1 AND holder = $2 AND held_until > 0
			RETURNING version`, h.db.key(h.partner), h.db.key(h.holder), micros(h.db.steady().Add(holdLife))).Scan(&h.version)
		if err != nil {
			return missing(err, errHoldLost)
		}
		return fn(t)
	})
}

// forgotten are the numbers of the people who were forgotten. Its row is locked
// until the commit, so that nobody is forgotten meanwhile.
func (t *tx) forgotten(ctx context.Context, partner uuid.UUID) (*roaring.Bitmap, error) {
	set, err := scanBitmap(t.queryRow(ctx, `SELECT forgotten FROM people WHERE partner = $1`+t.db.forUpdate, t.db.key(partner)))
	return set, missing(err, audience.ErrNotFound)
}
