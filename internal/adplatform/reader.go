package adplatform

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// MaxRows is how many rows one report may have. Each costs a few bytes of
// memory, in which its id is remembered.
const MaxRows = 2_000_000

// Row is one delivery of a platform, not yet placed under a campaign of ours.
type Row struct {
	Line             int    // of the file, from 1
	ExternalAccount  string // the platform's account; may be empty
	ExternalCampaign string // the platform's campaign; empty where the report has none
	CampaignName     string // where the report has one
	Currency         string // ISO 4217 where the report says it, otherwise empty
	Day              localday.Day
	Hour             int // of the day, 0 for a row of the whole day

	// Event lacks only Campaign and OccurredAt, which In gives.
	Event performance.Event
}

// In is the delivery fact of a campaign of ours: at the first instant of the
// row's day in zone, or at its hour.
func (r *Row) In(campaign uuid.UUID, zone *time.Location) performance.Event {
	e := r.Event
	e.Campaign = campaign
	from, _ := localday.Bounds(r.Day, zone)
	if r.Hour > 0 {
		local := from.In(zone)
		from = time.Date(local.Year(), local.Month(), local.Day(), r.Hour, 0, 0, 0, zone)
	}
	e.OccurredAt = from.UnixMicro()
	return e
}

// Reader reads one report, a row at a time.
type Reader struct {
	format format
	csv    *csv.Reader
	cells  cells
	rows   int
	limit  int               // of rows
	seen   map[uint64]uint32 // how often each identity has come
}

// Open reads a report's header. platform is one of Platforms. Its errors are
// ErrPlatform, ErrHeader (with the columns that are missing and the platform
// that the file looks like), ErrUnreadable, or r's.
func Open(platform string, r io.Reader) (*Reader, error) {
	f, ok := formatOf(platform)
	if !ok {
		return nil, unknownPlatform(platform)
	}
	text, err := unmarked(r)
	if err != nil {
		return nil, err
	}
	table := csv.NewReader(text)
	names, err := columns(table, f)
	if err != nil {
		return nil, err
	}
	table.ReuseRecord = true
	table.FieldsPerRecord = len(names)
	return &Reader{format: f, csv: table, cells: newCells(names), limit: MaxRows, seen: map[uint64]uint32{}}, nil
}

// Rows is how many rows have been read, those with errors included.
func (r *Reader) Rows() int { return r.rows }

// offset is how many bytes of the file have been read.
func (r *Reader) offset() int64 { return r.csv.InputOffset() }

// Next reads a row. Its errors are io.EOF at the end; *RowError for a row that
// cannot be understood, after which Next goes on with the following one; and
// ErrUnreadable, ErrTooManyRows or the file's own, after which it is over.
func (r *Reader) Next() (Row, error) {
	record, err := r.csv.Read()
	short := errors.Is(err, csv.ErrFieldCount)
	if err != nil && !short {
		return Row{}, unreadable(err)
	}
	if r.rows++; r.rows > r.limit {
		return Row{}, ErrTooManyRows
	}
	line, _ := r.csv.FieldPos(0)
	if short {
		return Row{}, &RowError{Line: line, Detail: fmt.Sprintf("The row has %d cells and the header %d.", len(record), r.csv.FieldsPerRecord)}
	}
	return r.read(line, record)
}

func (r *Reader) read(line int, record []string) (Row, error) {
	c := &r.cells
	c.line, c.record, c.err = line, record, nil
	row := Row{Line: line, CampaignName: c.text("campaign_name")}
	row.Event.Source = r.format.platform
	r.format.read(c, &row)
	if c.err != nil {
		return Row{}, c.err
	}
	row.Event.Currency = row.Currency
	row.Event.ID = r.identify(&row)
	row.Event.Metadata = r.metadata(&row)
	return row, nil
}
