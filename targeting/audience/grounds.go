package audience

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"
)

// Grounds are why the members of an audience may be given to a platform.
type Grounds struct {
	Silent    []string // the names of uploaded audiences whose members would be given without a ground
	Consented bool     // every member has consented
}

// Grounds of an uploaded audience are its own. A computed one takes its people
// from uploaded ones, so that each of its members needs a ground in one of those
// that they are in: a segment of a list is as good as the list.
func (s *Service) Grounds(ctx context.Context, a State) (Grounds, error) {
	if a.Kind == Custom {
		return groundsOf([]State{a}), nil
	}
	uploaded, err := s.All(ctx, a.Partner, Custom)
	if err != nil {
		return Grounds{}, err
	}
	if g := groundsOf(uploaded); g.Consented {
		return g, nil
	}
	members, err := s.People.Members(ctx, a.Partner, a.ID, s.today())
	if err != nil {
		return Grounds{}, err
	}
	stated, consented := roaring.New(), roaring.New()
	unstated := make([]*roaring.Bitmap, len(uploaded))
	for i, u := range uploaded {
		people, err := s.People.Members(ctx, a.Partner, u.ID, s.today())
		if err != nil {
			return Grounds{}, err
		}
		switch people.And(members); u.Basis {
		case NotStated:
			unstated[i] = people
			continue
		case Consent:
			consented.Or(people)
		}
		stated.Or(people)
	}
	g := Grounds{Consented: members.AndCardinality(consented) == members.GetCardinality()}
	for i, people := range unstated {
		if people != nil && !roaring.AndNot(people, stated).IsEmpty() {
			g.Silent = append(g.Silent, uploaded[i].Name)
		}
	}
	return g, nil
}

// groundsOf takes everybody in some uploaded audiences together.
func groundsOf(uploaded []State) Grounds {
	g := Grounds{Consented: true}
	for _, u := range uploaded {
		g.Consented = g.Consented && u.Basis == Consent
		if u.Basis == NotStated {
			g.Silent = append(g.Silent, u.Name)
		}
	}
	return g
}
