package study

import (
	"math"
	"slices"
	"strconv"

	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/cluster"
)

// behaviour are the columns that come from what people did in the last year.
var behaviour = []string{"visits", "purchases", "purchase_value", "average_purchase", "days_since_visit", "days_since_purchase"}

// year is how many days of behaviour count.
const year = 365

const micros = 1e6

// doings sums up what somebody did up to today, in the order of behaviour; NaN
// is not known: nobody who never bought has a time since.
func doings(days []audience.Day, today int32) [6]float64 {
	nan := math.NaN()
	out := [6]float64{0, 0, 0, nan, nan, nan}
	for _, d := range days {
		ago := float64(today - d.Day)
		if ago < 0 || ago > year {
			continue
		}
		out[0] += float64(d.Visits)
		out[1] += float64(d.Purchases)
		out[2] += float64(d.Value) / micros
		if d.Visits > 0 {
			out[4] = ago // days are in order: the last one counts
		}
		if d.Purchases > 0 {
			out[5] = ago
		}
	}
	if out[1] > 0 {
		out[3] = out[2] / out[1]
	}
	return out
}

// frame names the columns of people: attributes, then behaviour. What nobody
// did divides nobody, and is left out by whoever learns.
type frame struct {
	attributes []string
	today      int32
	cells      []string
}

func (f *frame) names() []string {
	names := slices.Clone(f.attributes)
	for _, name := range behaviour {
		for slices.Contains(f.attributes, name) {
			name += "_observed" // an attribute was uploaded under this name
		}
		names = append(names, name)
	}
	return names
}

func (f *frame) want() audience.Want {
	return audience.Want{Attributes: f.attributes, Behaviour: true}
}

// texts is a person as a row of the lookalike's table, good until the next one.
func (f *frame) texts(p audience.Person) []string {
	f.cells = append(f.cells[:0], p.Values...)
	for _, v := range doings(p.Days, f.today) {
		text := ""
		if !math.IsNaN(v) {
			text = strconv.FormatFloat(v, 'g', 6, 64)
		}
		f.cells = append(f.cells, text)
	}
	return f.cells
}

// gatherer gathers people for clustering: words by person, and numbers.
type gatherer struct {
	*frame
	words   [][]string // by attribute
	numbers [][]float64
	people  []uint32
}

func newGatherer(f *frame) *gatherer {
	return &gatherer{frame: f, words: make([][]string, len(f.attributes)), numbers: make([][]float64, len(behaviour))}
}

func (g *gatherer) add(p audience.Person) {
	g.people = append(g.people, p.Number)
	for i, value := range p.Values {
		g.words[i] = append(g.words[i], value)
	}
	for i, v := range doings(p.Days, g.today) {
		g.numbers[i] = append(g.numbers[i], v)
	}
}

// columns are what was gathered, attributes as numbers where nearly all of them
// are.
func (g *gatherer) columns() []cluster.Column {
	names := g.names()
	var columns []cluster.Column
	for i, words := range g.words {
		if numbers, ok := asNumbers(words); ok {
			columns = append(columns, cluster.Column{Name: names[i], Numbers: numbers})
		} else {
			columns = append(columns, cluster.Column{Name: names[i], Words: words})
		}
	}
	for i, numbers := range g.numbers {
		columns = append(columns, cluster.Column{Name: names[len(g.words)+i], Numbers: numbers})
	}
	return columns
}

func plainAge(age int) string { return strconv.Itoa(age) }

// numericShare of the known values have to be numbers for a column to be one of
// numbers.
const numericShare = 0.98

// asNumbers reads a column of numbers. One that numbers people, every value
// different and whole, is none: it would only say who somebody is.
func asNumbers(words []string) ([]float64, bool) {
	numbers := make([]float64, len(words))
	known, read, whole := 0.0, 0.0, true
	seen := make(map[float64]bool, len(words))
	for i, word := range words {
		numbers[i] = math.NaN()
		if word == "" {
			continue
		}
		known++
		if v, err := strconv.ParseFloat(word, 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			numbers[i] = v
			read++
			whole = whole && v == math.Trunc(v)
			seen[v] = true
		}
	}
	names := whole && known >= 50 && float64(len(seen)) == known
	return numbers, read > 0 && read >= numericShare*known && !names
}

// asModelled are the columns as a model knows them: whether a column is one of
// numbers was settled when it was learned, not by the few people at hand.
func (g *gatherer) asModelled(m cluster.Model) []cluster.Column {
	names := g.names()
	var columns []cluster.Column
	for i, words := range g.words {
		at := slices.IndexFunc(m.Axes, func(a cluster.Axis) bool { return a.Column == names[i] })
		if at < 0 {
			continue
		}
		if m.Axes[at].Words != nil {
			columns = append(columns, cluster.Column{Name: names[i], Words: words})
			continue
		}
		numbers, _ := asNumbers(words)
		columns = append(columns, cluster.Column{Name: names[i], Numbers: numbers})
	}
	for i, numbers := range g.numbers {
		columns = append(columns, cluster.Column{Name: names[len(g.words)+i], Numbers: numbers})
	}
	return columns
}
