package panel

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// lessons are what is learned of a file while it passes by: what its columns
// are, and what its weights add up to.
type lessons struct {
	country string // of rows that name none
	rows    int64
	weight  float64
	squares float64
	columns []*lesson
	places  map[string]int // of names
	groups  map[string]*Group
}

// lesson is what is learned of one column.
type lesson struct {
	Column
	texts   bool              // one value at least is no number
	values  map[string]*Group // nil from the time on when there are too many
	present int64
}

func newLessons(country string) *lessons {
	return &lessons{country: country, places: map[string]int{}, groups: map[string]*Group{}}
}

// column is the lesson of a title; a title that means the same as another is
// refused with the file.
func (l *lessons) column(title string) (*lesson, error) {
	name := Name(title)
	if name == "" {
		return nil, ErrFile.With("The column %s has no letter or digit in its name.", quote(title))
	}
	if _, twice := l.places[name]; twice {
		return nil, ErrFile.With("The column %s stands twice; names are told apart by their letters and digits alone.", quote(title))
	}
	if len(l.columns) == MaxColumns {
		return nil, ErrTooLarge.With("The file has more than %d columns.", MaxColumns)
	}
	l.places[name] = len(l.columns)
	c := &lesson{Column: Column{Name: name, Title: title}, values: map[string]*Group{}}
	l.columns = append(l.columns, c)
	return c, nil
}

// take learns from a block. Columns of the block are those of the lessons, in
// their order.
func (l *lessons) take(b *block) error {
	for _, w := range b.weights {
		l.weight += w
		l.squares += w * w
	}
	for i, strip := range b.columns {
		if err := l.columns[i].take(strip, b.weights); err != nil {
			return err
		}
	}
	l.takeCountries(b)
	l.rows += int64(len(b.weights))
	return nil
}

func (c *lesson) take(s *strip, weights []float64) error {
	groups := make([]Group, len(s.values)+1)
	for i, place := range s.cells {
		groups[place].Rows++
		groups[place].Weight += weights[i]
	}
	c.present += int64(len(s.cells)) - groups[0].Rows
	for i, value := range s.values {
		if n, ok := parseNumber(value); ok {
			c.Min, c.Max = least(c.Min, n), most(c.Max, n)
		} else {
			c.texts = true
		}
		c.count(value, groups[i+1])
	}
	if c.texts && c.values == nil && c.Name != weightColumn {
		return ErrIdentity.With("The column %s has more than %d different texts: it names people rather than describing them.", quote(c.Title), MaxValues)
	}
	return nil
}

func (c *lesson) count(value string, g Group) {
	if c.values == nil {
		return
	}
	known := c.values[value]
	if known == nil {
		if len(c.values) == MaxValues {
			c.values = nil
			return
		}
		known = &Group{Value: value}
		c.values[value] = known
	}
	known.Rows += g.Rows
	known.Weight += g.Weight
}

// takeCountries counts the people of each country that the file names.
func (l *lessons) takeCountries(b *block) {
	codes, cells := []string{l.country}, make([]uint32, len(b.weights))
	if at, ok := l.places[countryColumn]; ok && at < len(b.columns) {
		cells = b.columns[at].cells
		for _, value := range b.columns[at].values {
			codes = append(codes, countryCode(value))
		}
	}
	for i, place := range cells {
		code := codes[place]
		if code == "" {
			continue
		}
		g := l.groups[code]
		if g == nil {
			g = &Group{Value: code}
			l.groups[code] = g
		}
		g.Rows++
		g.Weight += b.weights[i]
	}
}

// into writes what was learned into a state.
func (l *lessons) into(s *State) {
	s.Totals = &Totals{Weight: l.weight}
	if l.squares > 0 {
		s.Totals.EffectiveSize = l.weight * l.weight / l.squares
		s.Totals.DesignEffect = float64(l.rows) / s.Totals.EffectiveSize
	}
	s.Countries = largest(l.groups, math.MaxInt)
	s.Columns = []Column{}
	for _, c := range l.columns {
		if c.Name != weightColumn {
			s.Columns = append(s.Columns, c.describe(l.rows))
		}
	}
}

func (c *lesson) describe(rows int64) Column {
	out := c.Column
	out.Kind, out.Missing, out.Values = Number, rows-c.present, MaxValues+1
	if c.texts || c.present == 0 {
		out.Kind, out.Min, out.Max = Category, nil, nil
	}
	if c.values != nil {
		out.Values = len(c.values)
		out.Common = largest(c.values, maxShown)
	}
	return out
}

// largest are the groups of most rows.
func largest(groups map[string]*Group, limit int) []Group {
	all := make([]Group, 0, len(groups))
	for _, g := range groups {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Value, b.Value)) })
	return all[:min(limit, len(all))]
}

// parseNumber reads a decimal number. Words such as inf and nan, and the forms
// of programming languages, are texts.
func parseNumber(text string) (float64, bool) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune("+-.eE", r) }) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

func least(a *float64, b float64) *float64 {
	if a != nil && *a <= b {
		return a
	}
	return &b
}

func most(a *float64, b float64) *float64 {
	if a != nil && *a >= b {
		return a
	}
	return &b
}
