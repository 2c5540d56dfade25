package forecast

import "math"

// prepare returns the newest part of a series with its gaps filled, and how
// many values are missing at its end. Missing values at the start are dropped.
func prepare(series []float64, season int) (y []float64, trailing int, err error) {
	first, last := -1, -1
	for i, v := range series {
		if math.IsNaN(v) {
			continue
		}
		if math.IsInf(v, 0) || math.Abs(v) > maxValue {
			return nil, 0, ErrNotFinite.With("Value %d of the history is %g; at most %g is allowed.", i, v, maxValue)
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	if first < 0 {
		return nil, 0, ErrEmpty
	}
	first = max(first, last+1-maxHistory)
	return fill(series[first:last+1], season), len(series) - 1 - last, nil
}

// fill replaces missing values by what the neighbouring seasons had at the same
// phase, or else by the straight line between the values around the gap.
func fill(series []float64, season int) []float64 {
	y := append([]float64(nil), series...)
	for i, v := range series {
		if math.IsNaN(v) {
			y[i] = seasonalNeighbour(series, i, season)
		}
	}
	previous := -1
	for i, v := range y {
		if math.IsNaN(v) {
			continue
		}
		if previous < 0 {
			previous = i // a cut may begin inside a gap
			for j := range i {
				y[j] = v
			}
		}
		for j := previous + 1; j < i; j++ {
			y[j] = y[previous] + (v-y[previous])*float64(j-previous)/float64(i-previous)
		}
		previous = i
	}
	return y
}

// seasonalNeighbour is the mean of the values one season before and after, NaN
// when neither is known or there is no season.
func seasonalNeighbour(series []float64, i, season int) float64 {
	if season < 2 {
		return math.NaN()
	}
	sum, n := 0.0, 0
	for _, j := range [2]int{i - season, i + season} {
		if j >= 0 && j < len(series) && !math.IsNaN(series[j]) {
			sum, n = sum+series[j], n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

func mean(y []float64) float64 {
	if len(y) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range y {
		sum += v
	}
	return sum / float64(len(y))
}

func constant(y []float64) bool {
	for _, v := range y {
		if v != y[0] {
			return false
		}
	}
	return true
}

// extremes returns the smallest and the largest value of a series.
func extremes(y []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range y {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	return low, high
}
