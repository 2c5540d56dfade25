package sqlstore

import (
	"context"
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
