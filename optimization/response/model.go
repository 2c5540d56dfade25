package response

import (
	"math"
	"slices"
)

// Model is what the data allow about the response of every channel: Kept curves
// of each, in the order of the channels given.
type Model struct {
	Channels []string
	states   []state
	unit     []float64
	most     []float64
	one      float64 // the mean result
}

func (p *problem) model(states []state) *Model {
	return &Model{Channels: p.channels, states: states, unit: p.unit, most: p.most, one: p.resultOne}
}

// Reach is how far beyond the largest spend seen a curve is asked, as a factor.
const Reach = 2

// Reach is the largest spend of a channel, in a period, that the model answers
// for: twice what was seen. 0 is a channel that never spent.
func (m *Model) Reach(channel int) float64 { return Reach * m.most[channel] * m.unit[channel] }

// Draws is how many curves stand for the uncertainty.
func (m *Model) Draws() int { return len(m.states) }

// Draw is what a spend that is kept up brings in a period by one of the curves.
func (m *Model) Draw(draw, channel int, spend float64) float64 {
	return m.one * m.states[draw].curves[channel].at(spend/m.unit[channel])
}

// Mean is the expectation of Draw.
func (m *Model) Mean(channel int, spend float64) float64 {
	sum := 0.0
	for i := range m.states {
		sum += m.states[i].curves[channel].at(spend / m.unit[channel])
	}
	return m.one * sum / float64(len(m.states))
}

// caution is how many standard deviations below its mean a response is taken
// when money is given by it. Among 0, 0.3 and 0.6 it lost least in simulated
// markets: what is known badly earns less trust, not none.
const caution = 0.3

// Cautious is what to count on when money is divided: the lower side of Mean.
func (m *Model) Cautious(channel int, spend float64) float64 {
	sum, squares, n := 0.0, 0.0, float64(len(m.states))
	for i := range m.states {
		y := m.states[i].curves[channel].at(spend / m.unit[channel])
		sum, squares = sum+y, squares+y*y
	}
	mean := sum / n
	return m.one * (mean - caution*math.Sqrt(max(0, squares/n-mean*mean)))
}

// Band is an expectation with its 80 % interval.
type Band struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`  // one in ten is below
	High float64 `json:"high"` // one in ten is above
}

// Expected is the result of a period in which the channels spend what is given,
// what comes without any spend included. The interval is of the expectation: a
// single period also has its noise. ErrBeyond refuses spends beyond Reach.
func (m *Model) Expected(split []float64) (Band, error) {
	if err := m.within(split); err != nil {
		return Band{}, err
	}
	totals := make([]float64, len(m.states))
	for i := range m.states {
		totals[i] = m.one * m.states[i].base
		for c, x := range split {
			totals[i] += m.Draw(i, c, x)
		}
	}
	return band(totals), nil
}

// Gain is by how much one split brings more than another.
func (m *Model) Gain(from, to []float64) (Band, error) {
	if err := m.within(to); err != nil {
		return Band{}, err
	}
	gains := make([]float64, len(m.states))
	for i := range m.states {
		for c := range to {
			gains[i] += m.Draw(i, c, to[c]) - m.Draw(i, c, from[c])
		}
	}
	return band(gains), nil
}

// Ratios is by which factor one split brings more than another by each of the
// curves, what comes without any spend included.
func (m *Model) Ratios(from, to []float64) ([]float64, error) {
	if err := m.within(to); err != nil {
		return nil, err
	}
	ratios := make([]float64, len(m.states))
	for i := range m.states {
		before, after := m.one*m.states[i].base, m.one*m.states[i].base
		for c := range to {
			before, after = before+m.Draw(i, c, from[c]), after+m.Draw(i, c, to[c])
		}
		ratios[i] = after / before
	}
	return ratios, nil
}

// Surely is the part of the curves by which one split brings more than another.
func (m *Model) Surely(from, to []float64) float64 {
	better := 0
	for i := range m.states {
		gain := 0.0
		for c := range to {
			gain += m.Draw(i, c, to[c]) - m.Draw(i, c, from[c])
		}
		if gain > 0 {
			better++
		}
	}
	return float64(better) / float64(len(m.states))
}

// Marginal is what one unit of money more brings at a spend.
func (m *Model) Marginal(channel int, spend float64) Band {
	step := max(spend, m.unit[channel]) * 1e-4
	slopes := make([]float64, len(m.states))
	for i := range slopes {
		slopes[i] = (m.Draw(i, channel, spend+step) - m.Draw(i, channel, max(0, spend-step))) / (spend + step - max(0, spend-step))
	}
	return band(slopes)
}

// Shape is a channel's curve in words that a person can check.
type Shape struct {
	Half  Band `json:"half"`  // spend in a period that brings half of all there is to get
	Carry Band `json:"carry"` // part of a period's weight that reaches the next
	Usual Band `json:"usual"` // result of the usual spend
}

// Shape describes a channel.
func (m *Model) Shape(channel int) Shape {
	n := len(m.states)
	half, carry, effect := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, s := range m.states {
		c := s.curves[channel]
		half[i], carry[i], effect[i] = c.half*m.unit[channel], c.carry, c.effect*m.one
	}
	return Shape{band(half), band(carry), band(effect)}
}

func (m *Model) within(split []float64) error {
	for c, x := range split {
		if !(x >= 0) || x > m.Reach(c)*(1+1e-9) {
			return ErrBeyond.With("%q never spent more than %.2f in a period; %.2f cannot be judged.", m.Channels[c], m.most[c]*m.unit[c], x).
				WithExtra("most", m.Reach(c))
		}
	}
	return nil
}

func band(values []float64) Band {
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return Band{mean, quantile(values, 0.1), quantile(values, 0.9)}
}

// quantile of values, which it leaves as they are; 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
