package lookalike

import (
	"math/rand/v2"
	"slices"
)

// foldsOf divides rows into n parts at random, each with about the same share
// of the group. The rows of a fold are in order.
func foldsOf(y []float64, rows []int32, n int, random *rand.Rand) [][]int32 {
	folds := make([][]int32, n)
	next := 0
	for _, kind := range []float64{1, 0} {
		var some []int32
		for _, row := range rows {
			if y[row] == kind {
				some = append(some, row)
			}
		}
		random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		for _, row := range some {
			folds[next%n] = append(folds[next%n], row)
			next++
		}
	}
	for _, fold := range folds {
		slices.Sort(fold)
	}
	return folds
}

// without is the rows of all folds but one, in order.
func without(folds [][]int32, k int) []int32 {
	var rows []int32
	for i, fold := range folds {
		if i != k {
			rows = append(rows, fold...)
		}
	}
	slices.Sort(rows)
	return rows
}
