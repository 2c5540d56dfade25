package cluster

import (
	"math"
	"math/rand/v2"
)

const (
	starts   = 4  // of which the best is taken
	maxTurns = 40 // of moving the centres
)

// kmeans finds k centres; the best of several starts.
func kmeans(p points, k, starts int, random *rand.Rand) points {
	var best points
	least := math.Inf(1)
	for range starts {
		centres := seeds(p, k, random)
		if off := settle(p, centres); off < least {
			best, least = centres, off
		}
	}
	return best
}

// seeds draws centres far from each other: each point with a chance that grows
// with its squared distance from those already drawn.
func seeds(p points, k int, random *rand.Rand) points {
	c := points{n: k, d: p.d, at: make([]float64, k*p.d)}
	copy(c.of(0), p.of(random.IntN(p.n)))
	off := make([]float64, p.n)
	for i := range off {
		off[i] = math.Inf(1)
	}
	for next := 1; next < k; next++ {
		total := 0.0
		for i := range off {
			off[i] = min(off[i], apart(p.of(i), c.of(next-1)))
			total += off[i]
		}
		at, left := 0, random.Float64()*total
		for at < p.n-1 && left > off[at] {
			left -= off[at]
			at++
		}
		copy(c.of(next), p.of(at))
	}
	return c
}

// settle moves the centres to the middle of their people until nobody changes
// sides, and returns the sum of squared distances.
func settle(p, c points) (off float64) {
	sides := make([]int, p.n)
	sums, counts := make([]float64, len(c.at)), make([]float64, c.n)
	for turn := range maxTurns {
		moved := 0
		off = 0
		clear(sums)
		clear(counts)
		for i := range p.n {
			at, d := nearest(p.of(i), c)
			off += d
			if at != sides[i] || turn == 0 {
				sides[i] = at
				moved++
			}
			counts[at]++
			for j, v := range p.of(i) {
				sums[at*p.d+j] += v
			}
		}
		if moved == 0 {
			break
		}
		for k, n := range counts {
			if n == 0 {
				continue // it keeps its place until somebody is near
			}
			for j := range p.d {
				c.at[k*p.d+j] = sums[k*p.d+j] / n
			}
		}
	}
	return off
}

// nearest is the centre that a place belongs to.
func nearest(place []float64, c points) (at int, off float64) {
	off = math.Inf(1)
	for k := range c.n {
		if d := apart(place, c.of(k)); d < off {
			at, off = k, d
		}
	}
	return at, off
}

// sides is the centre of each point.
func sides(p, c points) []int {
	of := make([]int, p.n)
	for i := range of {
		of[i], _ = nearest(p.of(i), c)
	}
	return of
}

// silhouette is the mean over points of (b-a)/max(a,b), where a is the mean
// distance to the own cluster and b to the nearest other one; 0 for a point
// alone.
func silhouette(p points, of []int, k int) float64 {
	counts := make([]float64, k)
	for _, at := range of {
		counts[at]++
	}
	total := 0.0
	sums := make([]float64, k)
	for i := range p.n {
		clear(sums)
		for j := range p.n {
			if i != j {
				sums[of[j]] += math.Sqrt(apart(p.of(i), p.of(j)))
			}
		}
		own := of[i]
		if counts[own] < 2 {
			continue
		}
		a, b := sums[own]/(counts[own]-1), math.Inf(1)
		for at, n := range counts {
			if at != own && n > 0 {
				b = min(b, sums[at]/n)
			}
		}
		if m := max(a, b); m > 0 && !math.IsInf(b, 1) {
			total += (b - a) / m
		}
	}
	return total / float64(p.n)
}
