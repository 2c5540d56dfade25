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
	minimum = 0.02
)

// weights of the methods by their errors at all acts but one (-1 for none).
// They sum to 1; methods that could not be rehearsed weigh nothing.
func (t *trial) weights(except int) []float64 {
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
	for i := range out {
		var smape, mae, naiveSMAPE, naiveMAE float64
		for k, a := range t.acts {
			if k == except {
				continue
			}
			smape, mae = smape+a.smape[i], mae+a.mae[i]
			naiveSMAPE += SMAPE(a.actual, a.naive2)
			naiveMAE += MAE(a.actual, a.naive2)
		}
		out[i] = math.Max(1e-6, (ratio(smape, naiveSMAPE)+ratio(mae, naiveMAE))/2)
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
