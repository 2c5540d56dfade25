package platforms

import (
	"context"

	"github.com/google/uuid"
)

// Audience is a set of people that a campaign is for, or that it spares.
type Audience struct {
	ID       uuid.UUID
	Name     string
	Size     int64
	Version  int64 // another one whenever somebody has joined or left
	Excluded bool
}

// Key names the audience among the objects of a placement.
func (a Audience) Key() string { return audienceKey(a.ID) }

func audienceKey(id uuid.UUID) string { return "audience:" + id.String() }

// Member is a person as platforms compare people: SHA-256 of the normalised
// value in hexadecimal, "" where it is not known.
type Member struct{ Email, Phone string }

// Filling is what goes into an audience at a platform.
type Filling struct {
	Replace bool  // whoever is not among the members leaves it
	Session int64 // names this filling; the platform joins batches of one
	Total   int64 // about how many members there are
	// Members calls visit with one batch after the other.
	Members func(visit func([]Member) error) error
}

// Filler is a Connector whose platform takes audiences of ours. A filling that
// broke off is repeated whole.
type Filler interface {
	Fill(ctx context.Context, a Access, audience string, f Filling) error
}

// People says who is in an audience. Somebody without an address and a number
// that the platform compares is not among them.
type People interface {
	Members(ctx context.Context, partner, audience uuid.UUID, on Platform, visit func([]Member) error) error
}

// begun stands for the version of an audience whose first filling may have broken
// off: some are in it, and may have left meanwhile.
const begun = -1

// fill brings the members of the campaign's audiences to the platform, where
// they have changed. It comes before the campaign is told to run.
func (t *push) fill(ctx context.Context) error {
	for _, a := range t.draft.Audiences {
		o := t.placement.object(a.Key())
		filler, ok := t.connector.(Filler)
		if !ok || o == nil || o.State != Created || o.Filled == a.Version {
			continue
		}
		external, filling, sent := o.External, Filling{Replace: o.Filled != 0, Session: t.now().UnixMicro(), Total: a.Size}, int64(0)
		if err := t.filled(ctx, a, begun, o.Members); err != nil {
			return err
		}
		filling.Members = func(visit func([]Member) error) error {
			return t.People.Members(ctx, t.ref.Partner, a.ID, t.placement.state.Platform, func(batch []Member) error {
				sent += int64(len(batch))
				return visit(batch)
			})
		}
		if err := filler.Fill(ctx, t.access, external, filling); err != nil {
			return err
		}
		if err := t.filled(ctx, a, a.Version, sent); err != nil {
			return err
		}
	}
	return nil
}

func (t *push) filled(ctx context.Context, a Audience, version, members int64) error {
	return t.store(ctx, func(p *Placement) {
		if o := p.object(a.Key()); o != nil {
			o.Filled, o.Members = version, members
		}
	})
}

// TouchAudience makes the placements due that use an audience: somebody has
// joined it or left.
func (s *Service) TouchAudience(ctx context.Context, partner, audience uuid.UUID) error {
	found, err := s.Placements.Of(ctx, partner, Whose{})
	for _, p := range found {
		if err == nil && p.object(audienceKey(audience)) != nil && p.state.Progress != IsEnded {
			_, err = s.Placements.Update(ctx, p.state.Partner, p.state.ID, 0, func(p *Placement) error { p.touch(s.now()); return nil })
		}
	}
	return err
}
