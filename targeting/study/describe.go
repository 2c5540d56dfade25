package study

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/insight"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// Description is how the members of an audience differ from others.
type Description struct {
	Members  int64  // of the audience
	Looked   int64  // of them that were looked at
	People   int64  // it is compared with, who were looked at; 0 against a census
	Against  string // AgainstPeople or AgainstCensus
	Selected string // the sentence that says what it is compared with
	insight.Demographics
}

// What an audience is compared with.
const (
	AgainstPeople = "people"     // all of the partner's people
	AgainstCensus = "population" // everybody who lives in the members' countries
)

// mostLooked is how many people are looked at on either side; of more a sample
// is drawn.
const mostLooked = 200_000

// Describe compares an audience with the partner's other people, or with the
// population of its countries; against "" with the people, when there are
// enough. The errors are audience.ErrNotFound, ErrNothingKnown, ErrNobodyElse
// and fault.ErrInvalid.
func (s *Service) Describe(ctx context.Context, partner, id uuid.UUID, against string) (Description, error) {
	of, members, err := s.People.Members(ctx, partner, id)
	if err != nil {
		return Description{}, err
	}
	everyone, err := s.People.Everyone(ctx, of.Partner)
	if err != nil {
		return Description{}, err
	}
	others := roaring.AndNot(everyone, members).GetCardinality()
	switch against {
	case AgainstPeople, AgainstCensus:
	case "":
		if against = AgainstPeople; others < MinSeed {
			against = AgainstCensus
		}
	default:
		return Description{}, fault.ErrInvalid.WithFields(fault.Field{Path: "against", Code: "unknown_value", Detail: "There is no such population.", Allow: "people or population"})
	}
	if against == AgainstPeople && others == 0 {
		return Description{}, ErrNobodyElse.With("Everybody is in the audience.")
	}
	d := Description{Members: int64(members.GetCardinality()), Against: against}
	t, err := s.tally(ctx, of.Partner, members)
	if err != nil {
		return d, err
	}
	d.Looked = t.people
	var attributes []insight.Attribute
	if against == AgainstCensus {
		d.Selected = "Everybody who lives in the members' countries, by age and gender (population of 2025)."
		attributes = t.againstCensus()
	} else if attributes, err = s.againstPeople(ctx, of.Partner, everyone, members, t, &d); err != nil {
		return d, err
	}
	if len(attributes) == 0 && against == AgainstCensus {
		return d, ErrNothingKnown.With("A census knows ages, genders and countries: of no member the country and one of these is known.")
	}
	if len(attributes) == 0 {
		return d, ErrNothingKnown
	}
	d.Demographics = insight.Describe(attributes)
	return d, nil
}

// tally counts the values of attributes.
type tally struct {
	names  []string
	counts []insight.Counts
	people int64
	places map[string]float64 // members by country
}

func (s *Service) tally(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap) (tally, error) {
	names, err := s.People.Attributes(ctx, partner)
	if err != nil {
		return tally{}, err
	}
	t := tally{names: names, counts: make([]insight.Counts, len(names)), places: map[string]float64{}}
	for i := range t.counts {
		t.counts[i] = insight.Counts{}
	}
	// The sample is the same each time, so that an answer does not move by itself.
	some := draw(people, mostLooked, rand.New(rand.NewPCG(1, 9)))
	country := slices.Index(names, "country")
	err = s.People.Each(ctx, partner, some, audience.Want{Attributes: names}, func(p audience.Person) error {
		t.people++
		for i, value := range p.Values {
			if value != "" {
				t.counts[i][value]++
			}
		}
		if country >= 0 && p.Values[country] != "" {
			t.places[strings.ToUpper(p.Values[country])]++
		}
		return ctx.Err()
	})
	return t, err
}

func (s *Service) againstPeople(ctx context.Context, partner uuid.UUID, everyone, members *roaring.Bitmap, t tally, d *Description) ([]insight.Attribute, error) {
	rest, err := s.tally(ctx, partner, roaring.AndNot(everyone, members))
	if err != nil {
		return nil, err
	}
	d.People, d.Selected = rest.people, "All of the partner's people in uploaded audiences."
	var attributes []insight.Attribute
	// Where the two samples are of different shares, the rest weighs as much more
	// as there are more of them.
	weight := 1.0
	if rest.people > 0 && t.people > 0 {
		others := float64(everyone.GetCardinality()) - float64(members.GetCardinality())
		weight = max(1, others/float64(rest.people)/(float64(members.GetCardinality())/float64(t.people)))
	}
	for i, name := range t.names {
		all := insight.Counts{}
		for value, n := range t.counts[i] {
			all[value] += n
		}
		if at := slices.Index(rest.names, name); at >= 0 {
			for value, n := range rest.counts[at] {
				all[value] += n * weight
			}
		}
		attributes = append(attributes, insight.Attribute{Name: name, Audience: t.counts[i], Population: all, Basis: d.Selected})
	}
	return attributes, nil
}

// againstCensus has ages, genders and countries, as far as they are known, beside
// those of the population of the members' countries. Each country weighs as the
// members do, except where the countries themselves are compared.
func (t tally) againstCensus() []insight.Attribute {
	const basis = "The population of the members' countries (2025), each country weighed as its members are."
	ages, genders, countries := insight.Counts{}, insight.Counts{}, insight.Counts{}
	for code, members := range t.places {
		people, ok := reach.PeopleOf(code)
		if !ok {
			continue
		}
		for age, n := range people.Ages {
			ages[plainAge(age)] += members * float64(n) / float64(people.Total)
		}
		countries[code] = float64(people.Total)
		genders["female"] += members * float64(people.Female) / float64(people.Total)
		genders["male"] += members * float64(people.Total-people.Female) / float64(people.Total)
	}
	var attributes []insight.Attribute
	for i, name := range t.names {
		switch strings.ToLower(name) {
		case "age", "edad":
			attributes = append(attributes, insight.Attribute{Name: name, Audience: t.counts[i], Population: ages, Known: true, Basis: basis})
		case "gender", "sex", "genero", "sexo":
			attributes = append(attributes, insight.Attribute{Name: name, Audience: byGender(t.counts[i]), Population: genders, Known: true, Basis: basis})
		case "country":
			attributes = append(attributes, insight.Attribute{Name: name, Audience: insight.Counts(t.places), Population: countries, Known: true, Basis: "The population of the members' countries (2025)."})
		}
	}
	return slices.DeleteFunc(attributes, func(a insight.Attribute) bool { return len(a.Population) == 0 })
}

// byGender reads how files write genders; what is neither is left out, as a
// census does not count it.
func byGender(counts insight.Counts) insight.Counts {
	out := insight.Counts{}
	for value, n := range counts {
		switch strings.ToLower(value) {
		case "f", "female", "woman", "mujer", "femenino":
			out["female"] += n
		case "m", "male", "man", "hombre", "masculino":
			out["male"] += n
		}
	}
	return out
}
