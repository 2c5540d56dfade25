package rule

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// Service is the use cases of rules.
type Service struct {
	store     Store
	standings Standings
	campaigns Campaigns
	log       Log
	history   History
	types     []string
	clock     func() time.Time
}

// NewService puts the use cases on a store. types are the types that campaigns
// can have.
func NewService(store Store, standings Standings, campaigns Campaigns, log Log, history History, types []string, clock func() time.Time) *Service {
	return &Service{store, standings, campaigns, log, history, types, clock}
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Create makes a rule of by's partner. The error is fault.ErrInvalid with every
// wrong field, ErrExists or ErrTooMany.
func (s *Service) Create(ctx context.Context, by event.Origin, id uuid.UUID, d Definition, validateOnly bool) (*Rule, error) {
	if err := s.check(ctx, by.Partner, &d); err != nil {
		return nil, err
	}
	r := create(by, s.now(), id, d)
	if validateOnly {
		return r, nil
	}
	return r, s.store.Insert(ctx, r)
}

// check holds a definition against the rules of rules and the partner's
// campaigns.
func (s *Service) check(ctx context.Context, partner uuid.UUID, d *Definition) error {
	if err := d.check(s.types); err != nil {
		return err
	}
	var wrong fault.Fields
	for i, id := range d.Scope.Campaigns {
		_, err := s.campaigns.Campaign(ctx, partner, id)
		if fault.KindOf(err) == fault.NotFound {
			wrong.Add(fmt.Sprintf("scope.campaigns[%d]", i), "campaign_not_found", "There is no such campaign.", "an id that GET /campaigns lists")
		} else if err != nil {
			return err
		}
	}
	return wrong.Err()
}

// Get is a rule of by's partner, or ErrNotFound.
func (s *Service) Get(ctx context.Context, by event.Origin, id uuid.UUID) (*Rule, error) {
	return s.store.Get(ctx, by.Partner, id)
}

// List is a page of rules of by's partner, the newest first.
func (s *Service) List(ctx context.Context, by event.Origin, q Query) ([]*Rule, string, error) {
	return s.store.List(ctx, by.Partner, q)
}

// Patch changes a rule of the revision, 0 for whichever it is. A changed rule is
// armed anew. The errors are ErrNotFound, ErrStale and fault.ErrInvalid.
func (s *Service) Patch(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p Patch, validateOnly bool) (*Rule, error) {
	r, err := s.store.Get(ctx, by.Partner, id)
	if err != nil {
		return nil, err
	}
	d := r.State().Definition.Patched(p)
	if err := s.check(ctx, r.state.Partner, &d); err != nil {
		return nil, err
	}
	seen := r.state.Revision
	if revision != 0 && revision != seen {
		return nil, ErrStale
	}
	if validateOnly {
		r.change(by, s.now(), d)
		return r, nil
	}
	// What was checked is what was read, so it must still be that.
	return s.store.Update(ctx, by.Partner, id, seen, func(r *Rule) error { r.change(by, s.now(), d); return nil })
}

// Delete removes a rule of the revision, 0 for whichever it is; the engine then
// ends its alerts. The errors are ErrNotFound and ErrStale.
func (s *Service) Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, validateOnly bool) error {
	if validateOnly {
		r, err := s.store.Get(ctx, by.Partner, id)
		if err == nil && revision != 0 && revision != r.state.Revision {
			err = ErrStale
		}
		return err
	}
	_, err := s.store.Remove(ctx, by.Partner, id, revision, func(r *Rule) error { r.remove(by, s.now()); return nil })
	return err
}

// Status is how a rule stands over all its campaigns.
type Status struct {
	Name     string     `json:"status"`     // disabled, firing, cooling_down or armed
	Firing   int        `json:"firing"`     // campaigns with an alert of now
	Cooling  int        `json:"cooling"`    // campaigns that cannot fire again yet
	LastFire *time.Time `json:"last_fired"` // null for never
}

// Statuses is how rules of a partner stand, by id; uuid.Nil, an
// administrator's, is for rules of several.
func (s *Service) Statuses(ctx context.Context, partner uuid.UUID, rules []*Rule) (map[uuid.UUID]Status, error) {
	byRule := map[uuid.UUID][]Standing{}
	read := func(partner, id uuid.UUID) error {
		standings, err := s.standings.Standings(ctx, partner, id)
		for _, st := range standings {
			byRule[st.Rule] = append(byRule[st.Rule], st)
		}
		return err
	}
	if partner != uuid.Nil && len(rules) > 1 {
		if err := read(partner, uuid.Nil); err != nil {
			return nil, err
		}
	} else {
		for _, r := range rules {
			if err := read(r.state.Partner, r.state.ID); err != nil {
				return nil, err
			}
		}
	}
	found := make(map[uuid.UUID]Status, len(rules))
	for _, r := range rules {
		found[r.state.ID] = statusOf(&r.state, byRule[r.state.ID], s.now())
	}
	return found, nil
}

func statusOf(rule *State, standings []Standing, now time.Time) Status {
	status := Status{Name: "armed"}
	for _, st := range standings {
		if st.Revision != rule.Revision {
			continue
		}
		if st.Firing() {
			status.Firing++
		} else if st.Cooling(&rule.Definition, now) {
			status.Cooling++
		}
		if at := st.FiredAt; !at.IsZero() && (status.LastFire == nil || at.After(*status.LastFire)) {
			status.LastFire = &at
		}
	}
	switch {
	case !rule.Enabled:
		status.Name = "disabled"
	case status.Firing > 0:
		status.Name = "firing"
	case status.Cooling > 0:
		status.Name = "cooling_down"
	}
	return status
}
