package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Expire implements audience.Eraser.
func (s People) Expire(ctx context.Context, now time.Time) error {
	today := int64(audience.DayOf(now))
	rows, err := s.db.reader.QueryContext(ctx, `SELECT DISTINCT a.partner, a.id FROM audiences a
		JOIN audience_cohorts c ON c.partner = a.partner AND c.audience = a.id WHERE c.day < $1 - a.life`, today)
	if err != nil {
		return s.db.translate(err)
	}
	over, err := collect(rows, scanPair)
	if err != nil {
		return s.db.translate(err)
	}
	var failures []error
	for _, id := range over {
		failures = append(failures, s.expire(ctx, id[0], id[1], now))
	}
	return errors.Join(append(failures, s.forgetOrphans(ctx))...)
}

func scanPair(row scanner) ([2]uuid.UUID, error) {
	var ids [2]uuid.UUID
	err := row.Scan(&ids[0], &ids[1])
	return ids, err
}

// expirer is who ends memberships.
var expirer = event.Origin{Kind: event.ActorScheduler, ID: "audiences.expire", From: "scheduler"}

func (s People) expire(ctx context.Context, partner, id uuid.UUID, now time.Time) error {
	return s.db.write(ctx, func(t *tx) error {
		if err := s.mayOrphan(ctx, t, partner); err != nil {
			return err
		}
		a, err := Audiences(s).find(ctx, t, partner, id, s.db.forUpdate)
		if errors.Is(err, audience.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		oldest := int64(audience.DayOf(now)) - int64(a.State().MembershipDays)
		if _, err := t.exec(ctx, `DELETE FROM audience_cohorts WHERE partner = $1 AND audience = $2 AND day < $3`, s.db.key(partner), s.db.key(id), oldest); err != nil {
			return err
		}
		by := expirer
		by.Partner = partner
		_, err = s.leave(ctx, t, by, a, roaring.New(), now)
		return err
	})
}

// forgetOrphans forgets the people who are in no audience any more.
func (s People) forgetOrphans(ctx context.Context) error {
	rows, err := s.db.reader.QueryContext(ctx, `SELECT partner FROM people WHERE orphans = 1`)
	if err != nil {
		return s.db.translate(err)
	}
	partners, err := collect(rows, scanOne[uuid.UUID])
	if err != nil {
		return s.db.translate(err)
	}
	var failures []error
	for _, partner := range partners {
		if err := s.orphans(ctx, partner); err != nil && !errors.Is(err, audience.ErrBusy) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// orphanBlocks is how many blocks of people a transaction forgets.
const orphanBlocks = 16

func (s People) orphans(ctx context.Context, partner uuid.UUID) error {
	h, err := s.hold(ctx, partner)
	if err != nil {
		return err
	}
	defer h.release(ctx)
	for done := false; !done && err == nil; {
		err = h.write(ctx, func(t *tx) (err error) {
			done, err = s.orphansOf(ctx, t, h)
			return err
		})
	}
	return err
}

// orphansOf forgets some of the orphans. While an upload is on its way in
// nobody can say who they are.
func (s People) orphansOf(ctx context.Context, t *tx, h *hold) (done bool, err error) {
	partner := s.db.key(h.partner)
	var open int64
	if err := t.queryRow(ctx, `SELECT count(*) FROM audience_uploads WHERE partner = $1 AND stage = 'applying'`, partner).Scan(&open); err != nil || open > 0 {
		return true, err
	}
	orphans, err := t.forgotten(ctx, h.partner)
	if err != nil {
		return false, err
	}
	needed, err := unionOf(ctx, t, `SELECT members FROM audience_cohorts WHERE partner = $1`, partner)
	if err != nil {
		return false, err
	}
	orphans.Or(needed)
	orphans.Flip(0, uint64(h.next))
	some, blocks := roaring.New(), 0
	for numbers, last := orphans.Iterator(), uint32(0); numbers.HasNext(); {
		n := numbers.Next()
		if some.IsEmpty() || !sameBlock(n, last) {
			if blocks++; blocks > orphanBlocks {
				break
			}
		}
		last = n
		some.Add(n)
	}
	if _, err := s.forget(ctx, t, h, some); err != nil {
		return false, err
	}
	if blocks > orphanBlocks {
		return false, nil
	}
	_, err = t.exec(ctx, `UPDATE people SET orphans = 0 WHERE partner = $1`, partner)
	return true, err
}
