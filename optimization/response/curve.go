package response

import "math"

// curve is the response of one channel: what a spend that is kept up brings.
// Spend and result are scaled: 1 is the usual of the channel, and of the result.
type curve struct {
	effect float64 // what the usual spend brings
	half   float64 // the spend that brings half of all there is to get
	shape  float64 // 1 saturates from the first unit on; above it begins slowly
	carry  float64 // the part of a period's weight that reaches the next: 0 is none
}

// hill is the saturation at a in [0,1).
func (c curve) hill(a float64) float64 {
	if a <= 0 {
		return 0
	}
	return 1 / (1 + math.Exp(c.shape*(math.Log(c.half)-math.Log(a))))
}

// at is what the spend a brings.
func (c curve) at(a float64) float64 { return c.effect * c.hill(a) / c.hill(1) }

// over writes what the spends bring, period after period. logs is the logarithm
// of the spend with carry-over; see adstock.
func (c curve) over(logs, out []float64) {
	scale, half := c.effect/c.hill(1), math.Log(c.half)
	for t, l := range logs {
		out[t] = scale / (1 + math.Exp(c.shape*(half-l)))
	}
}

// adstock writes the logarithm of the spend that acts in each period.
func adstock(spend []float64, carry float64, logs []float64) {
	a := 0.0
	for t, x := range spend {
		a = (1-carry)*x + carry*a
		logs[t] = math.Log(a + tiny)
	}
}

// tiny keeps logarithms finite; it is far below any spend.
const tiny = 1e-12
