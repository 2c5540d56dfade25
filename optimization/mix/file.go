package mix

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/optimization/response"
)

// ErrFile refuses what is not a table of periods.
var ErrFile = fault.New(fault.Invalid, "invalid_history_file",
	"The file is not a table of periods: a date, one spend column per channel, and the result last.", "Correct the line that is named.")

// File is a history as it was read.
type File struct {
	response.History
	Daily bool // the dates are days that follow each other
}

// row is one period of a file.
type row struct {
	at     time.Time
	dated  bool
	spend  []float64
	result float64
}

// Read reads CSV with a header: the first column is the period, the last the
// result, those between are the spends of a channel each. An empty spend is
// none; an empty result is not known. Rows may come in any order when all have
// dates; days without a row are taken as days without spend whose result is not
// known. The errors are ErrFile and those of the reader.
func Read(r io.Reader) (File, error) {
	table := csv.NewReader(r)
	table.TrimLeadingSpace = true
	table.ReuseRecord = true
	header, err := table.Read()
	if err != nil {
		return File{}, unreadable(err)
	}
	if len(header) < 3 {
		return File{}, ErrFile.With("The header has %d columns; a date, a channel and a result are the least.", len(header))
	}
	var f File
	for i, name := range header[1 : len(header)-1] {
		name = strings.TrimSpace(name)
		if name == "" || slices.Contains(f.Channels, name) {
			return File{}, ErrFile.With("Column %d needs a name of its own.", i+2)
		}
		f.Channels = append(f.Channels, name)
	}
	rows, err := readRows(table)
	if err != nil {
		return File{}, err
	}
	rows, f.Daily, err = arrange(rows)
	if err != nil {
		return File{}, err
	}
	f.Spend = make([][]float64, len(f.Channels))
	for _, r := range rows {
		for c := range f.Spend {
			f.Spend[c] = append(f.Spend[c], r.spend[c])
		}
		f.Result = append(f.Result, r.result)
	}
	return f, nil
}

func readRows(table *csv.Reader) ([]row, error) {
	var rows []row
	for {
		record, err := table.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if len(rows) >= response.MaxPeriods {
			return nil, ErrFile.With("There are more than %d rows.", response.MaxPeriods)
		}
		line, _ := table.FieldPos(0)
		r := row{spend: make([]float64, len(record)-2)}
		r.at, r.dated = date(record[0])
		for i, text := range record[1:] {
			value, err := number(text)
			if err != nil || value < 0 {
				return nil, ErrFile.With("Line %d, column %d: %q is no amount of 0 or more.", line, i+2, text)
			}
			switch {
			case i < len(r.spend) && math.IsNaN(value):
			case i < len(r.spend):
				r.spend[i] = value
			default:
				r.result = value
			}
		}
		rows = append(rows, r)
	}
}

// number is NaN for an empty cell.
func number(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

func date(text string) (time.Time, bool) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	for _, layout := range []string{time.DateOnly, time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006/01/02", "01/02/2006", "20060102"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// mostGaps is how many days without a row may be filled in, for each row.
const mostGaps = 1

// arrange puts dated rows in order and fills in the days that have none.
func arrange(rows []row) (arranged []row, daily bool, err error) {
	for _, r := range rows {
		if !r.dated {
			return rows, true, nil // periods by number: taken as days
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.at.Compare(b.at) })
	gaps := map[time.Duration]int{}
	for i := 1; i < len(rows); i++ {
		gap := rows[i].at.Sub(rows[i-1].at)
		if gap <= 0 {
			return nil, false, ErrFile.With("There are two rows for %s.", rows[i].at.Format(time.DateOnly))
		}
		gaps[gap]++
	}
	const day = 24 * time.Hour
	if len(rows) < 2 || 2*gaps[day] < len(rows)-1 {
		return rows, false, nil
	}
	if days := int(rows[len(rows)-1].at.Sub(rows[0].at) / day); days > (1+mostGaps)*len(rows) {
		return rows, true, nil
	}
	for i, r := range rows {
		for i > 0 && r.at.Sub(arranged[len(arranged)-1].at) > day {
			last := arranged[len(arranged)-1].at
			arranged = append(arranged, row{at: last.Add(day), dated: true, spend: make([]float64, len(r.spend)), result: math.NaN()})
		}
		arranged = append(arranged, r)
	}
	return arranged, true, nil
}

func unreadable(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrFile.With("The file is empty.")
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return ErrFile.With("Line %d: %s.", parse.Line, parse.Err)
	}
	return err
}
