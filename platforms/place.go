package platforms

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// NewPlacement asks for a campaign to be run on an account.
type NewPlacement struct {
	ID, Campaign, Account uuid.UUID
	Percent               int // of the campaign's limit
	ValidateOnly          bool
}

// Place puts a campaign on an account: from then on the platform follows the
// campaign. The errors are fault.ErrInvalid, ErrAccountNotFound, ErrUnfit, ErrPlaced,
// and kind fault.NotFound for the campaign.
func (s *Service) Place(ctx context.Context, by event.Origin, in NewPlacement) (PlacementState, error) {
	draft, err := s.Campaigns.Draft(ctx, by.Partner, in.Campaign, in.Percent)
	if err != nil {
		return PlacementState{}, err
	}
	account, err := s.Accounts.Get(ctx, by.Partner, in.Account)
	if err != nil {
		return PlacementState{}, err
	}
	a := account.State()
	if err := s.fits(ctx, a, draft, in); err != nil {
		return PlacementState{}, err
	}
	access, connector, err := s.access(a)
	if err != nil {
		return PlacementState{}, err
	}
	if err := draft.unfit(); err != nil {
		return PlacementState{}, err
	}
	outline, err := connector.Outline(access, draft)
	if err != nil {
		return PlacementState{}, err
	}
	if in.ID == uuid.Nil {
		in.ID = s.NewID()
	}
	p := place(by, s.now(), PlacementState{
		ID: in.ID, Partner: a.Partner, Campaign: in.Campaign, Account: in.Account, Platform: a.Platform, Percent: in.Percent, LeftOut: outline.LeftOut,
	})
	if in.ValidateOnly {
		return p.State(), nil
	}
	return p.State(), s.Placements.Insert(ctx, p)
}

// fits refuses what would spend twice or in another currency.
func (s *Service) fits(ctx context.Context, a AdAccountState, draft Draft, in NewPlacement) error {
	var wrong fault.Fields
	if draft.Budget.Currency != a.Currency {
		wrong.Add("ad_account_id", "currency_mismatch", "The campaign's budget is in "+string(draft.Budget.Currency)+" and the ad account in "+string(a.Currency)+".", "an account in the campaign's currency")
	}
	others, err := s.Placements.Of(ctx, a.Partner, Whose{Campaign: in.Campaign})
	if err != nil {
		return err
	}
	left := 100
	for _, p := range others {
		if st := p.State(); st.Progress != IsEnded {
			left -= st.Percent
		}
	}
	if in.Percent < 1 || in.Percent > left {
		wrong.Add("budget_percent", "out_of_range", "The parts of a budget that platforms may spend add up to 100 at most.", "1 to "+strconv.Itoa(left))
	}
	return wrong.Err()
}

// Placement is one of the partner's, or ErrPlacementNotFound.
func (s *Service) Placement(ctx context.Context, partner, id uuid.UUID) (PlacementState, error) {
	p, err := s.Placements.Get(ctx, partner, id)
	if err != nil {
		return PlacementState{}, err
	}
	return p.State(), nil
}

// PlacementsOf are those of a campaign or an account, the newest first.
func (s *Service) PlacementsOf(ctx context.Context, partner uuid.UUID, q Whose) ([]PlacementState, error) {
	found, err := s.Placements.Of(ctx, partner, q)
	states := make([]PlacementState, len(found))
	for i, p := range found {
		states[i] = p.State()
	}
	return states, err
}

// Touch makes the placements of a campaign due: it, or its budget, has changed.
func (s *Service) Touch(ctx context.Context, partner, campaign uuid.UUID) error {
	return s.touch(ctx, partner, Whose{Campaign: campaign})
}

func (s *Service) touch(ctx context.Context, partner uuid.UUID, q Whose) error {
	found, err := s.Placements.Of(ctx, partner, q)
	for _, p := range found {
		if err == nil && p.state.Progress != IsEnded {
			_, err = s.Placements.Update(ctx, p.state.Partner, p.state.ID, 0, func(p *Placement) error { p.touch(s.now()); return nil })
		}
	}
	return err
}

// End takes a campaign from an account: the platform is told to stop, and the
// placement ends when it has. validateOnly says whether that could be done, and
// does nothing.
func (s *Service) End(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, validateOnly bool) (PlacementState, error) {
	if validateOnly {
		p, err := s.Placements.Get(ctx, by.Partner, id)
		if err == nil && revision != 0 && revision != p.state.Revision {
			err = ErrStale
		}
		if err != nil {
			return PlacementState{}, err
		}
		return p.State(), nil
	}
	p, err := s.Placements.Update(ctx, by.Partner, id, revision, func(p *Placement) error {
		if p.state.Progress == IsEnded || p.state.Ending {
			return nil
		}
		p.state.Ending = true
		p.touch(s.now())
		p.revise(by, s.now(), "placement.changed")
		return nil
	})
	if err != nil {
		return PlacementState{}, err
	}
	return p.State(), nil
}

// Action is what a person decides about an object.
type Action string

// The actions.
const (
	Adopt   Action = "adopt"   // External is the one; others with our reference are stopped
	Release Action = "release" // it does not exist there; it may be created again
	Retry   Action = "retry"   // what was refused may be sent again as it is
)

// Resolution is a person's decision about one object.
type Resolution struct {
	Key          string
	Action       Action
	External     string // of Adopt
	ValidateOnly bool
}

// Resolve settles an object that is unknown, in conflict or refused. Its errors
// are ErrPlacementNotFound, ErrStale, ErrNothingOpen and fault.ErrInvalid.
func (s *Service) Resolve(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, r Resolution) (PlacementState, error) {
	if r.ValidateOnly {
		p, err := s.Placements.Get(ctx, by.Partner, id)
		if err == nil && revision != 0 && revision != p.state.Revision {
			err = ErrStale
		}
		if err == nil {
			err = p.resolve(by, s.now(), r)
		}
		if err != nil {
			return PlacementState{}, err
		}
		return p.State(), nil
	}
	p, err := s.Placements.Update(ctx, by.Partner, id, revision, func(p *Placement) error { return p.resolve(by, s.now(), r) })
	if err != nil {
		return PlacementState{}, err
	}
	return p.State(), nil
}

func (p *Placement) resolve(by event.Origin, at time.Time, r Resolution) error {
	o := p.object(r.Key)
	switch {
	case o == nil:
		return fault.ErrInvalid.WithFields(fault.Field{Path: "object", Code: "unknown_value", Detail: "The placement has no object " + r.Key + ".", Allow: "the key of one of its objects"})
	case r.Action == Retry && o.State == Declined, r.Action == Release && (o.State == Open || o.State == Conflict):
		o.release()
		o.Problem = nil
	case r.Action == Adopt && (o.State == Open || o.State == Conflict):
		if r.External == "" || o.State == Conflict && !slices.Contains(o.Candidates, r.External) {
			return fault.ErrInvalid.WithFields(fault.Field{Path: "external_id", Code: "unknown_value", Detail: "Say which one it is.", Allow: "of a conflict: one of its candidates"})
		}
		p.adoptOne(o.Key, r.External)
	default:
		return ErrNothingOpen
	}
	p.touch(at)
	p.update(by, at, "") // a decision is always an event
	return nil
}

// adoptOne takes one of several and retires the others, so that they are told to
// stop.
func (p *Placement) adoptOne(key, external string) {
	o := p.object(key)
	others, kind := o.Candidates, o.Kind
	o.adopt(external, o.RequestID)
	for _, id := range others {
		if id != external {
			p.state.Objects = append(p.state.Objects, Object{Key: key + "~" + id, Name: o.Name, Channel: o.Channel, Kind: kind, Call: o.Call, Reference: o.Reference, State: Created, External: id, Retired: true})
			o = p.object(key) // the list has moved
		}
	}
}
