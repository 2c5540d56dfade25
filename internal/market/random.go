package market

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// newRand is a stream of randomness of its own for every name, so that one
// campaign's does not depend on how many others there are.
func newRand(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// normalFrom is the mean from which a Poisson number is taken as a normal one:
// the error is below what anybody could see, and the time no longer grows.
const normalFrom = 40

// poisson draws how many of many rare things happen when mean are expected.
func poisson(r *rand.Rand, mean float64) int64 {
	switch {
	case mean <= 0:
		return 0
	case mean >= normalFrom:
		return max(0, int64(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n, p, limit := int64(0), r.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= r.Float64()
	}
	return n
}

// lognormal is around 1: its median is 1, and sigma says how far it goes.
func lognormal(r *rand.Rand, sigma float64) float64 { return math.Exp(sigma * r.NormFloat64()) }

// drift wanders around 1 and comes back: what makes a good day good.
type drift struct {
	sigma float64 // of its logarithm, in the long run
	x     float64 // its logarithm in sigmas
}

// memory is how long a drift stays where it is, in hours.
const memory = 12

// move lets hours pass.
func (d *drift) move(r *rand.Rand, hours float64) {
	keep := math.Exp(-hours / memory)
	d.x = d.x*keep + math.Sqrt(1-keep*keep)*r.NormFloat64()
}

func (d *drift) factor() float64 { return math.Exp(d.sigma * d.x) }
