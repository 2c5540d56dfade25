package overlap

import (
	"math"
	"math/bits"
	"slices"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// Estimator says how many people a valid configuration reaches: the population
// model.
type Estimator interface {
	Estimate(c targeting.Configuration) (reach.Estimate, error)
}

// OfConfigurations estimates what valid configurations have in common.
func OfConfigurations(model Estimator, all []targeting.Configuration) (Result, error) {
	m := &regions{model: model, all: all, counts: map[uint]Count{}}
	everything := uint(1)<<len(all) - 1
	union, err := m.union(everything)
	if err != nil {
		return Result{}, err
	}
	r := Result{Union: union, Intersection: m.counts[everything]}
	for i := range all {
		one := uint(1) << i
		rest, err := m.union(everything &^ one)
		if err != nil {
			return Result{}, err
		}
		r.Sizes = append(r.Sizes, m.counts[one])
		r.Only = append(r.Only, union.less(rest))
		for j := i + 1; j < len(all); j++ {
			both, err := m.union(one | 1<<j)
			if err != nil {
				return Result{}, err
			}
			alike := Similarity(all[i], all[j])
			r.Pairs = append(r.Pairs, Pair{A: i, B: j, Intersection: m.counts[one|1<<j], Union: both, Similarity: &alike})
		}
	}
	return r, nil
}

func (c Count) less(other Count) Count {
	return Count{max(0, c.Low-other.Low), max(0, c.Mid-other.Mid), max(0, c.High-other.High)}
}

// regions are the intersections of configurations, by which take part.
type regions struct {
	model  Estimator
	all    []targeting.Configuration
	parts  map[uint]*region
	counts map[uint]Count
}

// union is how many people any of a group reaches, by inclusion and exclusion.
// Estimates of intersections are not those of one model to the last person, so
// the sum is held between the largest and the sum of all.
func (m *regions) union(group uint) (Count, error) {
	var total, largest, sum Count
	for part := group; part > 0; part = (part - 1) & group {
		c, err := m.count(part)
		if err != nil {
			return Count{}, err
		}
		sign := int64(1)
		if bits.OnesCount(part)%2 == 0 {
			sign = -1
		}
		total = Count{total.Low + sign*c.Low, total.Mid + sign*c.Mid, total.High + sign*c.High}
		if part&(part-1) == 0 {
			largest = Count{max(largest.Low, c.Low), max(largest.Mid, c.Mid), max(largest.High, c.High)}
			sum = Count{sum.Low + c.Low, sum.Mid + c.Mid, sum.High + c.High}
		}
	}
	held := func(n, least, most int64) int64 { return min(max(n, least), most) }
	mid := held(total.Mid, largest.Mid, sum.Mid)
	return Count{min(held(total.Low, largest.Low, sum.Low), mid), mid, max(held(total.High, largest.High, sum.High), mid)}, nil
}

// count is how many people all of a group reach.
func (m *regions) count(group uint) (Count, error) {
	if c, ok := m.counts[group]; ok {
		return c, nil
	}
	r, err := m.region(group)
	if err != nil {
		return Count{}, err
	}
	c := r.count()
	m.counts[group] = c
	return c, nil
}

// region is what a group of configurations has in common: a configuration, and
// the share of its people who are on lists that it cannot name.
type region struct {
	targeting.Configuration
	reach.Estimate
	share float64
}

func (r *region) count() Count {
	scale := func(n int64) int64 { return int64(math.Round(float64(n) * r.share)) }
	return Count{scale(r.Low), scale(r.Mid), scale(r.High)}
}

func (m *regions) region(group uint) (*region, error) {
	if r, ok := m.parts[group]; ok {
		return r, nil
	}
	first := bits.TrailingZeros(group)
	rest := group &^ (1 << first)
	r, err := m.one(m.all[first])
	if err == nil && rest != 0 {
		var other *region
		if other, err = m.region(rest); err == nil {
			r, err = m.meet(r, other)
		}
	}
	if err != nil {
		return nil, err
	}
	if m.parts == nil {
		m.parts = map[uint]*region{}
	}
	m.parts[group] = r
	return r, nil
}

func (m *regions) one(c targeting.Configuration) (*region, error) {
	e, err := m.model.Estimate(c)
	return &region{c, e, 1}, err
}

// meet is what two regions have in common.
func (m *regions) meet(a, b *region) (*region, error) {
	c, possible := a.Configuration, a.share > 0 && b.share > 0
	c.AgeRange = sharedAges(a.AgeRange, b.AgeRange, &possible)
	c.Genders = sharedValues(a.Genders, b.Genders, &possible)
	c.IncomeRanges = sharedValues(a.IncomeRanges, b.IncomeRanges, &possible)
	c.CompanySizes = sharedValues(a.CompanySizes, b.CompanySizes, &possible)
	c.Locations = sharedPlaces(a.Locations, b.Locations)
	if !possible || len(c.Locations) == 0 {
		return &region{Configuration: a.Configuration}, nil
	}
	c.Exclusions = bothLeaveOut(a.Exclusions, b.Exclusions)
	joint := 1.0 // of lists that one configuration cannot say both of
	for _, list := range lists {
		mine, theirs := list.of(&a.Configuration), list.of(&b.Configuration)
		both := common(mine, theirs)
		switch {
		case len(mine) == 0:
			list.set(&c, theirs)
		case len(theirs) == 0:
			list.set(&c, mine)
		case len(both) == 0:
			list.set(&c, mine)
			joint *= factor(b.Estimate, list.name)
		default:
			list.set(&c, both)
		}
	}
	r, err := m.one(c)
	if nobody(err) {
		return &region{Configuration: a.Configuration}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		mine, theirs := list.of(&a.Configuration), list.of(&b.Configuration)
		if len(common(mine, theirs)) > 0 {
			apart := factor(a.Estimate, list.name) * factor(b.Estimate, list.name)
			joint *= max(1, apart/factor(r.Estimate, list.name))
		}
	}
	r.share = min(1, joint*a.share*b.share)
	return r, nil
}

// bothLeaveOut are the exclusions of two configurations, each value once.
func bothLeaveOut(a, b []targeting.Exclusion) []targeting.Exclusion {
	var all []targeting.Exclusion
	out := targeting.Configuration{}
	for _, x := range append(slices.Clone(a), b...) {
		fresh := slices.DeleteFunc(slices.Clone(x.Values), func(v string) bool { return slices.Contains(out.Excluded(x.Criterion), v) })
		if len(fresh) > 0 {
			all = append(all, targeting.Exclusion{Criterion: x.Criterion, Values: fresh})
			out.Exclusions = all
		}
	}
	return all
}

// nobody reports whether a configuration was refused since it is for nobody:
// one leaves out whom the other is for, or what they ask for excludes itself.
func nobody(err error) bool {
	e := fault.As(err)
	return e != nil && len(e.Fields) > 0 && !slices.ContainsFunc(e.Fields, func(f fault.Field) bool {
		return f.Code != "excludes_everybody" && f.Code != "cannot_hold_together"
	})
}

// list is one of a configuration's, as texts.
type list struct {
	name targeting.Criterion
	of   func(*targeting.Configuration) []string
	set  func(*targeting.Configuration, []string)
}

func listOf[T ~string](name targeting.Criterion, field func(*targeting.Configuration) *[]T) list {
	return list{
		name,
		func(c *targeting.Configuration) []string { return converted[string](*field(c)) },
		func(c *targeting.Configuration, values []string) { *field(c) = converted[T](values) },
	}
}

func converted[To, From ~string](values []From) (out []To) {
	for _, v := range values {
		out = append(out, To(v))
	}
	return out
}

// lists are those of which somebody can have values of two.
var lists = []list{
	listOf(targeting.ByLanguage, func(c *targeting.Configuration) *[]string { return &c.Languages }),
	listOf(targeting.ByInterest, func(c *targeting.Configuration) *[]string { return &c.Interests }),
	listOf(targeting.ByBehavior, func(c *targeting.Configuration) *[]string { return &c.Behaviors }),
	listOf(targeting.ByAudience, func(c *targeting.Configuration) *[]string { return &c.CustomAudiences }),
	listOf(targeting.ByLookalike, func(c *targeting.Configuration) *[]string { return &c.LookalikeAudiences }),
	listOf(targeting.ByJobTitle, func(c *targeting.Configuration) *[]string { return &c.JobTitles }),
	listOf(targeting.ByIndustry, func(c *targeting.Configuration) *[]string { return &c.Industries }),
	listOf(targeting.ByDevice, func(c *targeting.Configuration) *[]targeting.DeviceType { return &c.DeviceTypes }),
	listOf(targeting.ByPlatform, func(c *targeting.Configuration) *[]targeting.Platform { return &c.Platforms }),
	listOf(targeting.ByConnection, func(c *targeting.Configuration) *[]targeting.ConnectionType { return &c.ConnectionTypes }),
}

// factor is the share that a criterion leaves in an estimate; 1 where it is not
// narrowed.
func factor(e reach.Estimate, name targeting.Criterion) float64 {
	for _, f := range e.Factors {
		if f.Criterion == string(name) && f.Mid > 0 {
			return f.Mid
		}
	}
	return 1
}

func common[T comparable](a, b []T) []T {
	var both []T
	for _, v := range a {
		if slices.Contains(b, v) {
			both = append(both, v)
		}
	}
	return both
}

// sharedValues are what both lists allow, where an empty one allows all and
// nobody has two values.
func sharedValues[T comparable](a, b []T, possible *bool) []T {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	both := common(a, b)
	*possible = *possible && len(both) > 0
	return both
}

func sharedAges(a, b *targeting.AgeRange, possible *bool) *targeting.AgeRange {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	both := targeting.AgeRange{Min: max(a.Min, b.Min), Max: min(a.Max, b.Max)}
	if a.Open() && b.Open() {
		both.Max = targeting.OpenAge
	}
	*possible = *possible && both.Min <= both.Max
	return &both
}

// sharedPlaces are the places inside both lists: of two of which one holds the
// other, the inner one.
func sharedPlaces(a, b []targeting.Location) []targeting.Location {
	var both []targeting.Location
	for _, x := range a {
		for _, y := range b {
			switch {
			case holds(y, x):
				both = append(both, x)
			case holds(x, y):
				both = append(both, y)
			}
		}
	}
	slices.SortFunc(both, comparePlaces)
	return slices.CompactFunc(both, func(x, y targeting.Location) bool { return comparePlaces(x, y) == 0 })
}
