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
	// Within estimates whom a configuration reaches of the members of an audience
	// of each list as well, where it Counts the list.
	Within(c targeting.Configuration, members ...targeting.List) (reach.Estimate, error)
	Counts(l targeting.List) bool
}

// OfConfigurations estimates what valid configurations have in common.
func OfConfigurations(model Estimator, all []targeting.Configuration) (Result, error) {
	m := &regions{model: model, all: all, counts: map[uint]Count{}}
	everything := uint(1)<<len(all) - 1
	union, err := m.union(everything)
	if err != nil {
		return Result{}, err
	}
	r := Result{Union: union, Intersection: m.counts[everything], Assumptions: m.assumptions()}
	for i := range all {
		one := uint(1) << i
		r.OfEach = append(r.OfEach, m.parts[one].Assumptions)
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

// assumptions are what the regions rest on beside the estimates of each.
func (m *regions) assumptions() []string {
	said := []string{"Lists of which people have several values (languages, interests, devices) are taken as independent where they share no value; where they do, those of the shared values are in both."}
	for _, r := range m.parts {
		if len(r.members) > 0 {
			said = append(said, "What audiences kept here have in common is counted, not estimated; whom one network finds of them, the other finds too.")
			break
		}
	}
	return append(said, "Unions are sums by inclusion and exclusion, held between the largest and the sum of all. Panels and past estimates are left aside.")
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

// region is what a group of configurations has in common: a configuration, the
// lists of audiences that its people are on besides, and the share of them who
// are on lists that can be neither named nor counted.
type region struct {
	targeting.Configuration
	reach.Estimate
	members []targeting.List
	share   float64
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
	var r *region
	var err error
	if rest := group &^ (1 << first); rest == 0 {
		r, err = m.one(m.all[first])
	} else {
		var one, others *region
		if one, err = m.region(1 << first); err == nil {
			others, err = m.region(rest)
		}
		if err == nil {
			r, err = m.meet(one, others)
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

func (m *regions) one(c targeting.Configuration, members ...targeting.List) (*region, error) {
	e, err := m.model.Within(c, members...)
	return &region{c, e, members, 1}, err
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
	var alike []targeting.Criterion
	members := slices.Concat(a.members, b.members)
	for _, list := range lists {
		mine, theirs := list.of(&a.Configuration), list.of(&b.Configuration)
		both := common(mine, theirs)
		counts := func(values []string) bool {
			return m.model.Counts(targeting.List{Criterion: list.name, Values: values})
		}
		switch {
		case len(mine) == 0:
			list.set(&c, theirs)
		case len(theirs) == 0 || slices.Equal(mine, theirs):
			list.set(&c, mine)
		case counts(mine) && (len(both) == 0 || counts(theirs)): // theirs come first, as in b: what they leave is known
			list.set(&c, theirs)
			members = append(members, targeting.List{Criterion: list.name, Values: mine})
		case counts(theirs) && len(both) == 0:
			list.set(&c, mine)
			members = append(members, targeting.List{Criterion: list.name, Values: theirs})
		case len(both) == 0:
			list.set(&c, mine)
			joint *= factor(b.Estimate, list.name)
		default:
			list.set(&c, both)
			alike = append(alike, list.name)
		}
	}
	r, err := m.one(c, members...)
	if nobody(err) {
		return &region{Configuration: a.Configuration}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range alike {
		apart := factor(a.Estimate, name) * factor(b.Estimate, name)
		joint *= max(1, apart/factor(r.Estimate, name))
	}
	r.share = min(1, joint*a.share*b.share)
	if fewer := min(a.count().Mid, b.count().Mid); fewer < r.count().Mid { // networks that find different parts of an audience
		r.share = float64(fewer) / float64(r.Mid)
	}
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
