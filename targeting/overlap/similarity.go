package overlap

import (
	"cmp"
	"math"
	"slices"

	"github.com/hexabuilders/campaignd/targeting"
)

// The weights of the original design.
const (
	byDemographics = 0.3
	byGeography    = 0.2
	byInterests    = 0.3
	byProfession   = 0.2
)

// Similarity is how alike two configurations are in words, from 0 to 1: the
// weighted mean of what their lists have in common (Jaccard). Two lists that do
// not narrow are alike.
func Similarity(a, b targeting.Configuration) float64 {
	demographics := (ages(a.AgeRange, b.AgeRange) + jaccard(a.Genders, b.Genders) + jaccard(a.IncomeRanges, b.IncomeRanges)) / 3
	geography := (jaccard(places(a), places(b)) + jaccard(a.Languages, b.Languages)) / 2
	interests := jaccard(slices.Concat(a.Interests, a.Behaviors), slices.Concat(b.Interests, b.Behaviors))
	profession := (jaccard(a.JobTitles, b.JobTitles) + jaccard(a.Industries, b.Industries) + jaccard(a.CompanySizes, b.CompanySizes)) / 3
	total := byDemographics*demographics + byGeography*geography + byInterests*interests + byProfession*profession
	return math.Round(min(1, total)*10_000) / 10_000
}

func jaccard[T comparable](a, b []T) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	both := len(common(a, b))
	return float64(both) / float64(len(a)+len(b)-both)
}

// ages compares ranges by the years they share.
func ages(a, b *targeting.AgeRange) float64 {
	years := func(r *targeting.AgeRange) (from, to int) {
		if r == nil {
			return targeting.MinAge, targeting.OpenAge
		}
		return r.Min, min(r.Max, targeting.OpenAge)
	}
	af, at := years(a)
	bf, bt := years(b)
	both := min(at, bt) - max(af, bf) + 1
	return float64(max(0, both)) / float64(max(at, bt)-min(af, bf)+1)
}

// place is a location without its radius.
type place struct{ country, region, city, zip string }

func places(c targeting.Configuration) []place {
	all := make([]place, len(c.Locations))
	for i, l := range c.Locations {
		all[i] = place{l.Country, l.Region, l.City, l.PostalCode}
	}
	return all
}

// holds reports whether a place has another one in it, as far as their names
// tell.
func holds(outer, inner targeting.Location) bool {
	if outer.Point != nil || inner.Point != nil {
		return comparePlaces(outer, inner) == 0 || outer.Point == nil && outer.City == "" && outer.Region == "" && outer.PostalCode == "" && outer.Country == inner.Country
	}
	within := func(o, i string) bool { return o == "" || o == i }
	return outer.Country == inner.Country && within(outer.Region, inner.Region) && within(outer.City, inner.City) &&
		within(outer.PostalCode, inner.PostalCode) && (outer.City == "" || outer.RadiusKM >= inner.RadiusKM)
}

func comparePlaces(a, b targeting.Location) int {
	point := func(l targeting.Location) targeting.Point {
		if l.Point == nil {
			return targeting.Point{}
		}
		return *l.Point
	}
	return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.Region, b.Region), cmp.Compare(a.City, b.City), cmp.Compare(a.PostalCode, b.PostalCode),
		cmp.Compare(a.RadiusKM, b.RadiusKM), cmp.Compare(point(a).Latitude, point(b).Latitude), cmp.Compare(point(a).Longitude, point(b).Longitude))
}
