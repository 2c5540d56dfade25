package lookalike

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Feature is how much a column says about the group.
type Feature struct {
	Name  string  `json:"name"`
	Drop  float64 `json:"auc_drop"`  // what the held-out AUC loses when its values are shuffled
	Alone float64 `json:"auc_alone"` // held-out AUC of the column by itself
}

// leaks is the AUC from which on a column by itself is suspected to be the
// label under another name.
const leaks = 0.98

func suspects(features []Feature) []string {
	names := []string{}
	for _, f := range features {
		if f.Alone >= leaks {
			names = append(names, f.Name)
		}
	}
	return names
}

// maxShuffled bounds the people whose values are shuffled: to score more would
// take longer than to train.
const maxShuffled = 4_000

// features shuffles one column after the other among held-out people and sees
// what ranking them loses (Breiman 2001; Fisher, Rudin and Dominici 2019).
func (m *Model) features(l lesson) []Feature {
	p, held := l.people, l.held
	random := rand.New(rand.NewPCG(l.seed, 3))
	some := sampleOf(p.y, held.rows, random)
	before := auc(m.rescore(p, p.bins, some)).Value
	features := make([]Feature, len(m.binner))
	bins := slices.Clone(p.bins)
	for f := range m.binner {
		bins[f] = shuffled(p.bins[f], some, random)
		features[f] = Feature{m.binner[f].name, before - auc(m.rescore(p, bins, some)).Value, alone(p, f, held.rows)}
		bins[f] = p.bins[f]
	}
	slices.SortStableFunc(features, func(a, b Feature) int { return cmp.Compare(b.Drop, a.Drop) })
	return features
}

// rescore scores people of each fold by the booster that did not see it.
func (m *Model) rescore(p people, bins [][]uint8, folds [][]int32) []judged {
	var all []judged
	for k, rows := range folds {
		for _, row := range rows {
			all = append(all, judged{m.boosters[k].score(bins, row), p.y[row], k})
		}
	}
	return all
}

// sampleOf draws up to maxShuffled rows, half of them of the group. An AUC does
// not depend on how many of each there are.
func sampleOf(y []float64, folds [][]int32, random *rand.Rand) [][]int32 {
	var total [2]float64
	for _, row := range slices.Concat(folds...) {
		total[int(y[row])]++
	}
	some := make([][]int32, len(folds))
	for k, fold := range folds {
		for _, row := range fold {
			if random.Float64()*total[int(y[row])] < maxShuffled/2 {
				some[k] = append(some[k], row)
			}
		}
	}
	return some
}

// shuffled is a column whose values were exchanged among the sampled rows.
func shuffled(bins []uint8, folds [][]int32, random *rand.Rand) []uint8 {
	mixed := slices.Clone(bins)
	rows := slices.Concat(folds...)
	random.Shuffle(len(rows), func(i, j int) {
		mixed[rows[i]], mixed[rows[j]] = mixed[rows[j]], mixed[rows[i]]
	})
	return mixed
}

// alone ranks the people of each fold by the share of the group in their bin
// among the other folds.
func alone(p people, f int, folds [][]int32) float64 {
	var all [maxBins]group
	var whole group
	of := make([][maxBins]group, len(folds))
	for k, rows := range folds {
		for _, row := range rows {
			one := group{people: 1, positive: p.y[row]}
			of[k][p.bins[f][row]].join(one)
			all[p.bins[f][row]].join(one)
			whole.join(one)
		}
	}
	base := whole.positive / whole.people
	var scored []judged
	for k, rows := range folds {
		for _, row := range rows {
			bin := p.bins[f][row]
			seen := group{people: all[bin].people - of[k][bin].people, positive: all[bin].positive - of[k][bin].positive}
			scored = append(scored, judged{seen.rate(base), p.y[row], k})
		}
	}
	return auc(scored).Value
}
