package anomaly

import (
	"math"
	"slices"
)

const (
	// tailShare of a tail's values are its outer part, whose shape says how
	// fast values become rarer beyond it.
	tailShare = 0.02
	// tailLeast is the fewest values that an outer part is made of.
	tailLeast = 8
	// tailPrior is the weight, in values, of what is believed about a tail
	// before it is seen: a Pareto index of priorIndex and a mean excess of
	// priorExcess of the distance from the median.
	tailPrior, priorIndex, priorExcess = 10, 0.3, 0.3
	// farthest is the most that the shape may add to the ranks' surprise.
	farthest = 8
	// fewest values before a tail says anything.
	fewest = 12
)

// tail keeps the last values of one test, in order of time and of size. Both
// slices grow to the capacity once and stay there. float32 halves the memory;
// ranks do not need more digits.
type tail struct {
	ring, sorted []float32
	next         int // in ring, once it is full
	capacity     int
}

func newTail(capacity int) tail { return tail{capacity: capacity} }

func (t *tail) add(value float64) {
	v := float32(value)
	in, _ := slices.BinarySearch(t.sorted, v)
	if len(t.ring) < t.capacity {
		t.ring = append(t.ring, v)
		t.sorted = slices.Insert(t.sorted, in, v)
		return
	}
	out, _ := slices.BinarySearch(t.sorted, t.ring[t.next])
	if in > out { // everything between moves one place down
		in--
		copy(t.sorted[out:in], t.sorted[out+1:in+1])
	} else {
		copy(t.sorted[in+1:out+1], t.sorted[in:out])
	}
	t.sorted[in], t.ring[t.next] = v, v
	t.next = (t.next + 1) % t.capacity
}

// quantile is 0 when nothing is known.
func (t *tail) quantile(p float64) float64 {
	if len(t.sorted) == 0 {
		return 0
	}
	return float64(t.sorted[int(p*float64(len(t.sorted)-1))])
}

// surprise is -log10 of the probability of a value at least v. Up to the
// outer part that is the share of kept values, counting the new one as
// conformal prediction does (Vovk et al., 2005). Beyond the threshold u of the
// outer part it is the mean of two ways to go on: a Pareto tail with Hill's
// index (1975), and an exponential one with the mean excess, the two shapes
// that peaks over threshold knows for heavy and light tails (Siffer et al.,
// "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017). A
// distance of grain is none.
func (t *tail) surprise(v, grain float64) float64 {
	n := len(t.sorted)
	if n < fewest {
		return 0
	}
	k := outer(n)
	u := float64(t.sorted[n-k-1])
	if v-grain <= u {
		rank, _ := slices.BinarySearch(t.sorted, float32(v-grain))
		return -math.Log10(float64(n-rank+1) / float64(n+1))
	}
	beyond := (t.pareto(v, u, k) + t.exponential(v, u, k, grain)) / 2
	return -math.Log10(float64(k+1)/float64(n+1)) + min(farthest, beyond)
}

// outer is how many of n values are a tail's outer part.
func outer(n int) int {
	return max(int(tailShare*float64(n)), min(tailLeast, n/4))
}

// pareto is -log10 of the share of values beyond u that reach v, when
// log(value/u) is exponential. Both are moved off 0 by a little of the median.
func (t *tail) pareto(v, u float64, k int) float64 {
	off := 0.05*math.Abs(t.quantile(0.5)) + 1e-30
	sum := 0.0
	for _, x := range t.sorted[len(t.sorted)-k:] {
		sum += math.Log((float64(x) + off) / (u + off))
	}
	index := (sum + tailPrior*priorIndex) / (float64(k) + tailPrior)
	return math.Log((v+off)/(u+off)) / index / math.Ln10
}

// exponential is the same when the excess over u is exponential.
func (t *tail) exponential(v, u float64, k int, grain float64) float64 {
	sum := tailPrior * priorExcess * (u - t.quantile(0.5))
	for _, x := range t.sorted[len(t.sorted)-k:] {
		sum += float64(x) - u
	}
	mean := sum/(float64(k)+tailPrior) + grain + 1e-30
	return (v - u) / mean / math.Ln10
}
