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
	// never nothing, because a level that is learned from few days is misjudged for
	// all that follow.
	sharedUnknown, sharedLeast, sharedMost = 0.5, 0.04, 0.9
	// What metrics have in common then.
	togetherUnknown = 0.7
	chance          = 1.5  // what a level that stands seems to wander, times the days that are known
	leastForHabits  = 14   // days from which the past says both
	shrink          = 0.98 // keeps the correlations of metrics that go in step positive definite
)

// day is one day of one future.
type day [numMetrics]float64

// paths are the futures and their middle.
type paths struct {
	drawn [][]day // by future and day
	mid   []day
}

func (p *paths) days() int { return len(p.mid) }

// drawing is how futures are drawn: how many, how far from the middle relative to
// the intervals given, and from which seed.
type drawing struct {
	futures int
	scale   float64
	seed    uint64
}

// draw makes futures of an expectation: each metric and day has its interval, the
// metrics move together as they did, and the days share a part of their error,
// because a level that is misjudged is so for all of them.
func draw(e expectation, history []performance.Metrics, how drawing) *paths {
	n := len(e[0])
	p := &paths{mid: make([]day, n), drawn: make([][]day, how.futures)}
	for d := range p.mid {
		for m := range p.mid[d] {
			p.mid[d][m] = e[m][d].Mean
		}
	}
	h := habitsOf(history, n)
	random := rand.New(rand.NewPCG(how.seed, futures))
	for i := range p.drawn {
		level := together(&h.level, random)
		p.drawn[i] = make([]day, n)
		for d := range p.drawn[i] {
			own := together(&h.own, random)
			for m := range own {
				p.drawn[i][d][m] = at(e[m][d], how.scale*(level[m]+own[m]))
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

// habits are how a campaign's metrics and days go together: the covariances of
// what all days of a future share and of what each has of its own, as factors that
// a vector of independent normals is multiplied with. Their sum is the correlation
// of the metrics on a day.
type habits struct{ level, own mat.Dense }

// habitsOf learns them. Each combination of metrics has a share of its own: spend
// may wander for weeks while the cost of a result stays where it is, and an
// interval of that cost must not be as wide as if it wandered too.
//
// What they share grows with the days ahead where levels wander: their error is
// that of a walk, which goes on.
func habitsOf(history []performance.Metrics, ahead int) habits {
	same, days := constant(togetherUnknown), constant(togetherUnknown*sharedUnknown)
	for m := range numMetrics {
		days.SetSym(m, m, sharedUnknown)
	}
	if len(history) >= leastForHabits {
		x := surprises(history)
		same, days = correlations(x)
		if ahead > season {
			add(wandering(x), float64(ahead-season)/3, same, days)
		}
	}
	var root mat.Cholesky
	root.Factorize(same) // shrinking keeps it positive definite
	var lower mat.TriDense
	root.LTo(&lower)
	// What days share of combinations that are independent on a day: L⁻¹·days·L⁻ᵀ.
	var half, whitened mat.Dense
	_ = half.Solve(&lower, days) // not singular, as it has a Cholesky factor
	_ = whitened.Solve(&lower, half.T())
	var apart mat.EigenSym
	apart.Factorize(symmetric(&whitened), true)
	var vectors, turned mat.Dense
	apart.VectorsTo(&vectors)
	turned.Mul(&lower, &vectors)
	var h habits
	level, own := make([]float64, numMetrics), make([]float64, numMetrics)
	for m, share := range apart.Values(nil) {
		share = min(sharedMost, max(sharedLeast, share))
		level[m], own[m] = math.Sqrt(share), math.Sqrt(1-share)
	}
	h.level.Mul(&turned, mat.NewDiagDense(numMetrics, level))
	h.own.Mul(&turned, mat.NewDiagDense(numMetrics, own))
	return h
}

// constant is a matrix of ones, and of one value beside them.
func constant(beside float64) *mat.SymDense {
	c := mat.NewSymDense(numMetrics, nil)
	for i := range numMetrics {
		for j := range i {
			c.SetSym(i, j, beside)
		}
		c.SetSym(i, i, 1)
	}
	return c
}

func symmetric(a *mat.Dense) *mat.SymDense {
	s := mat.NewSymDense(numMetrics, nil)
	for i := range numMetrics {
		for j := range i + 1 {
			s.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	return s
}

// correlations are those of metrics on the same day, and on days up to a week
// apart.
func correlations(x [numMetrics][]float64) (same, days *mat.SymDense) {
	n := len(x[0])
	same, days = constant(0), mat.NewSymDense(numMetrics, nil)
	for i, a := range x {
		for j, b := range x[:i+1] {
			if i != j {
				same.SetSym(i, j, shrink*floats.Dot(a, b)/float64(n))
			}
			sum, pairs := 0.0, 0
			for lag := 1; lag <= 6; lag++ {
				sum += floats.Dot(a[lag:], b[:n-lag]) + floats.Dot(b[lag:], a[:n-lag])
				pairs += 2 * (n - lag)
			}
			days.SetSym(i, j, sum/float64(pairs))
		}
	}
	return same, days
}

// wandering is the covariance of the steps that levels make from one day to the
// next: by how much more days two weeks apart differ than days of one week.
func wandering(x [numMetrics][]float64) *mat.SymDense {
	q := mat.NewSymDense(numMetrics, nil)
	if len(x[0]) < 4*season {
		return q
	}
	for i, a := range x {
		for j, b := range x[:i+1] {
			q.SetSym(i, j, 2*(apart(a, b, season+1)-apart(a, b, 1))/season)
		}
	}
	var e mat.EigenSym
	e.Factorize(q, true)
	var v mat.Dense
	e.VectorsTo(&v)
	kept := e.Values(nil)
	for i := range kept {
		kept[i] = max(0, kept[i]-chance/float64(len(x[0])))
	}
	var half, whole mat.Dense
	half.Mul(&v, mat.NewDiagDense(numMetrics, kept))
	whole.Mul(&half, v.T())
	return symmetric(&whole)
}

// apart is half the mean product of the differences of days that lie a week of
// lags apart, from the first lag on: the variogram of two metrics.
func apart(a, b []float64, first int) float64 {
	sum, pairs := 0.0, 0
	for lag := first; lag < first+season; lag++ {
		for t := lag; t < len(a); t++ {
			sum += (a[t] - a[t-lag]) * (b[t] - b[t-lag]) / 2
		}
		pairs += len(a) - lag
	}
	return sum / float64(pairs)
}

// add adds a multiple of the steps to what metrics have in common on a day and
// over days, and makes correlations of it again.
func add(steps *mat.SymDense, times float64, same, days *mat.SymDense) {
	var scale [numMetrics]float64
	for m := range scale {
		scale[m] = 1 / math.Sqrt(1+times*steps.At(m, m))
	}
	for i, a := range scale {
		for j, b := range scale[:i+1] {
			more, by := times*steps.At(i, j), a*b
			same.SetSym(i, j, by*(same.At(i, j)+more))
			days.SetSym(i, j, by*(days.At(i, j)+more))
		}
	}
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

// together draws what a factor makes of independent standard normals.
func together(factor *mat.Dense, random *rand.Rand) (z day) {
	var e day
	for m := range e {
		e[m] = random.NormFloat64()
	}
	for m := range z {
		z[m] = floats.Dot(factor.RawRowView(m), e[:])
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
