package trial

import (
	"math"
	"math/rand/v2"
)

// draws is how many times chances are drawn to divide traffic.
const draws = 4000

// Divide gives each side its share of the traffic, in whole percent that add up
// to 100: how often it is best among draws of Beta(1+results, 1+misses)
// (Thompson 1933), and at least least percent, so that nothing is written off
// that was only unlucky. best is the chance that each side is the best.
func Divide(sides []Sample, least int, random *rand.Rand) (shares []int, best []float64) {
	best = make([]float64, len(sides))
	for range draws {
		top, at := -1.0, 0
		for i, s := range sides {
			if v := beta(random, 1+s.Results, 1+max(0, s.Chances-s.Results)); v > top {
				top, at = v, i
			}
		}
		best[at] += 1.0 / draws
	}
	least = min(least, 100/max(1, len(sides)))
	shares = make([]int, len(sides))
	free, given, leader := 100-least*len(sides), 0, 0
	for i := range sides {
		shares[i] = least + int(float64(free)*best[i])
		given += shares[i]
		if best[i] > best[leader] {
			leader = i
		}
	}
	if len(shares) > 0 {
		shares[leader] += 100 - given
	}
	return shares, best
}

func beta(random *rand.Rand, a, b float64) float64 {
	x := gamma(random, a)
	return x / (x + gamma(random, b))
}

// gamma draws from Gamma(shape, 1) for a shape of 1 or more (Marsaglia and Tsang
// 2000).
func gamma(random *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(random.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
