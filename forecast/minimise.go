package forecast

import (
	"math"
	"slices"
)

// minimise searches the unit cube from start for the smallest f by the simplex
// method of Nelder and Mead (1965), with about budget evaluations. It is
// deterministic; what f cannot compute it returns as NaN or +Inf. The search
// runs in angles whose cosines are the coordinates: a simplex clipped at a face
// of the cube would lie flat on it and never leave.
func minimise(f func([]float64) float64, start []float64, budget int) []float64 {
	x := make([]float64, len(start))
	cost := func(angles []float64) float64 {
		if v := f(coordinates(x, angles)); !math.IsNaN(v) {
			return v
		}
		return math.Inf(1)
	}
	angles := make([]float64, len(start))
	for i, v := range start {
		angles[i] = math.Acos(1-2*v) / math.Pi
	}
	s := newSimplex(cost, angles)
	for used := len(start) + 1; used < budget && !s.settled(); {
		used += s.step(cost)
	}
	s.sort()
	return coordinates(x, s[0].at)
}

func coordinates(x, angles []float64) []float64 {
	for i, a := range angles {
		x[i] = (1 - math.Cos(a*math.Pi)) / 2
	}
	return x
}

type vertex struct {
	at   []float64
	cost float64
}

type simplex []vertex

func newSimplex(cost func([]float64) float64, start []float64) simplex {
	s := make(simplex, len(start)+1)
	for i := range s {
		at := slices.Clone(start)
		if i > 0 {
			at[i-1] += 0.2
		}
		s[i] = vertex{at, cost(at)}
	}
	return s
}

func (s simplex) sort() {
	slices.SortStableFunc(s, func(a, b vertex) int {
		switch {
		case a.cost < b.cost:
			return -1
		case a.cost > b.cost:
			return 1
		}
		return 0
	})
}

// settled is true when the corners hardly differ.
func (s simplex) settled() bool {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range s {
		low, high = math.Min(low, v.cost), math.Max(high, v.cost)
	}
	return high-low <= 1e-6*math.Abs(low)
}

// step replaces the worst corner, or shrinks the simplex when no move helps,
// and returns how many evaluations it took.
func (s simplex) step(cost func([]float64) float64) int {
	s.sort()
	worst := &s[len(s)-1]
	try := func(factor float64) vertex {
		at := s.towards(factor)
		return vertex{at, cost(at)}
	}
	reflected := try(1)
	switch {
	case reflected.cost < s[0].cost:
		if expanded := try(2); expanded.cost < reflected.cost {
			reflected = expanded
		}
		*worst = reflected
		return 2
	case reflected.cost < s[len(s)-2].cost:
		*worst = reflected
		return 1
	}
	if contracted := try(-0.5); contracted.cost < worst.cost {
		*worst = contracted
		return 2
	}
	for i := range s[1:] {
		for j := range s[i+1].at {
			s[i+1].at[j] = (s[i+1].at[j] + s[0].at[j]) / 2
		}
		s[i+1].cost = cost(s[i+1].at)
	}
	return 2 + len(s) - 1
}

// towards is the point that lies factor times beyond the centre of all corners
// but the worst, seen from the worst.
func (s simplex) towards(factor float64) []float64 {
	last := len(s) - 1
	at := make([]float64, last)
	for j := range at {
		for _, v := range s[:last] {
			at[j] += v.at[j] / float64(last)
		}
		at[j] += factor * (at[j] - s[last].at[j])
	}
	return at
}
