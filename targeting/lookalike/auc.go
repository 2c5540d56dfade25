package lookalike

import (
	"cmp"
	"math"
	"slices"
)

// Interval is a value and the bounds between which it lies with 95 %
// confidence.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// auc is the chance that somebody of the group scores higher than somebody of
// the rest, ties counting half, with the interval of DeLong, DeLong and
// Clarke-Pearson (1988), computed from midranks (Sun and Xu 2014). Both kinds
// have to be there.
func auc(people []judged) Interval {
	byScore := slices.Clone(people)
	slices.SortFunc(byScore, func(a, b judged) int { return cmp.Compare(a.score, b.score) })
	var below [2]float64 // of the rest, of the group: how many score lower
	var all [2]float64
	for _, p := range byScore {
		all[int(p.y)]++
	}
	var placed [2]spread // the share of the other kind that each is placed above
	for i := 0; i < len(byScore); {
		var tied [2]float64
		j := i
		for ; j < len(byScore) && byScore[j].score == byScore[i].score; j++ {
			tied[int(byScore[j].y)]++
		}
		for kind := range 2 {
			other := 1 - kind
			placed[kind].add((below[other]+tied[other]/2)/all[other], tied[kind])
		}
		below[0], below[1] = below[0]+tied[0], below[1]+tied[1]
		i = j
	}
	value := placed[1].mean()
	half := 1.96 * math.Sqrt(placed[1].variance()/all[1]+placed[0].variance()/all[0])
	return Interval{value, max(0, value-half), min(1, value+half)}
}

// spread adds up values for their mean and variance.
type spread struct{ n, sum, squares float64 }

func (s *spread) add(value, times float64) {
	s.n += times
	s.sum += value * times
	s.squares += value * value * times
}

func (s *spread) mean() float64 { return s.sum / s.n }

// variance is of a sample, 0 for a single value.
func (s *spread) variance() float64 {
	if s.n < 2 {
		return 0
	}
	return max(0, (s.squares-s.sum*s.sum/s.n)/(s.n-1))
}
