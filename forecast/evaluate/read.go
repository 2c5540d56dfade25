package evaluate

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	ErrFolder = fault.New(fault.NotFound, "bench_folder",
		"The folder of series cannot be read.", "Name a folder with train.csv and test.csv.")
	ErrFormat = fault.New(fault.Malformed, "bench_format",
		"A file of series cannot be read.", "Give it the columns series,index,value, one value in a row.")
	ErrMismatch = fault.New(fault.Invalid, "bench_mismatch",
		"The two parts do not belong together.", "Give every series of test.csv its history in train.csv.")
)

// maxGap bounds what one wrong index can make us hold as missing values.
const maxGap = 100_000

// column positions of a row
type columns struct{ series, index, value int }

// part is one file: its series in the order of their first row.
type part struct {
	names  []string
	values map[string][]float64
}

// readPart reads one file row by row.
func readPart(path string) (part, error) {
	file, err := os.Open(path)
	if err != nil {
		return part{}, ErrFolder.Wrap(err)
	}
	defer func() { _ = file.Close() }()
	return parse(file, path)
}

func parse(in io.Reader, path string) (part, error) {
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return part{}, ErrFormat.With("%s has no header line.", path).Wrap(err)
	}
	at, err := columnsOf(header, path)
	if err != nil {
		return part{}, err
	}
	gathered := map[string]*gatherer{}
	var names []string
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return finish(names, gathered, path)
		}
		if err != nil {
			return part{}, ErrFormat.With("%s: %v.", path, err)
		}
		g := gathered[row[at.series]]
		if g == nil {
			g = &gatherer{ordered: true}
			name := strings.Clone(row[at.series])
			gathered[name], names = g, append(names, name)
		}
		if err := g.add(row[at.index], row[at.value]); err != nil {
			line, _ := rows.FieldPos(at.value)
			return part{}, ErrFormat.With("%s line %d: %q is not a number.", path, line, row[at.value]).Wrap(err)
		}
	}
}

func columnsOf(header []string, path string) (columns, error) {
	find := func(name string) int {
		return slices.IndexFunc(header, func(cell string) bool {
			return strings.EqualFold(strings.Trim(cell, " \ufeff"), name)
		})
	}
	at := columns{find("series"), find("index"), find("value")}
	if at.series < 0 || at.index < 0 || at.value < 0 {
		return at, ErrFormat.With("%s has the columns %s; series, index and value are needed.", path, strings.Join(header, ","))
	}
	return at, nil
}

// gatherer collects the rows of one series. An index that is no integer, such
// as a date, leaves the rows in the order of the file.
type gatherer struct {
	indices []int64
	values  []float64
	ordered bool // every index so far was an integer
}

func (g *gatherer) add(index, value string) error {
	v, err := number(value)
	if err != nil {
		return err
	}
	i, err := strconv.ParseInt(strings.TrimSpace(index), 10, 64)
	if err != nil {
		g.ordered = false
	}
	g.indices, g.values = append(g.indices, i), append(g.values, v)
	return nil
}

func number(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.EqualFold(text, "na") {
		return math.NaN(), nil
	}
	return strconv.ParseFloat(text, 64)
}

func finish(names []string, gathered map[string]*gatherer, path string) (part, error) {
	p := part{names: names, values: make(map[string][]float64, len(names))}
	for _, name := range names {
		values, err := gathered[name].series()
		if err != nil {
			return part{}, ErrFormat.With("%s: series %s: %v.", path, name, err)
		}
		p.values[name] = values
	}
	return p, nil
}

// series puts the values in the order of their indices, with NaN for those
// left out.
func (g *gatherer) series() ([]float64, error) {
	if !g.ordered {
		return g.values, nil
	}
	order := make([]int, len(g.indices))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case g.indices[a] < g.indices[b]:
			return -1
		case g.indices[a] > g.indices[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, 0, len(order))
	for k, i := range order {
		if k > 0 {
			gap := g.indices[i] - g.indices[order[k-1]]
			if gap == 0 {
				return nil, errors.New("index " + strconv.FormatInt(g.indices[i], 10) + " stands twice")
			}
			if gap > maxGap {
				return nil, errors.New("a gap of " + strconv.FormatInt(gap, 10) + " values; the index counts values, not seconds")
			}
			for ; gap > 1; gap-- {
				out = append(out, math.NaN())
			}
		}
		out = append(out, g.values[i])
	}
	return out, nil
}
