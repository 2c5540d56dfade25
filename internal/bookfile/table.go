package bookfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance/wire"
)

// table takes rows of string, int64 and money.Money; nil is an empty cell.
type table interface {
	row(cells ...any) error
	close() error
}

// newTable writes a format; the name is that of the sheet.
func newTable(w io.Writer, format, name string) (table, error) {
	switch format {
	case "csv":
		out := csv.NewWriter(w)
		out.UseCRLF = true
		return &csvTable{out: out}, nil
	case "xlsx":
		return newSheets(w, name)
	}
	return nil, fmt.Errorf("bookfile: there is no format %q", format)
}

type csvTable struct {
	out   *csv.Writer
	texts []string
}

func (t *csvTable) row(cells ...any) error {
	t.texts = t.texts[:0]
	for _, c := range cells {
		text := ""
		switch c := c.(type) {
		case string:
			text = wire.SafeText(c)
		case int64:
			text = strconv.FormatInt(c, 10)
		case money.Money:
			text = c.Amount()
		}
		t.texts = append(t.texts, text)
	}
	return t.out.Write(t.texts)
}

func (t *csvTable) close() error {
	t.out.Flush()
	return t.out.Error()
}

// sheets is a workbook that goes on to another sheet when one is full.
type sheets struct {
	to     io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	name   string
	head   []any
	number int // of the sheet
	rows   int // in it
}

// mostRows is below what a sheet may have, which is 1 048 576.
const mostRows = 1_000_000

// exactMicros is where an amount begins to have more digits than a
// spreadsheet's number, which are 15.
const exactMicros = 1_000_000_000_000_000

func newSheets(w io.Writer, name string) (*sheets, error) {
	s := &sheets{to: w, file: excelize.NewFile(), name: name}
	err := s.begin()
	return s, err
}

func (s *sheets) begin() (err error) {
	name := s.name
	if s.number++; s.number == 1 {
		err = s.file.SetSheetName("Sheet1", name)
	} else {
		name = fmt.Sprintf("%s %d", s.name, s.number)
		_, err = s.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	s.rows = 0
	if s.stream, err = s.file.NewStreamWriter(name); err != nil {
		return err
	}
	return s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (s *sheets) row(cells ...any) error {
	if s.rows == mostRows {
		if err := s.stream.Flush(); err != nil {
			return err
		}
		if err := s.begin(); err != nil {
			return err
		}
		if err := s.write(s.head); err != nil {
			return err
		}
	}
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = sheetCell(c)
	}
	if s.head == nil {
		s.head = values
	}
	return s.write(values)
}

func (s *sheets) write(values []any) error {
	s.rows++
	return s.stream.SetRow("A"+strconv.Itoa(s.rows), values)
}

func sheetCell(c any) any {
	switch c := c.(type) {
	case string:
		return wire.SafeText(c)
	case money.Money:
		if c.Micros <= -exactMicros || c.Micros >= exactMicros {
			return c.Amount()
		}
		// The nearest float64 of 15 digits is written with just these digits.
		return float64(c.Micros) / money.Unit
	}
	return c
}

func (s *sheets) close() error {
	defer func() { _ = s.file.Close() }() // removes its temporary files
	if err := s.stream.Flush(); err != nil {
		return err
	}
	return s.file.Write(s.to)
}
