package lookalike

import "strings"

// Table is people in rows and what is known about them in columns. Each
// distinct text of a column is kept once.
type Table struct {
	columns []column
	rows    int
}

type column struct {
	name  string
	words []string         // distinct known texts, in the order of their first row
	place map[string]int32 // of a word
	codes []int32          // by row: a place in words, or unknown
}

// unknown is the code of a value that is not known.
const unknown int32 = -1

// NewTable returns a table without people.
func NewTable(names []string) *Table {
	t := &Table{columns: make([]column, len(names))}
	for i, name := range names {
		t.columns[i] = column{name: name, place: map[string]int32{}}
	}
	return t
}

// Add appends a person. Cells stand in the order of the columns; blanks around
// them do not count, and one that is empty or says "?", "NA", "N/A", "null" or
// "NaN" is not known. Cells beyond the columns are ignored, those that lack are
// not known.
func (t *Table) Add(cells []string) {
	for i := range t.columns {
		text := ""
		if i < len(cells) {
			text = strings.TrimSpace(cells[i])
		}
		t.columns[i].add(text)
	}
	t.rows++
}

// Rows is how many people there are.
func (t *Table) Rows() int { return t.rows }

// Names are the columns in their order.
func (t *Table) Names() []string {
	names := make([]string, len(t.columns))
	for i := range t.columns {
		names[i] = t.columns[i].name
	}
	return names
}

func (c *column) add(text string) {
	if missing(text) {
		c.codes = append(c.codes, unknown)
		return
	}
	code, ok := c.place[text]
	if !ok {
		text = strings.Clone(text) // a cell is often a slice of a whole line
		code = int32(len(c.words))
		c.place[text], c.words = code, append(c.words, text)
	}
	c.codes = append(c.codes, code)
}

func missing(text string) bool {
	switch len(text) {
	case 0:
		return true
	case 1:
		return text == "?"
	case 2, 3, 4:
		switch strings.ToLower(text) {
		case "na", "n/a", "nan", "null":
			return true
		}
	}
	return false
}
