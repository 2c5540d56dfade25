package rule

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// maxFiles bounds how many campaigns are remembered. Beyond it all are dropped
// and read again as they are needed.
const maxFiles = 5000

// desk is what is at hand of one partner: its enabled rules, and campaigns.
type desk struct {
	partner uuid.UUID
	seq     int64 // the last event handled
	rules   []State
	files   map[uuid.UUID]*file

	standings map[place]Standing
}

// place names a standing among a partner's.
type place struct{ rule, campaign uuid.UUID }

// file is one campaign at hand.
type file struct {
	Campaign
	tracker *Tracker
	rules   []*State // that cover it
	stale   bool     // something of the campaign has changed
}

// desk is the partner's. When events have been handled elsewhere since, because
// another node led, everything is read anew.
func (e *Engine) desk(ctx context.Context, partner uuid.UUID, seq int64) (*desk, error) {
	if d := e.desks[partner]; d != nil && d.seq == seq-1 {
		return d, nil
	}
	e.drop(partner)
	d := &desk{partner: partner, seq: seq, files: map[uuid.UUID]*file{}}
	if err := e.read(ctx, d); err != nil {
		return nil, err
	}
	e.desks[partner] = d
	return d, nil
}

// read brings a desk's rules and standings up to date. Files keep what they
// have added up, as long as it goes back far enough.
func (e *Engine) read(ctx context.Context, d *desk) (err error) {
	if d.rules, err = enabledRules(ctx, e.store, d.partner); err != nil {
		return err
	}
	d.standings = map[place]Standing{}
	if len(d.rules) > 0 {
		all, err := e.standings.Standings(ctx, d.partner, uuid.Nil)
		if err != nil {
			return err
		}
		for _, s := range all {
			d.standings[place{s.Rule, s.Campaign}] = s
		}
	}
	for _, f := range d.files {
		f.rules = covering(d.rules, f.Campaign)
		if f.tracker != nil && f.tracker.keep < longest(d.rules) {
			f.tracker = nil
		}
	}
	return nil
}

func (e *Engine) drop(partner uuid.UUID) {
	if d := e.desks[partner]; d != nil {
		e.held -= len(d.files)
		delete(e.desks, partner)
	}
}

func enabledRules(ctx context.Context, store Store, partner uuid.UUID) ([]State, error) {
	on := true
	var rules []State
	for cursor := ""; ; {
		page, next, err := store.List(ctx, partner, Query{Enabled: &on, Limit: MaxRules, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			rules = append(rules, r.State())
		}
		if next == "" {
			sortByID(rules)
			return rules, nil
		}
		cursor = next
	}
}

// file is a campaign with its sums as known before a commit; nil when no rule
// covers it.
func (e *Engine) file(ctx context.Context, d *desk, id uuid.UUID, before int64) (*file, error) {
	f := d.files[id]
	if f == nil || f.stale {
		c, err := e.campaigns.Campaign(ctx, d.partner, id)
		if fault.KindOf(err) == fault.NotFound {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f = e.put(d, c)
	}
	if len(f.rules) == 0 {
		return nil, nil
	}
	return f, e.open(ctx, d, f, before)
}

// put lays a campaign on the desk, or what is new of one that is there.
func (e *Engine) put(d *desk, c Campaign) *file {
	f := d.files[c.ID]
	if f == nil {
		if e.held++; e.held > maxFiles {
			for _, d := range e.desks {
				clear(d.files)
			}
			e.held = 1
		}
		f = &file{}
		d.files[c.ID] = f
	}
	f.Campaign, f.rules, f.stale = c, covering(d.rules, c), false
	return f
}

// open reads what was recorded before a commit, where that is not at hand.
func (e *Engine) open(ctx context.Context, d *desk, f *file, before int64) error {
	if f.tracker != nil {
		return nil
	}
	f.tracker = NewTracker(f.Zone, longest(d.rules))
	err := e.advance(ctx, f, before-1, nil)
	if err != nil {
		f.tracker = nil
	}
	return err
}

func covering(rules []State, c Campaign) []*State {
	var all []*State
	for i := range rules {
		if rules[i].Covers(c) {
			all = append(all, &rules[i])
		}
	}
	return all
}
