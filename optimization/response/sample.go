package response

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Kept is how many curves a model holds of each channel.
const Kept = 400

// steps is how long the walk is by default: what is affordable in about a
// second, within bounds.
func (p *problem) steps() int {
	each := float64(len(p.result)) * float64(len(p.channels)) * float64(len(p.channels)+len(p.season)+12)
	return int(min(max(4e8/each, 1_500), 8_000))
}

// sample walks from the given states and returns what was passed, thinned.
// Walks that ended where the data fit much worse are left out.
func (p *problem) sample(starts []state, effort int, random *rand.Rand) []state {
	steps := effort
	if steps == 0 {
		steps = p.steps()
	}
	type path struct {
		states []state
		score  float64
	}
	var paths []path
	for _, s := range starts {
		w := newWalk(p, s, random)
		states, score := w.run(steps/2, steps/2)
		paths = append(paths, path{states, score})
	}
	best := paths[0].score
	for _, one := range paths {
		best = max(best, one.score)
	}
	var all []state
	for _, one := range paths {
		if one.score > best-farWorse {
			all = append(all, one.states...)
		}
	}
	kept := make([]state, 0, Kept)
	for i := range Kept {
		kept = append(kept, all[i*len(all)/Kept])
	}
	return kept
}

// farWorse is a distance in log density at which a walk is stuck on a side hill.
const farWorse = 8

// walk is an adaptive Metropolis walk (Haario, Saksman, Tamminen 2001) in blocks:
// the shape of each channel, and all effects with the base and the season.
type walk struct {
	p       *problem
	random  *rand.Rand
	at      []float64 // coordinates: see pack
	columns [][]float64
	scratch []float64
	sum     []float64
	score   float64
	blocks  []*block
}

const perChannel = 4 // coordinates: log effect, log half, log shape, logit carry

func newWalk(p *problem, s state, random *rand.Rand) *walk {
	n := len(p.result)
	w := &walk{p: p, random: random, at: p.pack(s), scratch: make([]float64, n), sum: make([]float64, n)}
	linear := []int{perChannel * len(s.curves)}
	for c := range s.curves {
		w.columns = append(w.columns, p.column(c, s.curves[c]))
		shape := []int{perChannel * c, perChannel*c + 1, perChannel*c + 2}
		if p.carry {
			shape = append(shape, perChannel*c+3)
		}
		w.blocks = append(w.blocks, newBlock(shape, c))
		linear = append(linear, perChannel*c)
	}
	for g := range s.gamma {
		linear = append(linear, perChannel*len(s.curves)+1+g)
	}
	w.blocks = append(w.blocks, newBlock(linear, -1))
	w.score = w.posterior(w.at, -1, nil)
	return w
}

// pack lays a state out as coordinates without bounds, but for the base.
func (p *problem) pack(s state) []float64 {
	var at []float64
	for _, c := range s.curves {
		u := min(max(c.carry/mostCarry, 1e-3), 1-1e-3)
		at = append(at, math.Log(c.effect), math.Log(c.half), math.Log(c.shape), math.Log(u/(1-u)))
	}
	return append(append(at, s.base), s.gamma...)
}

func (p *problem) unpackCurve(at []float64, c int) curve {
	v := at[perChannel*c:]
	out := curve{effect: math.Exp(v[0]), half: math.Exp(v[1]), shape: math.Exp(v[2])}
	if p.carry {
		out.carry = mostCarry / (1 + math.Exp(-v[3]))
	}
	return out
}

func (p *problem) unpack(at []float64) state {
	s := state{base: at[perChannel*len(p.channels)], gamma: slices.Clone(at[perChannel*len(p.channels)+1:])}
	for c := range p.channels {
		s.curves = append(s.curves, p.unpackCurve(at, c))
	}
	return s
}

// posterior is the density at a place; the channel changed has the column given.
func (w *walk) posterior(at []float64, changed int, column []float64) float64 {
	p, channels := w.p, len(w.p.channels)
	base, gamma := at[perChannel*channels], at[perChannel*channels+1:]
	if base < 0 {
		return math.Inf(-1)
	}
	for t := range w.sum {
		w.sum[t] = base
	}
	prior := -square(base / sdBase)
	for c := range channels {
		curve := p.unpackCurve(at, c)
		prior += p.priorCurve(curve)
		from := w.columns[c]
		if c == changed {
			from = column
		}
		for t, v := range from {
			w.sum[t] += curve.effect * v
		}
	}
	squares := 0.0
	for t, expected := range w.sum {
		season := 0.0
		for g, z := range p.season {
			season += gamma[g] * z[t]
		}
		if p.times {
			expected *= 1 + season
		} else {
			expected += season
		}
		r := p.result[t] - expected
		squares += p.weight[t] * r * r
	}
	for _, g := range gamma {
		prior -= square(g / sdGamma)
	}
	return p.fits(squares) + prior
}

// run walks burn steps to settle and adapt, and keep steps that count. The
// score is the mean log density of those.
func (w *walk) run(burn, keep int) (states []state, score float64) {
	for i := range burn + keep {
		for _, b := range w.blocks {
			w.step(b, i < burn)
		}
		if i >= burn {
			score += w.score / float64(keep)
			if i%5 == 0 {
				states = append(states, w.p.unpack(w.at))
			}
		}
	}
	return states, score
}

func (w *walk) step(b *block, adapt bool) {
	next := slices.Clone(w.at)
	b.propose(w.random, next)
	var column []float64
	if b.channel >= 0 {
		w.p.columnInto(b.channel, w.p.unpackCurve(next, b.channel), w.scratch)
		column = w.scratch
	}
	score := w.posterior(next, b.channel, column)
	taken := score-w.score > math.Log(w.random.Float64())
	if taken {
		w.at, w.score = next, score
		if b.channel >= 0 {
			w.columns[b.channel], w.scratch = w.scratch, w.columns[b.channel]
		}
	}
	if adapt {
		b.adapt(w.at, taken)
	}
}
