package lookalike

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
)

// MaxRows is how many rows of a file are learned from. A larger file is read to
// its end and a uniform sample of that size is kept.
const MaxRows = 200_000

// Labelled is a table whose people are known to belong to the group or not.
type Labelled struct {
	*Table
	Positive []bool // by row
	Label    string // the column, as the file calls it
	Value    string // the value that belongs

	Read    int // rows of the file with a known label
	Skipped int // rows with another number of cells than the header, or no label
}

// Source says how a file of people is read.
type Source struct {
	Label    string // the name of a column; case and blanks around it do not count
	Positive string // the value that belongs to the group
	Seed     uint64 // of the sample, when there are more than MaxRows
}

// ReadCSV reads people from a file with a header line. The separator is the one
// of comma, semicolon, tab and bar that divides the header into most cells.
// Quotes and blanks after a separator are taken off. A label is compared
// without blanks around it and without a full stop at its end, since the parts
// of some published files differ in that. The errors are ErrFormat and ErrLabel.
func ReadCSV(ctx context.Context, in io.Reader, from Source) (Labelled, error) {
	rows, header, err := openCSV(in)
	if err != nil {
		return Labelled{}, err
	}
	at, err := findLabel(header, from.Label)
	if err != nil {
		return Labelled{}, err
	}
	s := sampler{limit: MaxRows, random: rand.New(rand.NewPCG(from.Seed, 1))}
	skipped := 0
	for {
		cells, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return label(s.sample(), s.seen, skipped, header, at, from.Positive)
		case err != nil:
			return Labelled{}, ErrFormat.With("%s.", err).Wrap(err)
		case len(cells) != len(header) || missing(strings.TrimSpace(cells[at])):
			skipped++
			continue
		}
		if s.seen%4096 == 0 && ctx.Err() != nil {
			return Labelled{}, ctx.Err()
		}
		s.add(cells)
	}
}

// openCSV finds out the separator and reads the header.
func openCSV(in io.Reader) (*csv.Reader, []string, error) {
	text := bufio.NewReaderSize(in, 1<<16)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		_, _ = text.Discard(3)
	}
	start, _ := text.Peek(1 << 16)
	line, _, _ := strings.Cut(string(start), "\n")
	rows := csv.NewReader(text)
	rows.Comma = separator(line)
	rows.LazyQuotes, rows.TrimLeadingSpace, rows.FieldsPerRecord = true, rows.Comma != '\t', -1
	header, err := rows.Read()
	if err != nil {
		return nil, nil, ErrFormat.With("The file has no header line.").Wrap(err)
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	if len(header) < 2 {
		return nil, nil, ErrFormat.With("The header %q has one column; a label and something to learn from are needed.", header[0])
	}
	return rows, header, nil
}

func separator(header string) rune {
	best, most := ',', 0
	for _, sep := range ",;\t|" {
		if n := strings.Count(header, string(sep)); n > most {
			best, most = sep, n
		}
	}
	return best
}

func findLabel(header []string, name string) (int, error) {
	name = strings.TrimSpace(name)
	for _, same := range []func(string) bool{
		func(h string) bool { return h == name },
		func(h string) bool { return strings.EqualFold(h, name) },
	} {
		if at := slices.IndexFunc(header, same); at >= 0 {
			return at, nil
		}
	}
	return 0, ErrLabel.With("The file has no column %q; it has %s.", name, strings.Join(header, ", "))
}

// plainLabel is what of a label is compared.
func plainLabel(text string) string {
	return strings.TrimSuffix(strings.TrimSpace(text), ".")
}

// maxShownLabels bounds how many values a refusal lists.
const maxShownLabels = 10

func label(rows [][]string, read, skipped int, header []string, at int, positive string) (Labelled, error) {
	names := slices.Delete(slices.Clone(header), at, at+1)
	l := Labelled{Table: NewTable(names), Label: header[at], Value: plainLabel(positive), Read: read, Skipped: skipped}
	found := map[string]int{}
	for _, cells := range rows {
		value := plainLabel(cells[at])
		found[value]++
		l.Positive = append(l.Positive, value == l.Value)
		l.Add(slices.Delete(cells, at, at+1))
	}
	if found[l.Value] == 0 {
		values := make([]string, 0, len(found))
		for value, n := range found {
			values = append(values, fmt.Sprintf("%q (%d)", value, n))
		}
		slices.Sort(values)
		if len(values) > maxShownLabels {
			values = append(values[:maxShownLabels], "and others")
		}
		return l, ErrLabel.With("No row of %d has %s = %q; there are %s.", len(rows), l.Label, l.Value, strings.Join(values, ", "))
	}
	return l, nil
}

// sampler keeps a uniform sample of the rows that pass by (reservoir sampling,
// Vitter 1985, algorithm R).
type sampler struct {
	limit, seen int
	random      *rand.Rand
	kept        []keptRow
}

type keptRow struct {
	at    int
	cells []string
}

func (s *sampler) add(cells []string) {
	row := keptRow{s.seen, cells}
	s.seen++
	if len(s.kept) < s.limit {
		s.kept = append(s.kept, row)
	} else if i := s.random.IntN(s.seen); i < s.limit {
		s.kept[i] = row
	}
}

// sample is what was kept, in the order of the file: a column that counts rows
// has to be seen as one.
func (s *sampler) sample() [][]string {
	slices.SortFunc(s.kept, func(a, b keptRow) int { return a.at - b.at })
	rows := make([][]string, len(s.kept))
	for i, row := range s.kept {
		rows[i] = row.cells
	}
	return rows
}
