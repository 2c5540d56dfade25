package cluster

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Cluster is people who are alike.
type Cluster struct {
	Name   string  `json:"name" doc:"A suggestion, from the traits."`
	People int     `json:"people"`
	Share  float64 `json:"share" doc:"Of everybody, 0 to 1."`
	Traits []Trait `json:"traits" doc:"What sets them apart, the most telling first."`
}

// Trait is what sets a cluster apart in one column.
type Trait struct {
	Column    string  `json:"column"`
	Direction string  `json:"direction" enum:"high,low,more,fewer" doc:"Numbers are high or low; of a word there are more or fewer."`
	Word      string  `json:"word,omitempty"`
	Here      float64 `json:"here" doc:"Median of a number, share of a word."`
	Everybody float64 `json:"everybody" doc:"The same over everybody."`
	// Effect is Cohen's d of numbers, and of words his h.
	Effect float64 `json:"effect" doc:"Difference in standard deviations (of words by the arcsine of shares): 0.2 is small, 0.5 medium, 0.8 large."`
}

const (
	maxTraits   = 6
	smallEffect = 0.2
	namedTraits = 2
)

// profile describes clusters.
func profile(columns []Column, of []int, k int) []Cluster {
	clusters := make([]Cluster, k)
	for _, at := range of {
		clusters[at].People++
	}
	for _, c := range columns {
		if c.Numbers != nil {
			numberTraits(c, of, clusters)
		} else {
			wordTraits(c, of, clusters)
		}
	}
	for i := range clusters {
		c := &clusters[i]
		if c.Traits == nil {
			c.Traits = []Trait{}
		}
		c.Share = float64(c.People) / float64(len(of))
		slices.SortStableFunc(c.Traits, func(a, b Trait) int { return cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)) })
		c.Traits = c.Traits[:min(len(c.Traits), maxTraits)]
		c.Name = name(c.Traits)
	}
	return clusters
}

func numberTraits(c Column, of []int, clusters []Cluster) {
	var all []float64
	by := make([][]float64, len(clusters))
	for i, v := range c.Numbers {
		if !math.IsNaN(v) {
			all = append(all, v)
			by[of[i]] = append(by[of[i]], v)
		}
	}
	if len(all) == 0 {
		return
	}
	everybody, spread := moments(all)
	middle := median(all)
	for at, values := range by {
		if len(values) == 0 || spread == 0 {
			continue
		}
		mean, _ := moments(values)
		t := Trait{Column: c.Name, Direction: "high", Here: median(values), Everybody: middle, Effect: finite((mean - everybody) / spread)}
		if t.Effect < 0 {
			t.Direction = "low"
		}
		if math.Abs(t.Effect) >= smallEffect {
			clusters[at].Traits = append(clusters[at].Traits, t)
		}
	}
}

func moments(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / n
	}
	return mean, math.Sqrt(deviation)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// wordTraits keeps, for each cluster, the word of a column that is most
// unusual in it.
func wordTraits(c Column, of []int, clusters []Cluster) {
	all := map[string]float64{}
	by := make([]map[string]float64, len(clusters))
	known := make([]float64, len(clusters))
	total := 0.0
	for i := range by {
		by[i] = map[string]float64{}
	}
	for i, word := range c.Words {
		if word != "" {
			all[word]++
			total++
			by[of[i]][word]++
			known[of[i]]++
		}
	}
	for at := range clusters {
		if known[at] == 0 {
			continue
		}
		best := Trait{}
		for word, n := range all {
			here, everybody := by[at][word]/known[at], n/total
			h := 2*math.Asin(math.Sqrt(here)) - 2*math.Asin(math.Sqrt(everybody))
			better := math.Abs(h) - math.Abs(best.Effect)
			if better > 1e-12 || math.Abs(better) <= 1e-12 && (best.Word == "" || h > best.Effect || word < best.Word) {
				best = Trait{Column: c.Name, Direction: "more", Word: word, Here: here, Everybody: everybody, Effect: h}
			}
		}
		if best.Effect < 0 {
			best.Direction = "fewer"
		}
		if math.Abs(best.Effect) >= smallEffect {
			clusters[at].Traits = append(clusters[at].Traits, best)
		}
	}
}

// name suggests what a cluster may be called.
func name(traits []Trait) string {
	var parts []string
	for _, t := range traits[:min(len(traits), namedTraits)] {
		switch t.Direction {
		case "more":
			parts = append(parts, t.Word)
		case "fewer":
			parts = append(parts, "not "+t.Word)
		default:
			parts = append(parts, t.Direction+" "+strings.ReplaceAll(t.Column, "_", " "))
		}
	}
	if len(parts) == 0 {
		return "Like everybody"
	}
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:]
}
