package insight

import (
	"cmp"
	"math"
	"slices"
)

// z95 is the normal quantile of intervals of 95 %.
const z95 = 1.959964

// Interval is a value and the bounds between which it lies with 95 %
// confidence.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// tail is the chance that a normal value lies as far out as z, on either side.
func tail(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// ratio is the ratio of the shares a/n and b/m with its interval by the
// logarithm (Katz, Baptista, Azen and Pike 1978), and half a case added where a
// share is 0. m of 0 says that the second share is known and not counted: it is
// then b itself.
func ratio(a, n, b, m float64) Interval {
	first, second := a/n, b
	variance := (1 - first) / max(a, 0.5)
	if m > 0 {
		second = b / m
		variance += (1 - second) / max(b, 0.5)
	}
	if second == 0 {
		second = 0.5 / max(m, 1)
	}
	value := first / second
	spread := math.Exp(z95 * math.Sqrt(variance))
	low, high := value/spread, value*spread
	if a < 0.5 {
		low, high = 0, 0.5/n/second*spread
	}
	return Interval{value, low, high}
}

// differ is the p-value of two shares being the same (pooled z test, the score
// test of a difference); against a known share when m is 0.
func differ(a, n, b, m float64) float64 {
	if m == 0 {
		if b <= 0 || b >= 1 {
			return 1
		}
		return tail((a/n - b) / math.Sqrt(b*(1-b)/n))
	}
	pooled := (a + b) / (n + m)
	if pooled <= 0 || pooled >= 1 {
		return 1
	}
	return tail((a/n - b/m) / math.Sqrt(pooled*(1-pooled)*(1/n+1/m)))
}

// adjust turns p-values into the smallest rate of false discoveries at which
// each would still be called significant (Benjamini and Hochberg 1995).
func adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	adjusted := make([]float64, len(p))
	least := 1.0
	for k, i := range order {
		rank := len(p) - k
		least = min(least, p[i]*float64(len(p))/float64(rank))
		adjusted[i] = least
	}
	return adjusted
}
