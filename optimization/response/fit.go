package response

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Options of a fit.
type Options struct {
	Seed   uint64
	Effort int  // steps of the walk for each parameter block; 0 is what suits the size
	Carry  bool // whether spend may act in later periods: where periods are days
}

// problem is a history in scaled units, and the form of its season.
type problem struct {
	channels  []string
	spend     [][]float64 // 1 is the usual spend of the channel
	unit      []float64   // the usual spend of each channel, in money
	most      []float64   // the largest spend seen, scaled
	result    []float64   // 1 is the mean
	resultOne float64     // the mean, in results
	weight    []float64   // of each period; 0 where the result is not known
	season    [][]float64 // regressors with mean 0
	times     bool        // the season multiplies
	carry     bool
}

// Fit learns the response of every channel. The same history and options give
// the same model. The errors are ErrShort, ErrNoVariation, ErrNoResult and
// fault.ErrInvalid.
func Fit(h History, o Options) (*Model, error) {
	if err := h.Check(); err != nil {
		return nil, err
	}
	p := scaled(h, o.Carry)
	random := rand.New(rand.NewPCG(o.Seed, uint64(len(h.Result))))
	starts := p.search(random)
	p.weigh(p.learnSeason(starts[0]))
	starts = p.search(random)
	return p.model(p.sample(starts, o.Effort, random)), nil
}

func scaled(h History, carry bool) *problem {
	n := len(h.Result)
	p := &problem{channels: h.Channels, carry: carry, weight: make([]float64, n), result: make([]float64, n)}
	known := 0.0
	for _, y := range h.Result {
		if !math.IsNaN(y) {
			known, p.resultOne = known+1, p.resultOne+y
		}
	}
	p.resultOne /= known
	for t, y := range h.Result {
		if !math.IsNaN(y) {
			p.result[t], p.weight[t] = y/p.resultOne, 1
		}
	}
	for _, spend := range h.Spend {
		unit := usual(spend)
		x := make([]float64, n)
		for t := range spend {
			x[t] = spend[t] / unit
		}
		p.spend, p.unit, p.most = append(p.spend, x), append(p.unit, unit), append(p.most, slices.Max(x))
	}
	return p
}

// usual is the mean of the periods with spend, 1 when there is none.
func usual(spend []float64) float64 {
	sum, n := 0.0, 0.0
	for _, x := range spend {
		if x > 0 {
			sum, n = sum+x, n+1
		}
	}
	if n == 0 {
		return 1
	}
	return sum / n
}

// state is a point that the walk visits.
type state struct {
	curves []curve
	base   float64   // the result without any spend
	gamma  []float64 // of the season's regressors
}

func (s state) clone() state {
	return state{slices.Clone(s.curves), s.base, slices.Clone(s.gamma)}
}

// How widely and how long the search looks before the walk.
const (
	draws     = 60
	rounds    = 3
	keptBest  = 4
	sharpness = 0.7 // of the first draws around the prior's centre
)

// search looks for good places to start the walk from, best first: random
// shapes, each with the effects that fit it best, then each channel's shape
// improved in turn.
func (p *problem) search(random *rand.Rand) []state {
	type found struct {
		state
		score float64
	}
	var all []found
	for range draws {
		s := p.drawn(random)
		p.refit(&s)
		all = append(all, found{s, p.posterior(s)})
	}
	slices.SortFunc(all, func(a, b found) int { return -compare(a.score, b.score) })
	all = all[:keptBest]
	for i := range all {
		for range rounds {
			for c := range p.channels {
				for range 12 {
					next := all[i].clone()
					next.curves[c] = p.drawnCurve(random)
					p.refit(&next)
					if score := p.posterior(next); score > all[i].score {
						all[i] = found{next, score}
					}
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return -compare(a.score, b.score) })
	states := make([]state, len(all))
	for i, f := range all {
		states[i] = f.state
	}
	return states
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (p *problem) drawn(random *rand.Rand) state {
	s := state{base: 0.3, gamma: make([]float64, len(p.season)), curves: make([]curve, len(p.channels))}
	for c := range s.curves {
		s.curves[c] = p.drawnCurve(random)
	}
	return s
}

func (p *problem) drawnCurve(random *rand.Rand) curve {
	c := curve{
		effect: 0.5 / float64(len(p.channels)),
		half:   math.Exp(priorHalf + sharpness*sdHalf*random.NormFloat64()),
		shape:  math.Exp(priorShape + sharpness*sdShape*random.NormFloat64()),
	}
	if p.carry {
		c.carry = 0.85 * random.Float64() * random.Float64()
	}
	return c
}

// refit sets the base, the effects and the season to what fits best with the
// shapes as they are: a ridge regression, effects and base not below zero.
func (p *problem) refit(s *state) {
	n := len(p.result)
	factor := make([]float64, n)
	p.factors(s.gamma, factor)
	columns := make([][]float64, 0, 1+len(s.curves)+len(p.season))
	columns = append(columns, slices.Clone(factor))
	for c := range s.curves {
		column := p.column(c, s.curves[c])
		for t := range column {
			column[t] *= factor[t]
		}
		columns = append(columns, column)
	}
	if !p.times {
		columns = append(columns, p.season...)
	}
	fitted := descend(columns, p.result, p.weight, 1+len(s.curves))
	s.base = fitted[0]
	for c := range s.curves {
		s.curves[c].effect = max(fitted[1+c], leastEffect)
	}
	if !p.times {
		copy(s.gamma, fitted[1+len(s.curves):])
		return
	}
	p.refitTimes(s)
}

// refitTimes learns a season that multiplies, with the structure as it is.
func (p *problem) refitTimes(s *state) {
	structure := p.structure(*s)
	rest := make([]float64, len(structure))
	for t := range rest {
		rest[t] = p.result[t] - structure[t]
	}
	columns := make([][]float64, len(p.season))
	for g, z := range p.season {
		columns[g] = make([]float64, len(z))
		for t := range z {
			columns[g][t] = z[t] * structure[t]
		}
	}
	copy(s.gamma, descend(columns, rest, p.weight, 0))
}

// leastEffect keeps the logarithm of an effect finite: a thousandth of a percent
// of the mean result.
const leastEffect = 1e-5

// column is what each period brings in a channel whose effect is 1.
func (p *problem) column(c int, shape curve) []float64 {
	out := make([]float64, len(p.result))
	p.columnInto(c, shape, out)
	return out
}

func (p *problem) columnInto(c int, shape curve, out []float64) {
	adstock(p.spend[c], shape.carry, out)
	shape.effect = 1
	shape.over(out, out)
}

// structure is the result by period without its season.
func (p *problem) structure(s state) []float64 {
	out := make([]float64, len(p.result))
	for t := range out {
		out[t] = s.base
	}
	for c, curve := range s.curves {
		for t, v := range p.column(c, curve) {
			out[t] += curve.effect * v
		}
	}
	return out
}

// descend solves a weighted ridge regression by coordinate descent; the first
// positive coefficients are not below zero.
func descend(columns [][]float64, target, weight []float64, positive int) []float64 {
	k := len(columns)
	gram, right := make([][]float64, k), make([]float64, k)
	for i := range columns {
		gram[i] = make([]float64, k)
		for j := range i + 1 {
			for t, w := range weight {
				gram[i][j] += w * columns[i][t] * columns[j][t]
			}
			gram[j][i] = gram[i][j]
		}
		for t, w := range weight {
			right[i] += w * columns[i][t] * target[t]
		}
	}
	x := make([]float64, k)
	for range 200 {
		moved := 0.0
		for i := range x {
			rest := right[i]
			for j := range x {
				if j != i {
					rest -= gram[i][j] * x[j]
				}
			}
			next := rest / (gram[i][i]*(1+ridge) + tiny)
			if i < positive {
				next = max(0, next)
			}
			moved = max(moved, math.Abs(next-x[i]))
			x[i] = next
		}
		if moved < 1e-7 {
			break
		}
	}
	return x
}

// ridge settles what spends that move together leave open.
const ridge = 1e-3
