package forecast

import (
	"math"
	"slices"
	"strings"
)

// How weights are earned, chosen on generated and real series outside the
// competitions (docs/decisions/0011-forecasting.md).
const (
	power   = 3.0 // weight falls with the error to this power
	leeway  = 1.4 // a method worse than this times the best has no say
	rounds  = 10  // of the team's choice
	minimum = 0.02
)

// weights of the methods by their errors at all acts but one (-1 for none).
// Half is earned by each method alone, half by the team that did best together:
// the first forgives bad luck, the second knows whose errors cancel. They sum
// to 1; methods that could not be rehearsed weigh nothing.
func (t *trial) weights(except int) []float64 {
	alone := t.earned(except)
	if len(t.acts) < 2 {
		return alone
	}
	for i, w := range t.team(except) {
		alone[i] = (alone[i] + w) / 2
	}
	return alone
}

// earned is each method's share by its own error.
func (t *trial) earned(except int) []float64 {
	scores := t.scores(except)
	best := math.Inf(1)
	for i, s := range scores {
		if t.usable[i] {
			best = math.Min(best, s)
		}
	}
	out := make([]float64, len(scores))
	for i, s := range scores {
		if t.usable[i] && s <= leeway*best {
			out[i] = math.Pow(best/s, power)
		}
	}
	return shared(out)
}

// team is greedy selection with replacement: again and again the method joins
// that leaves the mean of all who joined with the smallest error. Source:
// Caruana, Niculescu-Mizil, Crew, Ksikes, "Ensemble selection from libraries
// of models", ICML 2004.
func (t *trial) team(except int) []float64 {
	joined := make([]float64, len(t.usable))
	sums := make([][]float64, len(t.acts))
	for k := range sums {
		sums[k] = make([]float64, t.horizon)
	}
	smapeScale, maeScale := t.yardstick(except)
	for round := 1; round <= rounds; round++ {
		best, least := 0, math.Inf(1)
		for i, usable := range t.usable {
			if !usable {
				continue
			}
			smape, mae := t.with(i, sums, float64(round), except)
			if e := ratio(smape, smapeScale) + ratio(mae, maeScale); e < least {
				best, least = i, e
			}
		}
		joined[best]++
		for k, a := range t.acts {
			for step, v := range a.paths[best] {
				sums[k][step] += v
			}
		}
	}
	return shared(joined)
}

// with is the error of a team of the given size when method i joins.
func (t *trial) with(i int, sums [][]float64, size float64, except int) (smape, mae float64) {
	path := make([]float64, t.horizon)
	for k, a := range t.acts {
		if k == except {
			continue
		}
		for step, v := range a.paths[i] {
			path[step] = (sums[k][step] + v) / size
		}
		smape += SMAPE(a.actual, path)
		mae += MAE(a.actual, path)
	}
	return smape, mae
}

// yardstick is the error of Naive2 over the same acts.
func (t *trial) yardstick(except int) (smape, mae float64) {
	for k, a := range t.acts {
		if k != except {
			smape += SMAPE(a.actual, a.naive2)
			mae += MAE(a.actual, a.naive2)
		}
	}
	return smape, mae
}

// shared scales weights to sum 1; without any, the first has all.
func shared(weights []float64) []float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		weights[0] = 1
		return weights
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// scores are the methods' errors relative to Naive2's, as OWA weighs them; 1
// for all when nothing was rehearsed.
func (t *trial) scores(except int) []float64 {
	out := make([]float64, len(t.usable))
	smapeScale, maeScale := t.yardstick(except)
	for i := range out {
		var smape, mae float64
		for k, a := range t.acts {
			if k != except {
				smape, mae = smape+a.smape[i], mae+a.mae[i]
			}
		}
		out[i] = math.Max(1e-6, (ratio(smape, smapeScale)+ratio(mae, maeScale))/2)
	}
	return out
}

// blend is the weighted mean of paths, step by step.
func blend(paths [][]float64, weights []float64, h int) []float64 {
	out := make([]float64, h)
	for i, path := range paths {
		if weights[i] == 0 {
			continue
		}
		for step := range out {
			out[step] += weights[i] * path[step]
		}
	}
	return out
}

// name lists the methods with a say, heaviest first.
func (m *Model) name() string {
	order := make([]int, 0, len(m.methods))
	for i, w := range m.weights {
		if w >= minimum {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case m.weights[a] > m.weights[b]:
			return -1
		case m.weights[a] < m.weights[b]:
			return 1
		}
		return 0
	})
	names := make([]string, len(order))
	for i, k := range order {
		names[i] = m.methods[k].name
	}
	return strings.Join(names, "+")
}
