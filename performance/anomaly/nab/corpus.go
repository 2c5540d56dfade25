package nab

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// labels is the file that names a corpus's windows; its keys are the series.
const labels = "combined_windows.json"

// maxProbation is the most rows at a series' begin that are not scored; below
// 5 000 rows it is 15 % of them.
const maxProbation = 750

// series is one labelled file.
type series struct {
	name    string // "category/file.csv"
	at      []time.Time
	values  []float64
	windows []window // in order, not overlapping
}

// window is a labelled anomaly: rows first to last, both included.
type window struct{ first, last int }

func (w window) rows() int { return w.last - w.first + 1 }

func (s series) category() string { return path.Dir(s.name) }

// probation is the number of rows that a detector may learn from unscored.
func (s series) probation() int { return min(15*len(s.values)/100, maxProbation) }

// read loads every series that the labels of a corpus name, sorted by name.
func read(ctx context.Context, corpus fs.FS) ([]series, error) {
	raw, err := fs.ReadFile(corpus, labels)
	if err != nil {
		return nil, fmt.Errorf("a corpus needs %s beside its category folders: %w", labels, err)
	}
	var spans map[string][][2]string
	if err := json.Unmarshal(raw, &spans); err != nil {
		return nil, fmt.Errorf("%s: want {\"category/file.csv\": [[\"first\", \"last\"], ...]}: %w", labels, err)
	}
	all := make([]series, 0, len(spans))
	for name, limits := range spans {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := readSeries(corpus, name, limits)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b series) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

func readSeries(corpus fs.FS, name string, limits [][2]string) (series, error) {
	s := series{name: name}
	f, err := corpus.Open(name)
	if err != nil {
		return s, fmt.Errorf("%s names a series that cannot be read: %w", labels, err)
	}
	defer func() { _ = f.Close() }()
	if s.at, s.values, err = readRows(f); err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	if s.windows, err = locate(s.at, limits); err != nil {
		return s, fmt.Errorf("%s: %s: %w", labels, name, err)
	}
	return s, nil
}

// readRows takes a header and then timestamp,value lines. A value that is no
// number is an error: the benchmark has none, so it would be a wrong file.
func readRows(r io.Reader) (at []time.Time, values []float64, err error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord, lines.ReuseRecord = 2, true
	for n := 1; ; n++ {
		record, err := lines.Read()
		switch {
		case errors.Is(err, io.EOF):
			return at, values, nil
		case err != nil:
			return nil, nil, err
		case n == 1 && record[0] == "timestamp":
			continue
		}
		t, v, err := parseRow(record)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", n, err)
		}
		at, values = append(at, t), append(values, v)
	}
}

func parseRow(record []string) (time.Time, float64, error) {
	t, err := time.Parse(time.DateTime, record[0]) // accepts a fraction too
	if err != nil {
		return t, 0, err
	}
	v, err := strconv.ParseFloat(record[1], 64)
	return t, v, err
}

// locate turns windows given as times into rows. Both ends are included.
func locate(at []time.Time, limits [][2]string) ([]window, error) {
	windows := make([]window, 0, len(limits))
	for _, limit := range limits {
		from, err := time.Parse(time.DateTime, limit[0])
		if err != nil {
			return nil, err
		}
		to, err := time.Parse(time.DateTime, limit[1])
		if err != nil {
			return nil, err
		}
		w := span(at, from, to)
		if w.rows() <= 0 {
			return nil, fmt.Errorf("no row lies in the window %s to %s", limit[0], limit[1])
		}
		windows = append(windows, w)
	}
	slices.SortFunc(windows, func(a, b window) int { return a.first - b.first })
	return windows, nil
}

// span searches row by row: some series of the benchmark step back an hour
// when clocks change, so their times are not sorted.
func span(at []time.Time, from, to time.Time) window {
	inside := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }
	w := window{first: slices.IndexFunc(at, inside), last: -1}
	if w.first < 0 {
		return window{first: 0, last: -1}
	}
	for i := len(at) - 1; i >= w.first; i-- {
		if inside(at[i]) {
			w.last = i
			break
		}
	}
	return w
}
