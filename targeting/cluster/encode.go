package cluster

import (
	"cmp"
	"math"
	"slices"
)

// Column is one thing that is known of people: numbers, NaN where unknown, or
// words, "" where unknown. Exactly one of the two is given, by person.
type Column struct {
	Name    string
	Numbers []float64
	Words   []string
}

const (
	maxWords = 12  // of a column that become coordinates
	farthest = 3.0 // deviations beyond which a number is no farther
	// leastSpread keeps a word that few have from being a cluster of its own.
	leastSpread = 0.25
)

// Axis turns a column into coordinates. It is part of a Model and is stored
// with it.
type Axis struct {
	Column string   `json:"column"`
	Log    bool     `json:"log,omitempty"`
	Mean   float64  `json:"mean,omitempty"`
	Scale  float64  `json:"scale"`
	Words  []string `json:"words,omitempty"`
}

// fit learns the axes of the columns that tell people apart, from some rows.
func fit(columns []Column, rows []int) []Axis {
	var axes []Axis
	for _, c := range columns {
		var a Axis
		var ok bool
		if c.Numbers != nil {
			a, ok = fitNumbers(c.Numbers, rows)
		} else {
			a, ok = fitWords(c.Words, rows)
		}
		if a.Column = c.Name; ok {
			axes = append(axes, a)
		}
	}
	return axes
}

func fitNumbers(all []float64, rows []int) (Axis, bool) {
	var values []float64
	negative := false
	for _, row := range rows {
		if v := all[row]; !math.IsNaN(v) {
			values = append(values, v)
			negative = negative || v < 0
		}
	}
	if len(values) == 0 {
		return Axis{}, false
	}
	a := Axis{Log: !negative && skewed(values)}
	n, sum, squares := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		sum += a.plain(v)
	}
	a.Mean = sum / n
	for _, v := range values {
		squares += (a.plain(v) - a.Mean) * (a.plain(v) - a.Mean)
	}
	a.Scale = math.Sqrt(squares / n)
	return a, a.Scale > 1e-9*(1+math.Abs(a.Mean))
}

// skewed reports whether the mean lies far above the median, as with counts and
// amounts.
func skewed(values []float64) bool {
	sorted := slices.Sorted(slices.Values(values))
	sum := 0.0
	for _, v := range sorted {
		sum += v
	}
	low, high := sorted[len(sorted)/4], sorted[len(sorted)*3/4]
	return sum/float64(len(sorted))-sorted[len(sorted)/2] > 0.25*(high-low)
}

func (a Axis) plain(v float64) float64 {
	if a.Log {
		return math.Log1p(max(v, 0))
	}
	return v
}

func fitWords(all []string, rows []int) (Axis, bool) {
	counts := map[string]float64{}
	known := 0.0
	for _, row := range rows {
		if all[row] != "" {
			counts[all[row]]++
			known++
		}
	}
	if len(counts) < 2 || float64(len(counts)) > known/2 && known > 20 {
		return Axis{}, false // everybody is the same, or nobody is
	}
	var a Axis
	for word := range counts {
		a.Words = append(a.Words, word)
	}
	slices.SortFunc(a.Words, func(x, y string) int { return cmp.Or(cmp.Compare(counts[y], counts[x]), cmp.Compare(x, y)) })
	spread := 0.0
	a.Words = a.Words[:min(len(a.Words), maxWords)]
	for _, word := range a.Words {
		p := counts[word] / float64(len(rows))
		spread += p * (1 - p)
	}
	a.Scale = math.Sqrt(max(spread, leastSpread))
	return a, true
}

// encode is the coordinates of some rows, one after the other.
func encode(columns []Column, axes []Axis, rows []int) points {
	of := make([]Column, len(axes)) // empty where there is no such column
	for i, a := range axes {
		if at := slices.IndexFunc(columns, func(c Column) bool { return c.Name == a.Column }); at >= 0 {
			of[i] = columns[at]
		}
	}
	p := points{n: len(rows)}
	for _, a := range axes {
		p.d += max(1, len(a.Words))
	}
	p.at = make([]float64, p.n*p.d)
	for i, row := range rows {
		to := p.of(i)
		for k, a := range axes {
			to = a.put(of[k], row, to)
		}
	}
	return p
}

// put writes the coordinates of a person and returns the room that is left.
// What is not known lies in the middle.
func (a Axis) put(c Column, row int, to []float64) []float64 {
	if a.Words == nil {
		if len(c.Numbers) > row && !math.IsNaN(c.Numbers[row]) {
			to[0] = max(-farthest, min(farthest, (a.plain(c.Numbers[row])-a.Mean)/a.Scale))
		}
		return to[1:]
	}
	for i, word := range a.Words {
		if len(c.Words) > row && c.Words[row] == word {
			to[i] = 1 / a.Scale
		}
	}
	return to[len(a.Words):]
}

// points are n places with d coordinates each.
type points struct {
	n, d int
	at   []float64
}

func (p points) of(i int) []float64 { return p.at[i*p.d : (i+1)*p.d] }

// pick is some of the points.
func (p points) pick(rows []int) points {
	out := points{n: len(rows), d: p.d, at: make([]float64, 0, len(rows)*p.d)}
	for _, i := range rows {
		out.at = append(out.at, p.of(i)...)
	}
	return out
}

// apart is the squared distance of two places.
func apart(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}
