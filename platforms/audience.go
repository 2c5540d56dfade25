package platforms

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/targeting"
)

// Audience is a set of people that a campaign is for, or that it spares.
type Audience struct {
	ID       uuid.UUID
	Name     string
	Size     int64
	Version  int64 // another one whenever somebody has joined or left
	Excluded bool
	// Consented says that its members' consent is the ground on which their data
	// is given away; platforms ask for it in some countries.
	Consented bool
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
	Session int64 // names this filling in its account, by its time in microseconds; the platform joins batches of one
	Total   int64 // about how many members there are
	// Consented is the audience's.
	Consented bool
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
	for i, a := range t.draft.Audiences {
		o := t.placement.object(a.Key())
		filler, ok := t.connector.(Filler)
		if !ok || o == nil || o.State != Created || o.Filled == a.Version {
			continue
		}
		external, sent := o.External, int64(0)
		filling := Filling{Replace: o.Filled != 0, Session: t.now().UnixMicro() + int64(i), Total: a.Size, Consented: a.Consented}
		if err := t.filled(ctx, a, filling.Session, begun, o.Members); err != nil {
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
		if err := t.filled(ctx, a, filling.Session, a.Version, sent); err != nil {
			return err
		}
	}
	return nil
}

func (t *push) filled(ctx context.Context, a Audience, session, version, members int64) error {
	return t.store(ctx, func(p *Placement) {
		if o := p.object(a.Key()); o != nil {
			o.Filling, o.Filled, o.Members = session, version, members
		}
	})
}

// refill is how long after a filling that the platform could not work up it is
// sent once more: who has left must not stay there for good.
const refill = time.Hour

// without is a draft whose targeting does not name some audiences any more. It
// must not run: a campaign without its audiences is for everybody.
func (d Draft) without(gone func(name string) bool) Draft {
	t := &d.Targeting
	t.CustomAudiences = slices.DeleteFunc(slices.Clone(t.CustomAudiences), gone)
	t.LookalikeAudiences = slices.DeleteFunc(slices.Clone(t.LookalikeAudiences), gone)
	t.Exclusions = slices.Clone(t.Exclusions)
	for i := range t.Exclusions {
		t.Exclusions[i].Values = slices.DeleteFunc(slices.Clone(t.Exclusions[i].Values), gone)
	}
	t.Exclusions = slices.DeleteFunc(t.Exclusions, func(e targeting.Exclusion) bool { return len(e.Values) == 0 })
	d.Audiences = slices.DeleteFunc(slices.Clone(d.Audiences), func(a Audience) bool { return gone(a.ID.String()) })
	d.Status = campaigns.Paused
	return d
}

// missing reports whether a name is one of an audience that was deleted.
func (d Draft) missing(name string) bool { return slices.Contains(d.Missing, name) }

// kept reports whether a name is one of an audience that is here.
func (d Draft) kept(name string) bool {
	return slices.ContainsFunc(d.Audiences, func(a Audience) bool { return a.ID.String() == name })
}

// unfit is why a campaign cannot run while its targeting names what is not there.
func (d Draft) unfit() error {
	if len(d.Missing) == 0 {
		return nil
	}
	return ErrUnfit.With("The targeting names audiences that were deleted: %s. The campaign does not run there until the targeting is changed.", strings.Join(d.Missing, ", "))
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
