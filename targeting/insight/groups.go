package insight

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Counts are how many people have each value of an attribute.
type Counts map[string]float64

// grouping divides the values of an attribute.
type grouping struct {
	bounds []float64      // of numbers: group i is from bounds[i] to below bounds[i+1]
	names  []string       // in order
	place  map[string]int // of words
	whole  bool           // numbers are whole: a range ends one before the next begins
}

const (
	maxGroups = 40 // of an attribute; the rest are gathered in one
	otherWord = "(other)"
	// fewValues is how many numbers are told apart one by one.
	fewValues = 8
	// quantiles is how many ranges other numbers are divided into.
	quantiles = 5
)

// ages are the brackets that ad platforms report.
var ages = []float64{0, 13, 18, 25, 35, 45, 55, 65}

// group finds out how the values of an attribute are best divided, by those of
// the population: ages by the brackets of ad platforms, few numbers one by one,
// many into fifths, words by themselves.
func group(name string, population Counts) grouping {
	numbers, ok := numbersOf(population)
	switch {
	case !ok:
		return words(population)
	case isAge(name):
		return ranges(ages, true)
	case len(numbers) <= fewValues:
		return words(population)
	}
	return ranges(fifths(numbers, population), allWhole(numbers))
}

func isAge(name string) bool {
	switch strings.ToLower(name) {
	case "age", "edad", "age_years":
		return true
	}
	return false
}

func numbersOf(population Counts) ([]float64, bool) {
	var numbers []float64
	for value := range population {
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers, len(numbers) > 0
}

func allWhole(numbers []float64) bool {
	return !slices.ContainsFunc(numbers, func(n float64) bool { return n != math.Trunc(n) })
}

// fifths are the lower bounds of ranges with about as many people each.
func fifths(numbers []float64, population Counts) []float64 {
	weight := make(map[float64]float64, len(population))
	total := 0.0
	for value, n := range population {
		v, _ := strconv.ParseFloat(value, 64)
		weight[v] += n
		total += n
	}
	bounds := []float64{numbers[0]}
	seen := 0.0
	for _, v := range slices.Compact(numbers) {
		if seen >= total/quantiles*float64(len(bounds)) && v > bounds[len(bounds)-1] {
			bounds = append(bounds, v)
		}
		seen += weight[v]
	}
	return bounds
}

func ranges(bounds []float64, whole bool) grouping {
	g := grouping{bounds: bounds, whole: whole}
	for i := range bounds {
		g.names = append(g.names, g.rangeName(i))
	}
	return g
}

func (g grouping) rangeName(i int) string {
	from := plain(g.bounds[i])
	if i == len(g.bounds)-1 {
		return from + "+"
	}
	next := g.bounds[i+1]
	if !g.whole {
		return fmt.Sprintf("%s to under %s", from, plain(next))
	}
	if next-1 == g.bounds[i] {
		return from
	}
	return from + "-" + plain(next-1)
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// words keeps the most frequent words apart.
func words(population Counts) grouping {
	names := make([]string, 0, len(population))
	for word := range population {
		names = append(names, word)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(population[b], population[a]), cmp.Compare(a, b))
	})
	if len(names) > maxGroups {
		names = append(names[:maxGroups-1:maxGroups-1], otherWord)
	}
	g := grouping{names: names, place: make(map[string]int, len(names))}
	for i, name := range names {
		g.place[name] = i
	}
	return g
}

// of is the group of a value; -1 when it has none.
func (g grouping) of(value string) int {
	if g.place != nil {
		if i, ok := g.place[value]; ok {
			return i
		}
		if last := len(g.names) - 1; last >= 0 && g.names[last] == otherWord {
			return last
		}
		return -1
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) {
		return -1
	}
	return sort.Search(len(g.bounds), func(i int) bool { return g.bounds[i] > v }) - 1
}

// sum adds up counts by group.
func (g grouping) sum(counts Counts) (by []float64, known float64) {
	by = make([]float64, len(g.names))
	for value, n := range counts {
		if i := g.of(value); i >= 0 {
			by[i] += n
			known += n
		}
	}
	return by, known
}
