package forecast

import "math"

// The two regressions predict a change from the value one season before, out
// of other differences of the series. So they are the seasonal naive method
// when nothing else is known, they need no level, and a series moved or scaled
// gives the same forecast moved or scaled.

// ridge is a least squares problem with p unknowns, gathered row by row. Each
// unknown is pulled to 0 in proportion to the size of its column.
type ridge struct {
	p    int
	gram []float64 // p x p
	rhs  []float64
	rows int
}

func newRidge(p int) *ridge { return &ridge{p: p, gram: make([]float64, p*p), rhs: make([]float64, p)} }

func (r *ridge) add(row []float64, target, weight float64) {
	r.rows++
	for i, v := range row {
		wv := weight * v
		r.rhs[i] += wv * target
		for j := 0; j <= i; j++ {
			r.gram[i*r.p+j] += wv * row[j]
		}
	}
}

// solve returns the coefficients, all 0 when nothing can be told. It factors
// the matrix in place (Cholesky); columns without any size stay at 0.
func (r *ridge) solve(penalty float64) []float64 {
	p, g, x := r.p, r.gram, r.rhs
	for i := range p {
		g[i*p+i] *= 1 + penalty
		floor := 1e-10 * g[i*p+i]
		for j := 0; j <= i; j++ {
			sum := g[i*p+j]
			for k := range j {
				sum -= g[i*p+k] * g[j*p+k]
			}
			switch {
			case i != j && g[j*p+j] > 0:
				g[i*p+j] = sum / g[j*p+j]
			case i == j && sum > floor:
				g[i*p+i] = math.Sqrt(sum)
			default:
				g[i*p+j] = 0
			}
		}
	}
	return r.substitute(x)
}

func (r *ridge) substitute(x []float64) []float64 {
	p, g := r.p, r.gram
	for i := range p {
		for k := range i {
			x[i] -= g[i*p+k] * x[k]
		}
		x[i] = over(x[i], g[i*p+i])
	}
	for i := p - 1; i >= 0; i-- {
		for k := i + 1; k < p; k++ {
			x[i] -= g[k*p+i] * x[k]
		}
		x[i] = over(x[i], g[i*p+i])
	}
	return x
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// sums of the first values, so that the mean of any range costs one step.
type sums []float64

func sumsOf(y []float64) sums {
	s := make(sums, len(y)+1)
	for i, v := range y {
		s[i+1] = s[i] + v
	}
	return s
}

// mean of y[from:to]
func (s sums) mean(from, to int) float64 { return (s[to] - s[from]) / float64(to-from) }

// direct fits one regression for each step ahead, on every moment of the past
// at which both sides are known: errors do not feed on errors, and the weight
// of today's news fades with the distance as the series itself says. Beyond a
// third of the history the path repeats its last cycle.
func direct(y []float64, season, cycle, h int) []float64 {
	reach := min(h, max(1, len(y)/3))
	d := newDirect(y, season, cycle)
	path := append(make([]float64, 0, len(y)+h), y...)
	for step := 1; step <= reach; step++ {
		path = append(path, d.step(step))
	}
	out := path[len(y):]
	if reach < h {
		repeat := season
		if cycle > 0 {
			repeat = cycle
		}
		out = append(out, SeasonalNaive(path, repeat, h-reach)...)
	}
	return out
}

type directFit struct {
	y             []float64
	total         sums
	season, cycle int
	back          int // how far back a row looks
	row           []float64
}

func newDirect(y []float64, season, cycle int) *directFit {
	d := &directFit{y: y, total: sumsOf(y), season: season, cycle: cycle}
	d.back = 5 * season
	if season == 1 {
		d.back = 14
	}
	if cycle > 0 {
		d.back = max(d.back, cycle+season)
		if len(y) >= 6*cycle && season == 1 || len(y) >= 4*cycle && season > 1 {
			d.back = 2*cycle + season
		}
	}
	d.row = make([]float64, 0, 12)
	return d
}

// enoughRows settle a dozen coefficients; neighbouring rows say almost the
// same, so that a long history is sampled.
const enoughRows = 300

// step forecasts the value h steps after the last.
func (d *directFit) step(h int) float64 {
	n := len(d.y)
	var fit *ridge
	stride := max(1, (n-h-d.back)/enoughRows)
	for t := d.back; t+h < n; t += stride {
		row, base := d.features(t, h)
		if fit == nil {
			fit = newRidge(len(row))
		}
		fit.add(row, d.y[t+h]-base, 1)
	}
	row, base := d.features(n-1, h)
	if fit == nil || fit.rows < 2*len(row) {
		return base
	}
	for i, c := range fit.solve(0.02) {
		base += c * row[i]
	}
	return base
}

// features are differences known at t that may say how y[t+h] differs from
// base, the last known value of its phase.
func (d *directFit) features(t, h int) (row []float64, base float64) {
	y, m := d.y, d.season
	at := t + h - m*((h+m-1)/m)
	base = y[at]
	row = d.row[:0]
	if m == 1 {
		row = append(row, y[t]-y[t-1], y[t]-y[t-2], y[t]-d.total.mean(t-3, t+1), y[t]-d.total.mean(t-12, t+1))
	} else {
		row = append(row, y[t]-y[t-m], y[t-1]-y[t-1-m],
			d.total.mean(t+1-m/4, t+1)-d.total.mean(t+1-m/4-m, t+1-m),
			d.total.mean(t+1-m, t+1)-d.total.mean(t+1-2*m, t+1-m),
			base-y[at-m],
			(y[at-m]+y[at-2*m]+y[at-3*m])/3-base)
	}
	if d.cycle > 0 {
		row = d.cycleFeatures(row, t, h, base)
	}
	return row, base
}

// cycleFeatures are what the last one or two cycles had at the phase of the
// target, as a value and as the change from the phase of now.
func (d *directFit) cycleFeatures(row []float64, t, h int, base float64) []float64 {
	y, c, m := d.y, d.cycle, d.season
	at := t + h - c*((h+c-1)/c)
	before := at - m*((h+m-1)/m)
	if before < 0 {
		before = at
	}
	row = append(row, y[at]-base, y[at]-y[before])
	if d.back >= 2*c {
		row = append(row, y[at-c]-base)
	}
	return row
}

// recursive is an autoregression of the differences, fed with its own
// forecasts. Source: the error correction form of Box and Jenkins' seasonal
// autoregression, by ridge regression.
func recursive(y []float64, season, cycle, h int) []float64 {
	lags := lagsFor(len(y), season, cycle)
	back := lags[len(lags)-1] + season + 1
	path := append(make([]float64, 0, len(y)+h), y...)
	row := make([]float64, len(lags)+2)
	fit := newRidge(len(row))
	for t := back; t < len(y); t++ {
		lagged(row, y, t, season, cycle, lags)
		fit.add(row, y[t]-y[t-season], 1)
	}
	if fit.rows < 2*len(row) {
		return SeasonalNaive(y, season, h)
	}
	weights := fit.solve(0.01)
	for t := len(y); t < len(y)+h; t++ {
		lagged(row, path, t, season, cycle, lags)
		v := path[t-season]
		for i, w := range weights {
			v += w * row[i]
		}
		path = append(path, v)
	}
	return path[len(y):]
}

// lagged fills row with past seasonal differences and with the distances of
// the last value of the phase from its own mean and from the last cycle.
func lagged(row, y []float64, t, season, cycle int, lags []int) {
	for i, lag := range lags {
		row[i] = y[t-lag] - y[t-lag-season]
	}
	k, sum := 0, 0.0
	for s := t - season; s >= 0 && k < 5; s -= season {
		sum, k = sum+y[s], k+1
	}
	row[len(lags)] = sum/float64(k) - y[t-season]
	row[len(lags)+1] = 0
	if cycle > 0 {
		row[len(lags)+1] = y[t-cycle] - y[t-season]
	}
}

// lagsFor chooses few enough lags for the history to tell them apart.
func lagsFor(n, season, cycle int) []int {
	lags := []int{1, 2, 3}
	if season == 1 {
		for lag := 4; lag <= min(8, n/12); lag++ {
			lags = append(lags, lag)
		}
	} else {
		lags = []int{1, 2, 3, season - 1, season, season + 1, 2 * season, 3 * season}
		if season < 5 {
			lags = []int{1, season, season + 1, 2 * season, 3 * season}
		}
	}
	if cycle > 3*season+1 && n > 2*cycle+season+40 {
		lags = append(lags, cycle-1, cycle, cycle+1)
	}
	return lags
}
