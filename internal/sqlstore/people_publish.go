package sqlstore

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/audience"
)

// cohort are the members that were added on a day.
type cohort struct {
	day     int64
	members *roaring.Bitmap
}

func (s People) cohorts(ctx context.Context, t *tx, partner, id uuid.UUID) ([]cohort, error) {
	rows, err := t.query(ctx, `SELECT day, members FROM audience_cohorts WHERE partner = $1 AND audience = $2 ORDER BY day`, s.db.key(partner), s.db.key(id))
	if err != nil {
		return nil, err
	}
	return collect(rows, func(row scanner) (c cohort, err error) {
		var stored []byte
		if err := row.Scan(&c.day, &stored); err != nil {
			return c, err
		}
		c.members, err = readBitmap(stored)
		return c, err
	})
}

// put writes a day's members, or no row when there are none.
func (s People) put(ctx context.Context, t *tx, partner, id uuid.UUID, c cohort) error {
	if c.members.IsEmpty() {
		_, err := t.exec(ctx, `DELETE FROM audience_cohorts WHERE partner = $1 AND audience = $2 AND day = $3`, s.db.key(partner), s.db.key(id), c.day)
		return err
	}
	c.members.RunOptimize()
	body, err := c.members.ToBytes()
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO audience_cohorts (partner, audience, day, members) VALUES ($1, $2, $3, $4)
		ON CONFLICT (partner, audience, day) DO UPDATE SET members = excluded.members`, s.db.key(partner), s.db.key(id), c.day, body)
	return err
}

// join adds members to an audience as of a day. Who was in it before moves to
// that day. It returns how many were not, and how many the audience has.
func (s People) join(ctx context.Context, t *tx, partner, id uuid.UUID, members *roaring.Bitmap, day, oldest int64) (added, size int64, err error) {
	before, err := s.cohorts(ctx, t, partner, id)
	if err != nil {
		return 0, 0, err
	}
	today := cohort{day, members}
	known := roaring.New()
	for _, c := range before {
		if c.day < oldest {
			continue
		}
		known.Or(c.members)
		if c.day == day {
			today.members = roaring.Or(members, c.members)
			continue
		}
		rest := roaring.AndNot(c.members, members)
		size += count(rest)
		if count(rest) == count(c.members) {
			continue
		}
		if err := s.put(ctx, t, partner, id, cohort{c.day, rest}); err != nil {
			return 0, 0, err
		}
	}
	added = count(roaring.AndNot(members, known))
	return added, size + count(today.members), s.put(ctx, t, partner, id, today)
}

func count(b *roaring.Bitmap) int64 { return int64(b.GetCardinality()) }

// publish makes everybody in an upload a member, in one transaction.
func (s People) publish(ctx context.Context, h *hold, u audience.Upload, now time.Time) error {
	return h.write(ctx, func(t *tx) error {
		partner, id := s.db.key(u.Partner), s.db.key(u.ID)
		gone, err := t.forgotten(ctx, u.Partner)
		if err != nil {
			return err
		}
		members, err := scanBitmap(t.queryRow(ctx, `SELECT members FROM audience_uploads WHERE partner = $1 AND id = $2 AND stage = 'applying'`, partner, id))
		if err != nil {
			return missing(err, audience.ErrNotFound)
		}
		members.AndNot(gone)
		store := Audiences(s)
		a, err := store.find(ctx, t, u.Partner, u.Audience, s.db.forUpdate)
		if err != nil {
			return err
		}
		today := int64(audience.DayOf(now))
		added, size, err := s.join(ctx, t, u.Partner, u.Audience, members, int64(audience.DayOf(u.StartedAt)), today-int64(a.State().MembershipDays))
		if err != nil {
			return err
		}
		u.Stage, u.Added, u.UpdatedAt, u.FinishedAt = audience.Applied, added, now, &now
		if err := store.note(ctx, t, u, audience.Applying); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE audience_uploads SET members = NULL WHERE partner = $1 AND id = $2`, partner, id); err != nil {
			return err
		}
		a.End(u.By, now, u.ID, size, true)
		t.append(a.PullEvents()...)
		if err := store.save(ctx, t, a); err != nil {
			return err
		}
		return s.dropErasures(ctx, t, u.Partner)
	})
}

// dropErasures forgets what was erased once no upload is on its way in.
func (s People) dropErasures(ctx context.Context, t *tx, partner uuid.UUID) error {
	_, err := t.exec(ctx, `DELETE FROM people_erasures WHERE partner = $1 AND NOT EXISTS
		(SELECT 1 FROM audience_uploads WHERE partner = $1 AND stage IN ('receiving', 'applying'))`, s.db.key(partner))
	return err
}

// Replace implements audience.People.
func (s People) Replace(ctx context.Context, partner, id uuid.UUID, people *roaring.Bitmap, today int32, change func(*audience.Audience, int64)) error {
	return s.db.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, `INSERT INTO people (partner, next, held_until, orphans) VALUES ($1, 0, 0, 0)
			ON CONFLICT (partner) DO NOTHING`, s.db.key(partner)); err != nil {
			return err
		}
		gone, err := t.forgotten(ctx, partner)
		if err != nil {
			return err
		}
		members := roaring.AndNot(people, gone)
		store := Audiences(s)
		a, err := store.find(ctx, t, partner, id, s.db.forUpdate)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM audience_cohorts WHERE partner = $1 AND audience = $2`, s.db.key(partner), s.db.key(id)); err != nil {
			return err
		}
		if err := s.put(ctx, t, partner, id, cohort{int64(today), members}); err != nil {
			return err
		}
		change(a, count(members))
		t.append(a.PullEvents()...)
		return store.save(ctx, t, a)
	})
}

// audiencesOf are a partner's audiences, locked in the order of their ids.
func (s People) audiencesOf(ctx context.Context, t *tx, partner uuid.UUID) ([]*audience.Audience, error) {
	rows, err := t.query(ctx, selectAudiences+` WHERE partner = $1 ORDER BY id`+s.db.forUpdate, s.db.key(partner))
	if err != nil {
		return nil, err
	}
	return collect(rows, scanAudience)
}
