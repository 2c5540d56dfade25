package panel

import (
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hexabuilders/campaignd/targeting"
)

// Index is a panel in memory, made to be counted. It is safe for concurrent
// use, and nothing of it changes once it is built.
type Index struct {
	state   State
	weights []float64
	alike   bool // every weight is the first one
	everyone,
	nobody *roaring.Bitmap
	columns   map[string]*axis
	countries map[string]*roaring.Bitmap // by code
	size      int64
}

// axis is one column: a bitmap of the rows for each value, or for each range of
// values when there are many numbers.
type axis struct {
	Column
	missing *roaring.Bitmap
	places  map[string]int // of values, of a category
	names   []string
	rows    []*roaring.Bitmap

	bins  []bin     // of numbers, ascending
	exact bool      // every bin is one number
	raw   []float64 // of numbers in bins that are not exact; NaN is missing
}

// bin is the rows whose number lies between two, both included.
type bin struct {
	from, to float64
	rows     *roaring.Bitmap
}

// maxBins is how many bitmaps a column of numbers has. Ages have one for each
// year; amounts of money share them, and the rows at the ends of a range are
// looked at one by one.
const maxBins = 256

// builder makes an index of a panel's blocks, in their order.
type builder struct {
	index  *Index
	builds map[string]*build
}

// build is what a column needs only while the index is made.
type build struct {
	*axis
	numbers []float64 // by row, of a column of numbers
}

func newBuilder(s State) *builder {
	b := &builder{index: &Index{state: s, columns: map[string]*axis{}, countries: map[string]*roaring.Bitmap{}, nobody: roaring.New()}, builds: map[string]*build{}}
	for _, c := range s.Columns {
		made := &build{axis: &axis{Column: c, missing: roaring.New(), places: map[string]int{}}}
		if c.Kind == Number {
			made.numbers = make([]float64, 0, s.Progress.Rows)
		}
		b.builds[c.Name], b.index.columns[c.Name] = made, made.axis
	}
	return b
}

// add takes the next block in.
func (b *builder) add(packed []byte) error {
	blk, err := decodeBlock(packed)
	if err != nil {
		return ErrDamaged.Wrap(err)
	}
	first := len(b.index.weights)
	b.index.weights = append(b.index.weights, blk.weights...)
	met := map[string]bool{}
	for _, s := range blk.columns {
		if made := b.builds[s.name]; made != nil {
			met[s.name] = true
			made.add(s, first)
		}
	}
	for name, made := range b.builds {
		if !met[name] { // a column that the file named only later
			made.add(&strip{cells: make([]uint32, len(blk.weights))}, first)
		}
	}
	return nil
}

func (c *build) add(s *strip, first int) {
	byPlace := make([][]uint32, len(s.values)+1)
	for i, place := range s.cells {
		byPlace[place] = append(byPlace[place], uint32(first+i))
	}
	c.missing.AddMany(byPlace[0])
	if c.Kind == Number {
		c.addNumbers(s)
		return
	}
	for i, value := range s.values {
		for part := range strings.SplitSeq(value, bar) {
			if part = strings.TrimSpace(part); part != "" {
				c.of(part).AddMany(byPlace[i+1])
			}
		}
	}
}

func (c *build) addNumbers(s *strip) {
	numbers := make([]float64, len(s.values)+1)
	numbers[0] = math.NaN()
	for i, value := range s.values {
		numbers[i+1], _ = parseNumber(value)
	}
	for _, place := range s.cells {
		c.numbers = append(c.numbers, numbers[place])
	}
}

// of is the bitmap of a value, a new one for a value not met before.
func (c *build) of(value string) *roaring.Bitmap {
	at, known := c.places[value]
	if !known {
		at = len(c.names)
		value = strings.Clone(value)
		c.places[value] = at
		c.names, c.rows = append(c.names, value), append(c.rows, roaring.New())
	}
	return c.rows[at]
}

// done is the finished index.
func (b *builder) done() *Index {
	ix := b.index
	ix.everyone = roaring.New()
	ix.everyone.AddRange(0, uint64(len(ix.weights)))
	ix.alike = allAlike(ix.weights)
	for _, c := range b.builds {
		c.fillBins()
		for _, rows := range c.bitmaps() {
			rows.RunOptimize()
			ix.size += int64(rows.GetSizeInBytes()) + 64
		}
		for _, name := range c.names {
			ix.size += int64(2*len(name)) + 64
		}
		ix.size += int64(8 * len(c.raw))
	}
	ix.size += int64(8 * len(ix.weights))
	ix.placeCountries()
	return ix
}

func (c *axis) bitmaps() []*roaring.Bitmap {
	all := append(slices.Clone(c.rows), c.missing)
	for _, b := range c.bins {
		all = append(all, b.rows)
	}
	return all
}

// fillBins divides the numbers: one bin each when they are few, else as many
// rows in each as possible.
func (c *build) fillBins() {
	if c.Kind != Number {
		return
	}
	edges, exact := edgesOf(c.numbers)
	c.bins, c.exact = make([]bin, len(edges)), exact
	gathered := make([][]uint32, len(edges))
	for i := range c.bins {
		c.bins[i] = bin{math.Inf(1), math.Inf(-1), roaring.New()}
	}
	for row, n := range c.numbers {
		if math.IsNaN(n) {
			continue
		}
		at := sort.Search(len(edges), func(i int) bool { return edges[i] >= n })
		c.bins[at].from, c.bins[at].to = min(c.bins[at].from, n), max(c.bins[at].to, n)
		gathered[at] = append(gathered[at], uint32(row))
	}
	for i, rows := range gathered {
		c.bins[i].rows.AddMany(rows)
	}
	c.bins = slices.DeleteFunc(c.bins, func(b bin) bool { return b.rows.IsEmpty() })
	if !exact {
		c.raw = c.numbers
	}
	c.numbers = nil
}

// edgesOf are the upper ends of the bins, ascending; exact when each is the
// only number in its bin.
func edgesOf(numbers []float64) (edges []float64, exact bool) {
	seen := map[float64]bool{}
	for _, n := range numbers {
		if !math.IsNaN(n) && !seen[n] {
			if len(seen) == maxBins {
				return quantiles(numbers), false
			}
			seen[n] = true
		}
	}
	for n := range seen {
		edges = append(edges, n)
	}
	slices.Sort(edges)
	return edges, true
}

// quantiles are edges from a regular sample of the rows; the last is the
// greatest of all.
func quantiles(numbers []float64) []float64 {
	const wanted = 64 * maxBins
	step := max(1, len(numbers)/wanted)
	greatest, sample := math.Inf(-1), make([]float64, 0, wanted)
	for i, n := range numbers {
		if math.IsNaN(n) {
			continue
		}
		greatest = max(greatest, n)
		if i%step == 0 {
			sample = append(sample, n)
		}
	}
	slices.Sort(sample)
	var edges []float64
	for i := 1; i < maxBins; i++ {
		if len(sample) > 0 {
			edges = append(edges, sample[i*len(sample)/maxBins])
		}
	}
	edges = append(edges, greatest)
	slices.Sort(edges)
	return slices.Compact(edges)
}

// placeCountries finds who lives where. Who names no country lives in the
// panel's own.
func (ix *Index) placeCountries() {
	c := ix.columns[countryColumn]
	own := ix.state.Country
	if c == nil {
		if own != "" {
			ix.countries[own] = ix.everyone
		}
		return
	}
	gathered := map[string][]*roaring.Bitmap{}
	for i, name := range c.names {
		if code := countryCode(name); code != "" {
			gathered[code] = append(gathered[code], c.rows[i])
		}
	}
	if own != "" {
		gathered[own] = append(gathered[own], c.missing)
	}
	for code, parts := range gathered {
		ix.countries[code] = roaring.FastOr(parts...)
		ix.size += int64(ix.countries[code].GetSizeInBytes())
	}
}

// State is what is known of the panel.
func (ix *Index) State() State { return ix.state }

// Covers reports whether people of a country are in the panel.
func (ix *Index) Covers(country string) bool { return ix.countries[country] != nil }

// Has reports whether the people have an attribute.
func (ix *Index) Has(name string) bool { return ix.columns[name] != nil }

// genderRows are the rows of a gender, by the words that files have for it.
func (c *axis) genderRows(g targeting.Gender) []*roaring.Bitmap {
	if g == "unknown" {
		return []*roaring.Bitmap{c.missing}
	}
	var found []*roaring.Bitmap
	for i, name := range c.names {
		if genders[strings.ToLower(name)] == g {
			found = append(found, c.rows[i])
		}
	}
	return found
}
