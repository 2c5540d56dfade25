package insight

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Attribute is one thing that is known of people, with how many have each
// value, in an audience and in the population it is held against.
type Attribute struct {
	Name       string
	Audience   Counts
	Population Counts // the audience included
	// Known says that the population is counted as a whole, such as a census, and
	// holds more people than the audience was drawn from; otherwise the audience
	// is part of it and is compared with the rest.
	Known bool
	Basis string // what the population is
}

// MinExpected is how many members a group would have to have, if the audience
// were like the population, for a difference to be tested.
const MinExpected = 5

// Significant is the rate of false discoveries below which a difference is
// called significant.
const Significant = 0.05

// Demographics is how an audience differs from the population.
type Demographics struct {
	Groups   []Group  `json:"groups" doc:"The most telling first."`
	Compared int      `json:"compared" doc:"Groups that were tested, for which the p-values are adjusted."`
	Skipped  []string `json:"skipped" doc:"Attributes that divide nobody."`
}

// Group is the people with one value, or range of values, of an attribute.
type Group struct {
	Attribute   string    `json:"attribute"`
	Value       string    `json:"value" example:"25-34"`
	Members     int64     `json:"members" doc:"Of the audience."`
	Share       float64   `json:"share" doc:"Of the members of whom the attribute is known, 0 to 1."`
	Population  float64   `json:"population_share"`
	Index       *Interval `json:"index,omitempty" doc:"100 is as in the population, with 95 % confidence; absent when nobody in the population is in the group."`
	P           *float64  `json:"p_value" nullable:"true"`
	Q           *float64  `json:"adjusted_p" nullable:"true" doc:"Rate of false findings at which it would still be called a difference (Benjamini and Hochberg); null with too few to test."`
	Significant bool      `json:"significant"`
	Basis       string    `json:"basis" doc:"What the population is."`
}

// Describe compares an audience with its population, attribute by attribute.
func Describe(attributes []Attribute) Demographics {
	d := Demographics{Groups: []Group{}, Skipped: []string{}}
	for _, a := range attributes {
		groups := a.compare()
		if len(groups) < 2 {
			d.Skipped = append(d.Skipped, a.Name)
			continue
		}
		d.Groups = append(d.Groups, groups...)
	}
	var p []float64
	var tested []*Group
	for i := range d.Groups {
		if g := &d.Groups[i]; g.P != nil {
			tested, p = append(tested, g), append(p, *g.P)
		}
	}
	for i, q := range adjust(p) {
		tested[i].Q, tested[i].Significant = &q, q < Significant
	}
	d.Compared = len(tested)
	slices.SortStableFunc(d.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.Attribute, b.Attribute))
	})
	return d
}

// weight ranks groups: significant ones by how much they tell, which is the
// part of the divergence between audience and population that is theirs.
func (g Group) weight() float64 {
	if !g.Significant || g.Share == 0 || g.Population == 0 {
		if g.Significant {
			return g.Population
		}
		return 0
	}
	return math.Abs((g.Share - g.Population) * math.Log(g.Share/g.Population))
}

// compare has a group for each value, in their order.
func (a Attribute) compare() []Group {
	all := a.Population
	if a.Known {
		all = maps.Clone(a.Population)
		for value := range a.Audience {
			all[value] += 0 // a value that the population lacks is a group too
		}
	}
	g := group(a.Name, all)
	in, n := g.sum(a.Audience)
	of, m := g.sum(a.Population)
	if n == 0 || m == 0 {
		return nil
	}
	var groups []Group
	for i, name := range g.names {
		if in[i] == 0 && of[i] == 0 {
			continue
		}
		out := Group{Attribute: a.Name, Value: name, Members: int64(math.Round(in[i])), Share: in[i] / n, Population: of[i] / m, Basis: a.Basis}
		if of[i] > 0 {
			index := a.index(in[i], n, of[i], m)
			out.Index = &index
		}
		if p, ok := a.test(in[i], n, of[i], m); ok {
			out.P = &p
		}
		groups = append(groups, out)
	}
	return groups
}

func (a Attribute) index(in, n, of, m float64) Interval {
	r := ratio(in, n, of/m, 0)
	if !a.Known {
		// The audience is a part of the population: what varies is how it differs
		// from the rest, and the index is drawn to 100 by its own share.
		r = ratio(in, n, of-in, m-n)
		if m == n {
			r = Interval{1, 1, 1}
		}
		own, value := n/m, in/n/(of/m)
		// A rest without anybody has a ratio only by the half case that is added.
		r = Interval{value, min(value, mixed(r.Low, own)), max(value, mixed(r.High, own))}
	}
	return Interval{100 * r.Value, 100 * r.Low, 100 * r.High}
}

// mixed is the ratio to everybody of what has ratio r to the rest, where own is
// the audience's part of everybody.
func mixed(r, own float64) float64 { return r / (own*r + 1 - own) }

// test is the p-value of a difference; ok is false with too few people.
func (a Attribute) test(in, n, of, m float64) (p float64, ok bool) {
	expected := n * of / m
	if expected < MinExpected || n-expected < MinExpected {
		return 0, false
	}
	if a.Known {
		return differ(in, n, of/m, 0), true
	}
	rest := m - n
	if rest <= 0 || rest*of/m < MinExpected {
		return 0, false
	}
	return differ(in, n, of-in, rest), true
}
