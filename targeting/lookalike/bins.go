package lookalike

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Bins of a column. Words beyond the most frequent ones, and words that were
// not there when the bins were fitted, share the last bin.
const (
	maxBins    = 256
	unknownBin = 0
	firstBin   = 1
	restBin    = maxBins - 1
)

// Kind is how a column is used.
type Kind string

const (
	Number  Kind = "number"
	Words   Kind = "words"
	LeftOut Kind = "left_out"
)

// Column says how a column of the table is used.
type Column struct {
	Name    string  `json:"name"`
	Kind    Kind    `json:"kind"`
	Values  int     `json:"values"`  // distinct ones that are known
	Unknown float64 `json:"unknown"` // share of people, 0 to 1
	Why     string  `json:"why,omitempty"`
}

// feature turns the texts of a column into bins.
type feature struct {
	column int
	name   string
	kind   Kind
	cuts   []float64        // Number: a value beyond i of them is in bin firstBin+i
	of     map[string]uint8 // Words
}

// binner is how a table becomes bins.
type binner []feature

// fitBins finds out what the columns are and divides them, from the people in
// rows alone and without their labels.
func fitBins(t *Table, rows []int32) (binner, []Column) {
	var b binner
	uses := make([]Column, len(t.columns))
	for i := range t.columns {
		f, use := t.columns[i].fit(rows)
		if uses[i] = use; use.Kind != LeftOut {
			f.column = i
			b = append(b, f)
		}
	}
	return b, uses
}

// counted is a distinct word of a column and how many people have it.
type counted struct {
	word   string
	number float64 // NaN when it is none
	people int
}

func (c *column) fit(rows []int32) (feature, Column) {
	counts := make([]int, len(c.words))
	known := 0
	for _, row := range rows {
		if code := c.codes[row]; code != unknown {
			counts[code]++
			known++
		}
	}
	var values []counted
	numbers := 0
	for code, people := range counts {
		if people == 0 {
			continue
		}
		v := counted{c.words[code], number(c.words[code]), people}
		if !math.IsNaN(v.number) {
			numbers += people
		}
		values = append(values, v)
	}
	use := Column{Name: c.name, Kind: Words, Values: len(values), Unknown: 1 - float64(known)/float64(max(len(rows), 1))}
	if known > 0 && float64(numbers) >= numericShare*float64(known) {
		use.Kind = Number
	}
	if why := leftOut(values, use.Kind, known); why != "" {
		use.Kind, use.Why = LeftOut, why
		return feature{}, use
	}
	f := feature{name: c.name, kind: use.Kind}
	if f.kind == Number {
		f.cuts = cut(values)
	} else {
		f.of = frequent(values)
	}
	return f, use
}

const (
	// numericShare of the known values have to be numbers for a column to be
	// one of numbers; a stray word among them is then not known.
	numericShare = 0.98
	// manyPeople is from how many on a column without repetition is taken to
	// name people.
	manyPeople = 50
)

// leftOut says why a column is not learned from, or nothing. A column that
// names people holds a place in the file or in a register: what it would tell
// of the label does not hold for anybody else.
func leftOut(values []counted, kind Kind, known int) string {
	switch {
	case known == 0:
		return "nothing is known"
	case len(values) == 1:
		return "everybody has the same value"
	case known < manyPeople:
		return ""
	case kind == Words && len(values) > known/2:
		return "it names people: most values stand only once"
	case kind == Number && len(values) == known && whole(values):
		return "it numbers people: no value stands twice"
	}
	return ""
}

func whole(values []counted) bool {
	for _, v := range values {
		if v.number != math.Trunc(v.number) {
			return false
		}
	}
	return true
}

// number reads a number, with a decimal comma or commas between thousands too.
// It is NaN for anything else and for what is not finite.
func number(text string) float64 {
	if strings.Contains(text, ",") {
		text = plainNumber(text)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// plainNumber takes commas for those of thousands where they stand like them,
// and a single other one for the decimal point.
func plainNumber(text string) string {
	groups := strings.Split(text, ",")
	for _, g := range groups[1:] {
		if whole, _, _ := strings.Cut(g, "."); len(whole) != 3 {
			return strings.Replace(text, ",", ".", 1)
		}
	}
	return strings.Join(groups, "")
}

// cut divides numbers into at most restBin-firstBin bins: a bin for each value
// while there are few, bins of about as many people otherwise, where a value
// that many share keeps a bin of its own.
func cut(values []counted) []float64 {
	values = slices.DeleteFunc(values, func(v counted) bool { return math.IsNaN(v.number) })
	slices.SortFunc(values, func(a, b counted) int { return cmp.Compare(a.number, b.number) })
	const most = restBin - firstBin
	people := 0
	for _, v := range values {
		people += v.people
	}
	var cuts []float64
	inBin := 0
	for i, v := range values[:len(values)-1] {
		inBin, people = inBin+v.people, people-v.people
		bins := most - 1 - len(cuts) // that are still free
		if bins == 0 {
			break
		}
		fair := (inBin + people) / (bins + 1)
		if len(values)-1-i <= bins || inBin >= fair || values[i+1].people >= fair {
			cuts = append(cuts, middle(v.number, values[i+1].number))
			inBin = 0
		}
	}
	return cuts
}

// middle lies at or beyond a and before b, whatever is rounded.
func middle(a, b float64) float64 {
	if m := a + (b-a)/2; m >= a && m < b {
		return m
	}
	return a
}

// frequent gives the most frequent words a bin each.
func frequent(values []counted) map[string]uint8 {
	slices.SortFunc(values, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.people, a.people), cmp.Compare(a.word, b.word))
	})
	of := make(map[string]uint8, min(len(values), restBin-firstBin))
	for i, v := range values[:min(len(values), restBin-firstBin)] {
		of[v.word] = uint8(firstBin + i)
	}
	return of
}

// bin is where a text falls.
func (f *feature) bin(text string) uint8 {
	if f.kind == Words {
		if bin, ok := f.of[text]; ok {
			return bin
		}
		return restBin
	}
	v := number(text)
	if math.IsNaN(v) {
		return unknownBin
	}
	return uint8(firstBin + sort.Search(len(f.cuts), func(i int) bool { return v <= f.cuts[i] }))
}

// apply turns people into bins, column by column: bins[feature][row].
func (b binner) apply(t *Table) [][]uint8 {
	bins := make([][]uint8, len(b))
	for i := range b {
		c := &t.columns[b[i].column]
		ofWord := make([]uint8, len(c.words))
		for code, word := range c.words {
			ofWord[code] = b[i].bin(word)
		}
		bins[i] = make([]uint8, t.rows)
		for row, code := range c.codes {
			if code != unknown {
				bins[i][row] = ofWord[code]
			}
		}
	}
	return bins
}
