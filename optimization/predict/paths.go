package predict

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/hexabuilders/campaignd/forecast"
	"github.com/hexabuilders/campaignd/performance"
)

const (
	futures = 1000
	z80     = 1.2815515655446004 // one in ten is above
	z95     = 1.959963984540054  // one in forty

	// What days have in common when the past is too short to say, and its bounds:
	// never independent, which would make the interval of a sum too narrow.
	sharedUnknown, sharedLeast, sharedMost = 0.5, 0.1, 0.9
	// What metrics have in common then.
	togetherUnknown = 0.7
	leastForHabits  = 14 // days from which the past says both
	shrink          = 0.9
)

// day is one day of one future.
type day [numMetrics]float64

// paths are the futures and their middle.
type paths struct {
	drawn [][]day // by future and day
	mid   []day
}

func (p *paths) days() int { return len(p.mid) }

// draw makes futures of an expectation: each metric and day has its interval, the
// metrics move together as they did, and the days share a part of their error,
// because a level that is misjudged is so for all of them.
func draw(e expectation, history []performance.Metrics, seed uint64) *paths {
	n := len(e[0])
	p := &paths{mid: make([]day, n), drawn: make([][]day, futures)}
	for d := range p.mid {
		for m := range p.mid[d] {
			p.mid[d][m] = e[m][d].Mean
		}
	}
	h := habitsOf(history)
	random := rand.New(rand.NewPCG(seed, futures))
	for i := range p.drawn {
		level := h.together(random)
		p.drawn[i] = make([]day, n)
		for d := range p.drawn[i] {
			own := h.together(random)
			for m := range own {
				z := math.Sqrt(h.shared)*level[m] + math.Sqrt(1-h.shared)*own[m]
				p.drawn[i][d][m] = at(e[m][d], z)
			}
		}
	}
	return p
}

// at is the value of an interval at a standard normal z: straight between its
// bounds, and on beyond them; never below 0.
func at(i forecast.Interval, z float64) float64 {
	near, far := i.High80, i.High95
	a := z
	if z < 0 {
		near, far, a = i.Low80, i.Low95, -z
	}
	if a <= z80 {
		return max(0, i.Mean+(near-i.Mean)*a/z80)
	}
	return max(0, near+(far-near)*(a-z80)/(z95-z80))
}

// habits are how a campaign's metrics and days go together.
type habits struct {
	root   mat.TriDense // of the correlation of metrics: its Cholesky factor
	shared float64      // correlation of two days
}

func habitsOf(history []performance.Metrics) habits {
	h := habits{shared: sharedUnknown}
	c := mat.NewSymDense(numMetrics, nil)
	together := func(_, _ int) float64 { return togetherUnknown }
	if len(history) >= leastForHabits {
		x := surprises(history)
		h.shared = ownCorrelation(x)
		together = func(i, j int) float64 { return shrink * floats.Dot(x[i], x[j]) / float64(len(history)) }
	}
	for i := range numMetrics {
		for j := range i {
			c.SetSym(i, j, together(i, j))
		}
		c.SetSym(i, i, 1)
	}
	var root mat.Cholesky
	root.Factorize(c) // shrinking keeps it positive definite
	root.LTo(&h.root)
	return h
}

// surprises are how far each day was from its weekday's mean, on the scale of
// logarithms, with deviation 1; 0 for a metric that never moved.
func surprises(history []performance.Metrics) [numMetrics][]float64 {
	var out [numMetrics][]float64
	for m := range out {
		y := make([]float64, len(history))
		for t := range history {
			y[t] = math.Log1p(max(0, unitsOf(&history[t], m)))
		}
		var sum, n [7]float64
		for t, v := range y {
			sum[t%7], n[t%7] = sum[t%7]+v, n[t%7]+1
		}
		square := 0.0
		for t := range y {
			y[t] -= sum[t%7] / n[t%7]
			square += y[t] * y[t] / float64(len(y))
		}
		for t := range y {
			if square < 1e-12 {
				y[t] = 0
				continue
			}
			y[t] /= math.Sqrt(square)
		}
		out[m] = y
	}
	return out
}

// ownCorrelation is that of days up to a week apart, over all metrics.
func ownCorrelation(x [numMetrics][]float64) float64 {
	sum, n := 0.0, 0
	for _, y := range x {
		for lag := 1; lag <= 6; lag++ {
			sum, n = sum+floats.Dot(y[lag:], y[:len(y)-lag]), n+len(y)-lag
		}
	}
	return min(sharedMost, max(sharedLeast, sum/float64(n)))
}

// together draws standard normals that go together as the metrics do.
func (h *habits) together(random *rand.Rand) (z day) {
	e := make([]float64, numMetrics)
	for m := range e {
		e[m] = random.NormFloat64()
	}
	for m := range z {
		z[m] = floats.Dot(h.root.RawTriangular().Data[m*numMetrics:m*numMetrics+m+1], e[:m+1])
	}
	return z
}

// each makes new paths of every path, the middle included.
func (p *paths) each(f func(future int, days []day) []day) *paths {
	out := &paths{mid: f(-1, slices.Clone(p.mid)), drawn: make([][]day, len(p.drawn))}
	for i, days := range p.drawn {
		out.drawn[i] = f(i, slices.Clone(days))
	}
	return out
}

// day is what the futures say of one metric and day.
func (p *paths) day(metric, d int) forecast.Interval {
	return p.interval(func(days []day) float64 { return days[d][metric] })
}

// total is what they say of a metric over all days.
func (p *paths) total(metric int) forecast.Interval {
	return p.interval(func(days []day) float64 { return totalOf(days)[metric] })
}

func totalOf(days []day) (sum day) {
	for _, d := range days {
		for m := range d {
			sum[m] += d[m]
		}
	}
	return sum
}

func (p *paths) interval(of func([]day) float64) forecast.Interval {
	values := make([]float64, len(p.drawn))
	for i := range p.drawn {
		values[i] = of(p.drawn[i])
	}
	return around(of(p.mid), values)
}

// around is the interval of drawn values around a middle that it holds.
func around(mid float64, values []float64) forecast.Interval {
	slices.Sort(values)
	q := func(share float64) float64 { return values[int(math.Round(share*float64(len(values)-1)))] }
	return forecast.Interval{Mean: mid, Low80: min(mid, q(0.1)), High80: max(mid, q(0.9)), Low95: min(mid, q(0.025)), High95: max(mid, q(0.975))}
}
