package reach

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// Audiences is who is in the audiences that are kept here; audience.Service.
type Audiences interface {
	// Members are the people in an audience of the partner today, or
	// audience.ErrNotFound.
	Members(ctx context.Context, partner, id uuid.UUID) (audience.State, *roaring.Bitmap, error)
}

// MatchRate is the criterion of the share of an audience's members whom a
// platform finds among its own users. Its values are platforms.
const MatchRate targeting.Criterion = "match_rates"

// kept are the audiences of ours that a configuration names, by the name there.
type kept map[string]list

type list struct {
	audience.State
	people *roaring.Bitmap
}

// audiences reads the audiences that a configuration names. Those that are not
// there are fields to refuse. Without a partner none is read: whose would it be?
func (s *Service) audiences(ctx context.Context, partner uuid.UUID, c targeting.Configuration) (found kept, missing fault.Fields, err error) {
	if s.Audiences == nil || partner == uuid.Nil {
		return nil, nil, nil
	}
	found = kept{}
	for _, named := range c.KeptAudiences() {
		if _, read := found[named.Name]; read {
			continue
		}
		state, people, err := s.Audiences.Members(ctx, partner, named.ID)
		switch {
		case errors.Is(err, audience.ErrNotFound):
			missing = append(missing, named.Missing())
		case err != nil:
			return nil, nil, err
		default:
			found[named.Name] = list{state, people}
		}
	}
	return found, missing, nil
}

// crowd narrows one estimate by audiences whose members are known. What they
// have in common is counted, not estimated: they are sets of the same people.
type crowd struct {
	kept
	tongue
	match  Share
	source string          // of match
	among  float64         // the people whom the members are looked for among
	inside *roaring.Bitmap // members whom the lists so far leave; nil while none narrows
	met    *meeting
	lists  int             // how many have narrowed
	gone   *roaring.Bitmap // who is excluded, while nothing narrows
}

func (e *Estimator) crowd(c targeting.Configuration, among float64) *crowd {
	in := &crowd{kept: e.kept, tongue: e.tongue, among: among, met: &e.met, gone: roaring.New()}
	in.match, in.source = e.shares.match(c.Platforms)
	return in
}

// online are the people whom members of an audience are looked for among: of
// every age and gender in the whole countries, who use the Internet.
func online(c targeting.Configuration) (n float64) {
	for _, code := range countriesOf(c) {
		if facts := world()[code]; facts != nil {
			n += float64(facts.count(nil, nil)) * facts.internet
		}
	}
	return n
}

// Counts reports whether a list is one of audiences that are all kept here and
// have no share of the partner's own, so that its people are counted.
func (e *Estimator) Counts(l targeting.List) bool {
	if l.Criterion != targeting.ByAudience && l.Criterion != targeting.ByLookalike {
		return false
	}
	return !slices.ContainsFunc(l.Values, func(name string) bool {
		_, set := e.shares.own[key{l.Criterion, name}]
		_, known := e.kept[name]
		return set || !known
	})
}

// together are the members of any of the audiences named.
func (in *crowd) together(names []string) *roaring.Bitmap {
	all := make([]*roaring.Bitmap, len(names))
	for i, name := range names {
		all[i] = in.kept[name].people
	}
	if len(all) == 1 {
		return all[0]
	}
	return roaring.FastOr(all...)
}

// meeting is whom the lists of the last estimate left, list by list. Who asks
// for many groups in turn, as overlap does, asks for most of them again.
type meeting []meetingStep

type meetingStep struct {
	names []string
	left  *roaring.Bitmap
}

// after is whom the list in this place leaves of those whom the ones before it
// have left.
func (m *meeting) after(place int, names []string, left func() *roaring.Bitmap) *roaring.Bitmap {
	if place >= len(*m) || !slices.Equal((*m)[place].names, names) {
		*m = append((*m)[:place], meetingStep{names, left()})
	}
	return (*m)[place].left
}

// narrow is the share whom a list of audiences leaves of those before it.
func (in *crowd) narrow(names []string) (Share, string) {
	before := in.inside
	in.inside = in.met.after(in.lists, names, func() *roaring.Bitmap {
		if before == nil {
			return in.together(names)
		}
		return roaring.And(before, in.together(names))
	})
	in.lists++
	if before != nil {
		return exactly(in.inside.GetCardinality(), before.GetCardinality()), in.say("Counted: of the members of the audiences above, %d are in %s too.", in.inside.GetCardinality(), in.called(names))
	}
	n := in.inside.GetCardinality()
	return in.of(n), in.say("%d people are in %s today. Platforms find %s", n, in.called(names), in.matched())
}

// leave is the share who are in none of the audiences that are excluded.
func (in *crowd) leave(names []string) (Share, string) {
	people := in.together(names)
	if in.inside != nil {
		before := in.inside.GetCardinality()
		in.inside = roaring.AndNot(in.inside, people)
		return exactly(in.inside.GetCardinality(), before), in.say("Counted: of the members of the audiences above, %d are not in %s.", in.inside.GetCardinality(), in.called(names))
	}
	before := in.of(in.gone.GetCardinality()).without()
	in.gone.Or(people)
	after := in.of(in.gone.GetCardinality()).without()
	part := func(after, before float64) float64 {
		if before <= 0 {
			return 0
		}
		return after / before
	}
	left := Share{part(after.Mid, before.Mid), part(after.Low, before.Low), part(after.High, before.High)}
	return left, in.say("%d people are in %s today and are left out where a platform finds them: %s", people.GetCardinality(), in.called(names), in.matched())
}

// of is the share of the people that so many members are.
func (in *crowd) of(members uint64) Share {
	if in.among <= 0 {
		return Share{}
	}
	part := func(rate float64) float64 { return math.Min(1, float64(members)*rate/in.among) }
	return Share{part(in.match.Mid), part(in.match.Low), part(in.match.High)}
}

func exactly(n, of uint64) Share {
	if of == 0 {
		return Share{}
	}
	share := float64(n) / float64(of)
	return Share{share, share, share}
}

// bound holds an estimate to the members there are: a platform finds no more
// people than the lists have.
func (in *crowd) bound(out *Estimate) {
	if in.inside == nil {
		return
	}
	n := in.inside.GetCardinality()
	most := int64(math.Ceil(float64(n) * in.match.High))
	out.Low, out.Mid, out.High = min(out.Low, most), min(out.Mid, most), min(out.High, most)
	out.Assumptions = append(out.Assumptions,
		in.say("At most %d people: the %d members that the audiences leave, of whom platforms find at most %.0f %%.", most, n, 100*in.match.High),
		in.say("Members of audiences are taken to live in the countries asked for, and to be spread over ages, genders and places as the people there are."))
	for _, name := range in.unusable() {
		out.Assumptions = append(out.Assumptions, in.say("The audience %q has fewer members than its minimum: platforms would refuse it.", name))
	}
}

// unusable are the audiences that are too small to be shown anything to.
func (in *crowd) unusable() (names []string) {
	for _, l := range in.kept {
		if l.Status == audience.TooSmall {
			names = append(names, l.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (in *crowd) called(names []string) string {
	called := make([]string, len(names))
	for i, name := range names {
		called[i] = fmt.Sprintf("%q", in.kept[name].Name)
	}
	return strings.Join(called, in.word(" or "))
}

func (in *crowd) matched() string {
	return in.say("%.0f %% of them, %.0f to %.0f. %s", 100*in.match.Mid, 100*in.match.Low, 100*in.match.High, in.source)
}

// match is the share of members that a platform finds: of the platform asked
// for that finds most, since any of them may show the campaign, and where none
// has a share of its own, that of any platform.
func (s shares) match(platforms []targeting.Platform) (Share, string) {
	best, source := s.of(MatchRate, Any, Any)
	first := true
	for _, p := range platforms {
		if _, own := s.own[key{MatchRate, string(p)}]; !own && s.defaults.Shares[MatchRate][string(p)].Mid == 0 {
			continue
		}
		if found, from := s.of(MatchRate, string(p), string(p)); first || found.Mid > best.Mid {
			best, source, first = found, from, false
		}
	}
	return best, source
}
