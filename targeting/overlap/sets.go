package overlap

import (
	"github.com/RoaringBitmap/roaring/v2"
)

// Groups is how many groups are compared at once.
const (
	MinGroups = 2
	MaxGroups = 10
)

// Count is a number of people: exact, or with the range that holds it in 80 of
// 100 cases.
type Count struct {
	Low, Mid, High int64
}

func exactly(set *roaring.Bitmap) Count { return of(set.GetCardinality()) }

func of(n uint64) Count { return Count{int64(n), int64(n), int64(n)} }

// Pair is what two groups have in common.
type Pair struct {
	A, B         int // their places
	Intersection Count
	Union        Count
	Similarity   *float64 // of two configurations, from 0 to 1
}

// Result is what groups have in common.
type Result struct {
	Sizes        []Count
	Only         []Count    // in this group and no other
	Pairs        []Pair     // each two once
	Intersection Count      // in all of them
	Union        Count      // in any: everybody once
	Assumptions  []string   // what estimates of what they share rest on
	OfEach       [][]string // and what the estimate of each group rests on
}

// OfSets counts sets.
func OfSets(sets []*roaring.Bitmap) Result {
	r := Result{Union: exactly(roaring.FastOr(sets...)), Intersection: exactly(roaring.FastAnd(sets...))}
	for i, set := range sets {
		r.Sizes = append(r.Sizes, exactly(set))
		others := append(append([]*roaring.Bitmap(nil), sets[:i]...), sets[i+1:]...)
		r.Only = append(r.Only, exactly(roaring.AndNot(set, roaring.FastOr(others...))))
		for j := i + 1; j < len(sets); j++ {
			r.Pairs = append(r.Pairs, Pair{A: i, B: j, Intersection: of(set.AndCardinality(sets[j])), Union: of(set.OrCardinality(sets[j]))})
		}
	}
	return r
}

// Share is the part of a group that another has too; ok is false of nobody.
func (p Pair) Share(size Count) (share float64, ok bool) {
	if size.Mid == 0 {
		return 0, false
	}
	return min(1, float64(p.Intersection.Mid)/float64(size.Mid)), true
}
