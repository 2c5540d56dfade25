package anomaly

import "math"

// blend weighs forecasters by how right they have been: the weight of each is
// its mean distance from what came, to the power -4. The best has most of the
// say and nothing is switched, so a forecast does not jump when two forecasters
// change places.
type blend struct {
	off []float64 // mean distance by forecaster
}

const trust = 4

// forecast blends the forecasters' values. grain keeps the weight of one that
// was always right finite.
func (b *blend) forecast(values []float64, grain float64) float64 {
	best := math.Inf(1)
	for _, off := range b.off {
		best = min(best, off+grain)
	}
	var sum, weights float64
	for i, v := range values {
		w := math.Pow(best/(b.off[i]+grain), trust)
		sum += w * v
		weights += w
	}
	return sum / weights
}

// learn tells every forecaster what came. A distance counts up to a few times
// the usual one, so that one spike does not dethrone the best.
func (b *blend) learn(values []float64, came, rate, usual float64) {
	for i, v := range values {
		off := math.Abs(came - v)
		if usual > 0 {
			off = min(off, 5*usual+3*b.off[i])
		}
		b.off[i] += rate * (off - b.off[i])
	}
}
