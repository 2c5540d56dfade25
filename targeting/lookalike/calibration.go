package lookalike

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// calibration says how often people with a score belong to the group: straight
// lines between knots that never fall.
type calibration struct {
	scores  []float64 // rising
	chances []float64 // not falling
}

// How finely held-out people are divided for calibration.
const (
	calibrationGroups = 50
	groupPeople       = 40 // in a group, at least
)

// calibrate fits an isotonic regression (pool adjacent violators, Ayer et al.
// 1955) to groups of people with neighbouring scores. Each group's share is
// drawn to the whole share by one person's weight, so that no chance is 0 or 1.
func calibrate(people []judged) calibration {
	blocks := groups(people, max(1, min(calibrationGroups, len(people)/groupPeople)))
	base := 0.0
	for _, p := range people {
		base += p.y
	}
	base /= float64(len(people))
	var pooled []group
	for _, b := range blocks {
		pooled = append(pooled, b)
		for n := len(pooled); n > 1 && pooled[n-2].rate(base) >= pooled[n-1].rate(base); n-- {
			pooled[n-2].join(pooled[n-1])
			pooled = pooled[:n-1]
		}
	}
	var c calibration
	for _, b := range pooled {
		c.scores, c.chances = append(c.scores, b.scores/b.people), append(c.chances, b.rate(base))
	}
	return c
}

// chance is never NaN: the ends are flat.
func (c calibration) chance(score float64) float64 {
	i := sort.SearchFloat64s(c.scores, score)
	switch {
	case i == 0:
		return c.chances[0]
	case i == len(c.scores):
		return c.chances[i-1]
	}
	share := (score - c.scores[i-1]) / (c.scores[i] - c.scores[i-1])
	return c.chances[i-1] + share*(c.chances[i]-c.chances[i-1])
}

// group is people with neighbouring scores, added up.
type group struct{ people, positive, scores float64 }

func (g *group) join(o group) {
	g.people, g.positive, g.scores = g.people+o.people, g.positive+o.positive, g.scores+o.scores
}

func (g *group) rate(base float64) float64 { return (g.positive + base) / (g.people + 1) }

// groups divides people into n parts of about the same size by score. People
// with the same score stay together, so there may be fewer parts.
func groups(people []judged, n int) []group {
	byScore := slices.Clone(people)
	slices.SortFunc(byScore, func(a, b judged) int { return cmp.Compare(a.score, b.score) })
	var all []group
	var g group
	for i, p := range byScore {
		g.join(group{1, p.y, p.score})
		last := i == len(byScore)-1
		if last || (i+1)*n/len(byScore) > len(all) && p.score != byScore[i+1].score {
			all = append(all, g)
			g = group{}
		}
	}
	return all
}

// Calibration is people who were given about the same chance, and how many of
// them belong to the group.
type Calibration struct {
	Expected float64 `json:"expected"` // mean chance, 0 to 1
	Observed float64 `json:"observed"` // share of the group, 0 to 1
	People   int     `json:"people"`
}

// calibrations divides people, whose scores are chances, into tenths, and
// returns the mean distance between chance and share too (the expected
// calibration error).
func calibrations(people []judged) (tenths []Calibration, off float64) {
	for _, g := range groups(people, 10) {
		c := Calibration{g.scores / g.people, g.positive / g.people, int(g.people)}
		tenths = append(tenths, c)
		off += math.Abs(c.Expected-c.Observed) * g.people / float64(len(people))
	}
	return tenths, off
}
