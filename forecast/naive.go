package forecast

import "math"

// Naive repeats the last value: the best guess for a random walk.
func Naive(y []float64, h int) []float64 {
	out := make([]float64, h)
	for i := range out {
		out[i] = y[len(y)-1]
	}
	return out
}

// SeasonalNaive repeats the last season. A series shorter than a season is
// repeated as far as it goes.
func SeasonalNaive(y []float64, season, h int) []float64 {
	season = min(season, len(y))
	out := make([]float64, h)
	for i := range out {
		out[i] = y[len(y)-season+i%season]
	}
	return out
}

// Naive2 is the yardstick of the M competitions: when the series passes
// Seasonal it is divided by its multiplicative indices, the last value is
// repeated, and the indices are put back. Source: the M4 benchmarks,
// github.com/Mcompetitions/M4-methods ("4Theta method.R", Benchmarks()).
func Naive2(y []float64, season, h int) []float64 {
	flat, indices := deseasonalise(y, season)
	return reseasonalise(Naive(flat, h), indices, len(y))
}

// drift continues the straight line from the first to the last value.
func drift(y []float64, h int) []float64 {
	out := Naive(y, h)
	if len(y) < 2 {
		return out
	}
	slope := (y[len(y)-1] - y[0]) / float64(len(y)-1)
	for i := range out {
		out[i] += slope * float64(i+1)
	}
	return out
}

// profile repeats the median of the last few cycles at each phase, moved by
// half of what the last season differed from it: one odd day does not become
// every day, and a new level is followed half way.
func profile(y []float64, season, cycle, h int) []float64 {
	cycles := min(4, len(y)/cycle)
	if cycles < 1 {
		return SeasonalNaive(y, cycle, h)
	}
	shape := func(t int) float64 {
		values := make([]float64, cycles)
		for k := range values {
			values[k] = y[t-(k+1)*cycle]
		}
		return median(values)
	}
	n := len(y)
	shift := 0.0
	if n >= (cycles+1)*cycle {
		for t := n - season; t < n; t++ {
			shift += (y[t] - shape(t)) / float64(season)
		}
	}
	out := make([]float64, h)
	for i := range out {
		out[i] = shape(n+i%cycle) + shift/2
	}
	return out
}

// median of values, which it reorders.
func median(values []float64) float64 {
	for i := 1; i < len(values); i++ {
		for j := i; j > 0 && values[j] < values[j-1]; j-- {
			values[j], values[j-1] = values[j-1], values[j]
		}
	}
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}
