package response

import "math"

// How much of the season is looked for.
const (
	mostTerms     = 6   // groups of regressors
	mostPeriods   = 300 // frequencies that are tried
	shortestCycle = 2.5 // periods
	leastGain     = 4.0 // of the information criterion, before a term is believed
)

// seasonal writes what the season adds, or multiplies with less one.
func (p *problem) seasonal(gamma, out []float64) {
	clear(out)
	for g, z := range p.season {
		for t := range out {
			out[t] += gamma[g] * z[t]
		}
	}
}

// factors writes what a season multiplies with: 1 where it is added.
func (p *problem) factors(gamma, out []float64) {
	if p.times {
		p.seasonal(gamma, out)
	}
	for t := range out {
		out[t] = 1 + out[t]
	}
}

// learnSeason takes in, one after the other, what explains most of what spend
// leaves: days of the week, a trend, and cycles of any length, as long as each
// pays for its parameters by the Bayesian information criterion (Schwarz 1978).
// Spend often follows the season too; without it the season's result would be
// credited to the spend.
func (p *problem) learnSeason(s state) state {
	candidates := p.seasons()
	for range mostTerms {
		rest := p.rest(s)
		var best term
		bestGain := leastGain
		for _, c := range candidates {
			if gain := p.gain(c, rest); gain > bestGain {
				best, bestGain = c, gain
			}
		}
		if best.columns == nil {
			break
		}
		p.season = append(p.season, best.columns...)
		s.gamma = make([]float64, len(p.season))
		p.refit(&s)
	}
	if len(p.season) == 0 {
		return s
	}
	added := p.squares(s)
	p.times = true
	for range 4 {
		p.refit(&s)
	}
	p.times = p.squares(s) < added
	return s
}

// term is a group of regressors that stand or fall together.
type term struct {
	columns [][]float64
	cost    float64 // parameters, with those of the search for it
}

func (p *problem) seasons() []term {
	n := len(p.result)
	var all []term
	if n >= 21 {
		var week [][]float64
		for d := range 6 {
			z := make([]float64, n)
			for t := range z {
				switch t % 7 {
				case d:
					z[t] = 1
				case 6:
					z[t] = -1
				}
			}
			week = append(week, centred(z))
		}
		all = append(all, term{week, 6})
	}
	trend := make([]float64, n)
	for t := range trend {
		trend[t] = 2*float64(t)/float64(n) - 1
	}
	all = append(all, term{[][]float64{centred(trend)}, 1})
	// From half a cycle in the whole time up to the shortest cycle.
	steps := min(mostPeriods, n)
	low, high := math.Log(0.5/float64(n)), math.Log(1/shortestCycle)
	for i := range steps {
		frequency := math.Exp(low + (high-low)*float64(i)/float64(steps))
		all = append(all, cycle(n, frequency))
	}
	for k := 1; k <= min(mostPeriods, n/3); k++ { // whole cycles, where high frequencies lie too close for the logarithm
		all = append(all, cycle(n, float64(k)/float64(n)))
	}
	return all
}

func cycle(n int, frequency float64) term {
	sin, cos := make([]float64, n), make([]float64, n)
	for t := range sin {
		sin[t], cos[t] = math.Sincos(2 * math.Pi * frequency * float64(t))
	}
	return term{[][]float64{centred(sin), centred(cos)}, 4}
}

func centred(z []float64) []float64 {
	mean, _ := moments(z)
	for t := range z {
		z[t] -= mean
	}
	return z
}

// gain is by how much the information criterion improves with a term.
func (p *problem) gain(c term, rest []float64) float64 {
	fitted := descend(c.columns, rest, p.weight, 0)
	before, after, n := noiseFloor, noiseFloor, 0.0
	for t, w := range p.weight {
		r := rest[t]
		before += w * r * r
		for g, z := range c.columns {
			r -= fitted[g] * z[t]
		}
		after += w * r * r
		if w > 0 {
			n++
		}
	}
	return n*math.Log(before/after) - c.cost*math.Log(n)
}

// rest is what a state leaves unexplained.
func (p *problem) rest(s state) []float64 {
	season := make([]float64, len(p.result))
	p.seasonal(s.gamma, season)
	rest := p.structure(s)
	for t := range rest {
		expected := rest[t] + season[t]
		if p.times {
			expected = rest[t] * (1 + season[t])
		}
		rest[t] = p.result[t] - expected
	}
	return rest
}

func (p *problem) squares(s state) float64 {
	sum := 0.0
	for t, r := range p.rest(s) {
		sum += p.weight[t] * r * r
	}
	return sum
}

// noiseFloor keeps exact data from being believed without end.
const noiseFloor = 1e-5

// weigh gives each period the weight that its noise suggests: constant, growing
// with the result as counts do, or with its square as shares do, whichever is
// most likely; and little to what lies far off everything else.
func (p *problem) weigh(s state) {
	p.refit(&s)
	rest := p.rest(s)
	best, bestPower := math.Inf(-1), 0.0
	for _, power := range []float64{0, 1, 2} {
		if l := p.likelihood(rest, power); l > best {
			best, bestPower = l, power
		}
	}
	var sizes []float64
	for t := range rest {
		if p.weight[t] > 0 {
			p.weight[t] = math.Pow(max(p.result[t]-rest[t], leastExpected), -bestPower)
			sizes = append(sizes, math.Abs(rest[t])*math.Sqrt(p.weight[t]))
		}
	}
	deviation := max(1.4826*quantile(sizes, 0.5), 1e-6)
	for t := range rest {
		if off := math.Abs(rest[t]) * math.Sqrt(p.weight[t]) / deviation; off > farOff {
			p.weight[t] *= farOff / off * farOff / off
		}
	}
	p.normalise()
}

const (
	leastExpected = 0.05 // of the mean result
	farOff        = 4.0  // robust deviations
)

func (p *problem) likelihood(rest []float64, power float64) float64 {
	sum, logs, n := noiseFloor, 0.0, 0.0
	for t, r := range rest {
		if p.weight[t] > 0 {
			w := math.Pow(max(p.result[t]-r, leastExpected), -power)
			sum, logs, n = sum+w*r*r, logs+math.Log(w), n+1
		}
	}
	return logs/2 - n/2*math.Log(sum/n)
}

// normalise makes the mean weight of the known periods 1.
func (p *problem) normalise() {
	sum, n := 0.0, 0.0
	for _, w := range p.weight {
		if w > 0 {
			sum, n = sum+w, n+1
		}
	}
	for t := range p.weight {
		p.weight[t] *= n / sum
	}
}
