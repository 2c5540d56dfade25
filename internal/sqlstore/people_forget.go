package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

func printsOf(persons [][]identity.ID) []identity.Print {
	var prints []identity.Print
	for _, ids := range persons {
		for _, id := range ids {
			prints = append(prints, id.Print())
		}
	}
	return prints
}

// Remove implements audience.Eraser.
func (s People) Remove(ctx context.Context, by event.Origin, id uuid.UUID, persons [][]identity.ID, now time.Time) (removed int, err error) {
	err = s.db.write(ctx, func(t *tx) error {
		if err := s.mayOrphan(ctx, t, by.Partner); err != nil {
			return err
		}
		a, err := Audiences(s).find(ctx, t, by.Partner, id, s.db.forUpdate)
		if err != nil {
			return err
		}
		known, err := s.find(ctx, t, by.Partner, printsOf(persons))
		if err != nil {
			return err
		}
		gone := roaring.New()
		for _, person := range known {
			gone.Add(person)
		}
		left, err := s.leave(ctx, t, by, a, gone, now)
		removed = int(left)
		return err
	})
	return removed, err
}

// mayOrphan notes that somebody may be in no audience any more. It comes first:
// whoever writes people locks their row before an audience's.
func (s People) mayOrphan(ctx context.Context, t *tx, partner uuid.UUID) error {
	_, err := t.exec(ctx, `UPDATE people SET orphans = 1, version = version + 1 WHERE partner = $1`, s.db.key(partner))
	return err
}

// leave takes people out of an audience and returns how many were in it.
func (s People) leave(ctx context.Context, t *tx, by event.Origin, a *audience.Audience, gone *roaring.Bitmap, now time.Time) (left int64, err error) {
	state := a.State()
	cohorts, err := s.cohorts(ctx, t, state.Partner, state.ID)
	if err != nil {
		return 0, err
	}
	size, oldest := int64(0), int64(audience.DayOf(now))-int64(state.MembershipDays)
	for _, c := range cohorts {
		before := count(c.members)
		if c.members.Intersects(gone) {
			c.members.AndNot(gone)
			if err := s.put(ctx, t, state.Partner, state.ID, c); err != nil {
				return 0, err
			}
			left += before - count(c.members)
		}
		if c.day >= oldest {
			size += count(c.members)
		}
	}
	a.Resize(by, now, size)
	events := a.PullEvents()
	if len(events) == 0 {
		return left, nil
	}
	t.append(events...)
	return left, Audiences(s).save(ctx, t, a)
}

// Erase implements audience.Eraser. One transaction forgets the people, so that
// there is no moment at which they are half gone.
func (s People) Erase(ctx context.Context, by event.Origin, persons [][]identity.ID, now time.Time) (found audience.Erasure, err error) {
	h, err := s.hold(ctx, by.Partner)
	if err != nil {
		return found, err
	}
	defer h.release(ctx)
	err = h.write(ctx, func(t *tx) error {
		found = audience.Erasure{}
		prints := printsOf(persons)
		known, err := s.find(ctx, t, by.Partner, prints)
		if err != nil {
			return err
		}
		gone := roaring.New()
		for _, person := range known {
			gone.Add(person)
		}
		found.People = int(count(gone))
		all, err := s.audiencesOf(ctx, t, by.Partner)
		if err != nil {
			return err
		}
		for _, a := range all {
			left, err := s.leave(ctx, t, by, a, gone, now)
			if err != nil {
				return err
			}
			if left > 0 {
				found.Audiences++
			}
		}
		theirs, err := s.forget(ctx, t, h, gone)
		if err != nil {
			return err
		}
		if err := s.suppress(ctx, t, by.Partner, append(prints, theirs...), now); err != nil {
			return err
		}
		var rec event.Recorder
		rec.Record("people", by.Partner, 0, now, by, audience.Erased{Erasure: found})
		t.append(rec.Pull()...)
		return nil
	})
	return found, err
}

// suppress keeps the identifiers of erased people while uploads that may name
// them are on their way in.
func (s People) suppress(ctx context.Context, t *tx, partner uuid.UUID, prints []identity.Print, now time.Time) error {
	for _, p := range prints {
		_, err := t.exec(ctx, `INSERT INTO people_erasures (partner, print, at) VALUES ($1, $2, $3)
			ON CONFLICT (partner, print) DO UPDATE SET at = excluded.at`, s.db.key(partner), p[:], micros(now))
		if err != nil {
			return err
		}
	}
	return s.dropErasures(ctx, t, partner)
}

// forget removes people from the columns and the index, and remembers that
// their numbers are nobody's. It returns their identifiers.
func (s People) forget(ctx context.Context, t *tx, h *hold, gone *roaring.Bitmap) ([]identity.Print, error) {
	partner := h.partner
	if gone.IsEmpty() {
		return nil, nil
	}
	prints, err := s.clear(ctx, t, h, gone)
	if err != nil {
		return nil, err
	}
	if err := s.unindex(ctx, t, partner, prints, gone); err != nil {
		return nil, err
	}
	forgotten, err := t.forgotten(ctx, partner)
	if err != nil {
		return nil, err
	}
	forgotten.Or(gone)
	forgotten.RunOptimize()
	body, err := forgotten.ToBytes()
	if err != nil {
		return nil, err
	}
	_, err = t.exec(ctx, `UPDATE people SET forgotten = $2 WHERE partner = $1`, s.db.key(partner), body)
	return prints, err
}

// clear empties people's places in every column.
func (s People) clear(ctx context.Context, t *tx, h *hold, gone *roaring.Bitmap) (prints []identity.Print, err error) {
	rows, err := t.query(ctx, `SELECT DISTINCT name FROM people_columns WHERE partner = $1 ORDER BY name`, s.db.key(h.partner))
	if err != nil {
		return nil, err
	}
	names, err := collect(rows, scanOne[string])
	if err != nil {
		return nil, err
	}
	c := newColumnWriter(ctx, t, h, 0)
	for numbers := gone.Iterator(); numbers.HasNext(); {
		first := numbers.PeekNext()
		block, _ := audience.BlockOf(first)
		var slots []int
		for numbers.HasNext() && sameBlock(numbers.PeekNext(), first) {
			_, slot := audience.BlockOf(numbers.Next())
			slots = append(slots, slot)
		}
		for _, name := range names {
			found, err := c.clearBlock(name, block, slots)
			if err != nil {
				return nil, err
			}
			prints = append(prints, found...)
		}
	}
	return prints, nil
}

func sameBlock(a, b uint32) bool { return a/audience.BlockPeople == b/audience.BlockPeople }

// clearBlock empties places of one block, and returns the identifiers that
// were there.
func (c *columnWriter) clearBlock(name string, block int64, slots []int) (prints []identity.Print, err error) {
	body, err := c.body(name, block)
	if body == nil || err != nil {
		return nil, err
	}
	switch name {
	case columnIDs:
		ids, err := audience.DecodeIDs(body)
		if err != nil {
			return nil, err
		}
		for _, slot := range slots {
			for _, id := range ids[slot] {
				prints = append(prints, id.Print())
			}
			ids[slot] = nil
		}
		return prints, c.put(name, block, ids.Encode())
	case columnDays:
		doings, err := audience.DecodeDoings(body)
		if err != nil {
			return nil, err
		}
		for _, slot := range slots {
			doings.Days[slot], doings.From[slot] = nil, nil
		}
		return nil, c.put(name, block, doings.Encode())
	}
	values, err := audience.DecodeValues(body)
	if err != nil {
		return nil, err
	}
	for _, slot := range slots {
		values.Set(slot, "")
	}
	return nil, c.put(name, block, values.Encode())
}

// unindex drops the entries that lead to people who are gone, on the pages on
// which their identifiers are.
func (s People) unindex(ctx context.Context, t *tx, partner uuid.UUID, prints []identity.Print, gone *roaring.Bitmap) error {
	pages, err := s.directory(ctx, t, partner)
	if err != nil {
		return err
	}
	touched := map[int]bool{}
	for _, p := range prints {
		touched[pages.pageOf(p)] = true
	}
	for i := range pages {
		if !touched[i] {
			continue
		}
		page, err := s.page(ctx, t, partner, pages[i])
		if err == nil {
			err = s.writePage(ctx, t, partner, pages[i], page.Without(gone.Contains))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

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
