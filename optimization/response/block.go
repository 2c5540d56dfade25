package response

import (
	"math"
	"math/rand/v2"
)

// block is a set of coordinates that move together, with what its walk has
// learned about how they do.
type block struct {
	index   []int
	channel int // whose shape it is; -1: of none
	seen    float64
	mean    []float64
	cov     [][]float64
	root    [][]float64 // Cholesky factor of the proposals' covariance
	scale   float64     // log
}

func newBlock(index []int, channel int) *block {
	d := len(index)
	b := &block{index: index, channel: channel, mean: make([]float64, d), scale: math.Log(2.38 / math.Sqrt(float64(d)))}
	b.cov, b.root = matrix(d), matrix(d)
	for i := range d {
		b.root[i][i] = firstStep
	}
	return b
}

const (
	firstStep  = 0.05 // before anything is learned
	learnFrom  = 100  // steps
	refresh    = 25   // steps between new factors
	wantedRate = 0.3  // of proposals taken
)

func matrix(d int) [][]float64 {
	m := make([][]float64, d)
	for i := range m {
		m[i] = make([]float64, d)
	}
	return m
}

// propose moves the block's coordinates of at.
func (b *block) propose(random *rand.Rand, at []float64) {
	z := make([]float64, len(b.index))
	for i := range z {
		z[i] = random.NormFloat64()
	}
	factor := math.Exp(b.scale)
	for i, row := range b.root {
		move := 0.0
		for j := range i + 1 {
			move += row[j] * z[j]
		}
		at[b.index[i]] += factor * move
	}
}

// adapt learns from where the walk is now, and from whether it moved.
func (b *block) adapt(at []float64, taken bool) {
	b.seen++
	rate := math.Pow(b.seen, -0.6)
	if taken {
		b.scale += rate * (1 - wantedRate)
	} else {
		b.scale -= rate * wantedRate
	}
	gain := 1 / min(b.seen, 1_000) // forget the way from the start
	d := make([]float64, len(b.index))
	for i, k := range b.index {
		d[i] = at[k] - b.mean[i]
		b.mean[i] += gain * d[i]
	}
	for i := range d {
		for j := range d {
			b.cov[i][j] += gain * (d[i]*d[j]*(1-gain) - b.cov[i][j])
		}
	}
	if b.seen >= learnFrom && int(b.seen)%refresh == 0 {
		b.factor()
	}
}

// factor is the Cholesky decomposition of the covariance, with a little added to
// every variance so that it exists.
func (b *block) factor() {
	d := len(b.index)
	for i := range d {
		for j := range i + 1 {
			sum := b.cov[i][j]
			if i == j {
				sum += 1e-7 + 1e-4*b.cov[i][i]
			}
			for k := range j {
				sum -= b.root[i][k] * b.root[j][k]
			}
			if i == j {
				b.root[i][i] = math.Sqrt(max(sum, 1e-10))
			} else {
				b.root[i][j] = sum / b.root[j][j]
			}
		}
	}
}
