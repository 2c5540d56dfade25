package response

import "math"

// The priors, in scaled units: 1 is the usual spend of a channel and the mean
// result. They say what curves of advertising look like and give way to data.
const (
	priorHalf   = 0.4  // log: half of all there is at 1.5 times the usual spend
	sdHalf      = 1.0  // a factor of 2.7 either way
	priorShape  = 0.1  // log: saturating from the first unit on
	sdShape     = 0.45 //
	sdEffect    = 0.6  // of the mean result, of one channel
	sdBase      = 1.0
	sdGamma     = 0.3
	mostCarry   = 0.95
	carryFading = 1.5 // the prior of the carry-over is (1-θ)^1.5
)

// posterior is the logarithm of a state's density, up to a constant, in the
// coordinates of the walk.
func (p *problem) posterior(s state) float64 {
	return p.fits(p.squares(s)) + p.prior(s)
}

// fits is the log likelihood with the noise integrated out.
func (p *problem) fits(squares float64) float64 {
	n := 0.0
	for _, w := range p.weight {
		if w > 0 {
			n++
		}
	}
	return -n / 2 * math.Log(squares+noiseFloor*n)
}

func (p *problem) prior(s state) float64 {
	sum := -square(s.base / sdBase)
	for _, g := range s.gamma {
		sum -= square(g / sdGamma)
	}
	for _, c := range s.curves {
		sum += p.priorCurve(c)
	}
	return sum
}

// priorCurve includes the Jacobian of the walk's coordinates: the logarithm of
// the effect, and the logit of the carry-over.
func (p *problem) priorCurve(c curve) float64 {
	sum := math.Log(c.effect) - square(c.effect/sdEffect)
	sum -= square((math.Log(c.half)-priorHalf)/sdHalf) + square((math.Log(c.shape)-priorShape)/sdShape)
	if p.carry {
		u := c.carry / mostCarry
		sum += carryFading*math.Log(1-c.carry) + math.Log(u+tiny) + math.Log(1-u+tiny)
	}
	return sum
}

func square(z float64) float64 { return z * z / 2 }
