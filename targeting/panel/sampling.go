package panel

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// Sum is some rows and what their weights add up to.
type Sum struct {
	Rows    int64
	Weight  float64
	Squares float64 // Σw²
}

// sum adds up the weights of rows.
func (ix *Index) sum(rows *roaring.Bitmap) Sum {
	s := Sum{Rows: int64(rows.GetCardinality())}
	if ix.alike {
		if s.Rows > 0 {
			s.Weight = float64(s.Rows) * ix.weights[0]
			s.Squares = s.Weight * ix.weights[0]
		}
		return s
	}
	var few [4096]uint32
	in := rows.ManyIterator()
	for n := in.NextMany(few[:]); n > 0; n = in.NextMany(few[:]) {
		for _, row := range few[:n] {
			w := ix.weights[row]
			s.Weight += w
			s.Squares += w * w
		}
	}
	return s
}

// Sampling is how sure a count is of the people behind the file.
type Sampling struct {
	Rows          int64   // of the file in the countries asked for
	Hits          int64   // of them that match
	EffectiveSize float64 // (Σw)²/Σw² of those rows
	DesignEffect  float64 // Rows / EffectiveSize
	StandardError float64 // of the people counted, in people
	Low, High     float64 // people; the range that holds the truth in the share of cases that z stands for
}

// SamplingOf is the error of a count, for the normal quantile z; the package's
// comment has the formulas. A file that is complete has none.
func (ix *Index) SamplingOf(c Count, z float64) Sampling {
	s := Sampling{Rows: c.People.Rows, Hits: c.Hit.Rows, Low: c.Hit.Weight, High: c.Hit.Weight}
	if c.People.Weight == 0 {
		return s
	}
	s.EffectiveSize = c.People.Weight * c.People.Weight / c.People.Squares
	s.DesignEffect = float64(c.People.Rows) / s.EffectiveSize
	if ix.state.Complete {
		return s
	}
	p := c.Hit.Weight / c.People.Weight
	n, v := s.EffectiveSize, variance(c, p)
	if v > 0 {
		n = p * (1 - p) / v
	}
	low, high := wilson(p, n, z)
	s.StandardError = math.Sqrt(v) * c.People.Weight
	s.Low, s.High = low*c.People.Weight, high*c.People.Weight
	return s
}

// variance is that of the share p, linearised; 0 for a single row, of which
// nothing can be said, and where everybody or nobody matches.
func variance(c Count, p float64) float64 {
	n := float64(c.People.Rows)
	if n < 2 || p <= 0 || p >= 1 {
		return 0
	}
	apart := c.Hit.Squares*(1-2*p) + c.People.Squares*p*p // Σ w²(y-p)²
	return max(0, n/(n-1)*apart/(c.People.Weight*c.People.Weight))
}

// wilson is the score interval of a share seen in n cases (Wilson 1927). Unlike
// p ± z·se it stays within 0 and 1 and has a width where nobody matched.
func wilson(p, n, z float64) (low, high float64) {
	z2 := z * z
	middle := (p + z2/(2*n)) / (1 + z2/n)
	half := z / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, min(p, middle-half)), min(1, max(p, middle+half))
}
