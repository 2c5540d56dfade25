package analysis

import (
	"cmp"
	"slices"
)

// adjusted turns the p-values of everything that was tried into q-values: what
// has q at most 0.1 is a list of which at most a tenth is expected to be chance
// (Benjamini and Hochberg, "Controlling the false discovery rate", JRSS B 1995).
// The procedure also holds for figures that move together, as these mostly do.
func adjusted(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	q, least, n := make([]float64, len(p)), 1.0, float64(len(p))
	for k, i := range order { // from the largest
		least = min(least, p[i]*n/(n-float64(k)))
		q[i] = least
	}
	return q
}
