package platforms

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

// PlatformInterest is one of a platform's own interests. Nobody has mapped the taxonomy
// that targetings speak to those of the platforms, and a guessed one would buy
// other people: a person says which is which, once for an account.
type PlatformInterest struct {
	ID   string `json:"id"`
	Name string `json:"name"`           // as the platform calls it
	Path string `json:"path,omitempty"` // what it is part of there
	// People is how many the platform says have it, at most; 0: it does not say.
	People int64 `json:"people,omitempty"`
}

// Catalog is a Connector whose platform has interests of its own.
type Catalog interface {
	// Interests are those whose name has the words, the best first.
	Interests(ctx context.Context, a Access, words string) ([]PlatformInterest, error)
}

// Interests searches the platform of an account for its own. The errors are
// ErrAccountNotFound, fault.ErrInvalid, ErrRefused and ErrUnreachable.
func (s *Service) Interests(ctx context.Context, partner, account uuid.UUID, words string) ([]PlatformInterest, error) {
	if len(strings.TrimSpace(words)) < 2 {
		return nil, fault.ErrInvalid.WithFields(fault.Field{Path: "q", Code: "too_short", Detail: "This finds everything.", Allow: "two letters or more"})
	}
	a, err := s.Accounts.Get(ctx, partner, account)
	if err != nil {
		return nil, err
	}
	access, connector, err := s.access(a.state)
	if err != nil {
		return nil, err
	}
	catalog, ok := connector.(Catalog)
	if !ok {
		return nil, unknownPlatform(a.state.Platform)
	}
	found, err := catalog.Interests(ctx, access, strings.TrimSpace(words))
	if err != nil {
		return nil, shown(err)
	}
	return found, nil
}

// maxInterests bounds what one account maps.
const maxInterests = 500

// Means says that an interest of the taxonomy is one of the platform's; nil takes
// that back. Campaigns on the account follow. The errors are ErrAccountNotFound,
// ErrStale and fault.ErrInvalid.
func (s *Service) Means(ctx context.Context, by event.Origin, account uuid.UUID, revision int64, interest string, theirs *PlatformInterest, validateOnly bool) (AdAccountState, error) {
	if err := checkInterest(interest, theirs); err != nil {
		return AdAccountState{}, err
	}
	change := func(a *Account) error { return a.means(by, s.now(), interest, theirs) }
	if validateOnly {
		a, err := s.Accounts.Get(ctx, by.Partner, account)
		if err == nil && revision != 0 && revision != a.state.Revision {
			err = ErrStale
		}
		if err == nil {
			err = change(a)
		}
		if err != nil {
			return AdAccountState{}, err
		}
		return a.State(), nil
	}
	a, err := s.Accounts.Update(ctx, by.Partner, account, revision, change)
	if err != nil {
		return AdAccountState{}, err
	}
	return a.State(), s.touch(ctx, a.state.Partner, Whose{Account: account})
}

func checkInterest(interest string, theirs *PlatformInterest) error {
	var wrong fault.Fields
	if _, known := taxonomy.Get(interest); !known {
		wrong.Add("interest", "unknown_interest", "The "+taxonomy.Version+" has no interest "+interest+".", "an id of it; GET /api/v1/taxonomies/interests?q=... finds ids by name")
	}
	if theirs != nil && (theirs.ID == "" || len(theirs.ID) > 30 || strings.Trim(theirs.ID, "0123456789") != "") {
		wrong.Add("id", "invalid_id", "This is not the number of an interest at the platform.", "the id of one that GET /api/v1/ad-accounts/{id}/interests?q=... finds")
	}
	if theirs != nil && (theirs.Name == "" || len(theirs.Name) > 300) {
		wrong.Add("name", "required", "It must be given, so that people see what was chosen.", "the platform's name of it")
	}
	return wrong.Err()
}

// means changes what an interest is at the platform.
func (a *Account) means(by event.Origin, at time.Time, interest string, theirs *PlatformInterest) error {
	all := maps.Clone(a.state.Settings.Interests)
	if all == nil {
		all = map[string]PlatformInterest{}
	}
	delete(all, interest)
	if theirs != nil {
		all[interest] = PlatformInterest{ID: theirs.ID, Name: theirs.Name}
	}
	if len(all) > maxInterests {
		return fault.ErrInvalid.WithFields(fault.Field{Path: "interest", Code: "too_many", Detail: "The account has as many interests as it can have.", Allow: "at most 500"})
	}
	if maps.Equal(all, a.state.Settings.Interests) {
		return nil
	}
	a.state.Settings.Interests = all
	a.revise(by, at, "ad_account.changed")
	return nil
}

// InterestsOf are the platform's interests of a draft, in order. ok is false when
// one of them is none of the platform's yet: the campaign is for those people too,
// so that none is said.
func (s Settings) InterestsOf(d Draft) (all []PlatformInterest, ok bool) {
	for _, id := range d.Targeting.Interests {
		theirs, known := s.Interests[id]
		if !known {
			return nil, false
		}
		if !slices.ContainsFunc(all, func(i PlatformInterest) bool { return i.ID == theirs.ID }) {
			all = append(all, theirs)
		}
	}
	slices.SortFunc(all, func(a, b PlatformInterest) int { return strings.Compare(a.ID, b.ID) })
	return all, true
}

// Unnamed are the interests of the campaigns on an account that are none of the
// platform's yet, in order.
func (s *Service) Unnamed(ctx context.Context, partner, account uuid.UUID) ([]string, error) {
	a, err := s.Accounts.Get(ctx, partner, account)
	if err != nil {
		return nil, err
	}
	placed, err := s.Placements.Of(ctx, a.state.Partner, Whose{Account: account})
	missing := map[string]bool{}
	for _, p := range placed {
		if err != nil || p.state.Progress == IsEnded {
			continue
		}
		var draft Draft
		if draft, err = s.Campaigns.Draft(ctx, a.state.Partner, p.state.Campaign, p.state.Percent); fault.KindOf(err) == fault.NotFound {
			err = nil // a campaign that was deleted has no people
		}
		for _, id := range draft.Targeting.Interests {
			if _, known := a.state.Settings.Interests[id]; !known {
				missing[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(missing)), err
}
