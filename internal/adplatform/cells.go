package adplatform

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/internal/adplatform/exchange"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// cells reads the columns of one row and remembers what was wrong first.
type cells struct {
	index  map[string]int
	line   int
	record []string
	err    error
}

func newCells(names []string) cells {
	index := make(map[string]int, len(names))
	for i, name := range names {
		index[name] = i
	}
	return cells{index: index}
}

func (c *cells) fail(column, format string, args ...any) {
	if c.err == nil {
		c.err = &RowError{Line: c.line, Column: column, Detail: fmt.Sprintf(format, args...)}
	}
}

// text is a cell without blanks around; empty when the report has no such
// column, or no value in it.
func (c *cells) text(column string) string {
	i, ok := c.index[column]
	if !ok {
		return ""
	}
	s := strings.TrimSpace(c.record[i])
	switch {
	case s == "-" || s == "--" || strings.EqualFold(s, "null"):
		return ""
	case len(s) > performance.MaxTextBytes:
		c.fail(column, "The text has %d bytes; at most %d are allowed.", len(s), performance.MaxTextBytes)
		return ""
	case !utf8.ValidString(s):
		c.fail(column, "The text is not UTF-8. Save the file as CSV in UTF-8.")
		return ""
	}
	return s
}

func (c *cells) needText(column string) string {
	s := c.text(column)
	if s == "" {
		c.fail(column, "The cell is empty; a row without it cannot be told from others.")
	}
	return s
}

// day reads a date, with or without a time of midnight.
func (c *cells) day(column string, r *Row) {
	if t, ok := c.moment(column); ok {
		r.Day = dayOf(t)
		if t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 {
			c.fail(column, "%q is within a day; the report has to have a row for each day, such as 2021-02-01.", c.text(column))
		}
	}
}

// hour reads a date and an hour.
func (c *cells) hour(column string, r *Row) {
	if t, ok := c.moment(column); ok {
		r.Day, r.Hour = dayOf(t), t.Hour()
		if t.Minute() != 0 || t.Second() != 0 {
			c.fail(column, "%q is within an hour; the report has to have a row for each hour, such as 2021-09-15 05:00:00.", c.text(column))
		}
	}
}

// moments are the ways in which connectors write a local time.
var moments = []string{time.DateOnly, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04"}

func (c *cells) moment(column string) (time.Time, bool) {
	s := c.needText(column)
	for _, layout := range moments {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	c.fail(column, "%q is not a date such as 2021-02-01, or a date and time such as 2021-09-15 05:00:00.", s)
	return time.Time{}, false
}

func dayOf(t time.Time) localday.Day { return localday.Of(t, time.UTC) }

// count sets a whole number; some connectors write it as "12.0".
func (c *cells) count(e *performance.Event, m performance.Metric, column string) {
	v, ok := c.number(column)
	switch {
	case !ok:
	case v%money.Unit != 0:
		c.fail(column, "%q is not a whole number.", c.text(column))
	default:
		e.Set(m, v/money.Unit)
	}
}

// credit sets conversions. A platform that shares the credit for one reports
// fractions: the exact value is then kept as a named value, and the count is
// rounded to the nearest whole, half to even.
func (c *cells) credit(e *performance.Event, column string) {
	v, ok := c.number(column)
	if !ok {
		return
	}
	if v%money.Unit != 0 {
		e.Custom = append(e.Custom, performance.Custom{Name: FractionalConversions, Value: v})
	}
	whole, err := money.MulDiv(v, 1, money.Unit, money.HalfEven)
	if err != nil {
		c.fail(column, "%q is too large.", c.text(column))
	}
	e.Set(performance.Conversions, whole)
}

// FractionalConversions names the exact conversions of a row that has no whole
// number of them.
const FractionalConversions = "attributed_conversions"

// money sets an amount in currency units.
func (c *cells) money(e *performance.Event, m performance.Metric, column string) {
	if v, ok := c.number(column); ok {
		e.Set(m, v)
	}
}

// micros sets an amount that the report gives in micros.
func (c *cells) micros(e *performance.Event, m performance.Metric, column string) {
	if v, err := strconv.ParseInt(c.text(column), 10, 64); err == nil {
		e.Set(m, v) // also where units of it would not fit as millionths
		return
	}
	c.count(e, m, column)
}

// number is a cell in millionths, and whether there is one.
func (c *cells) number(column string) (int64, bool) {
	s := c.text(column)
	if s == "" {
		return 0, false
	}
	v, err := exchange.ParseDecimal(s)
	if err != nil {
		c.fail(column, "%q is %s.", s, err)
		return 0, false
	}
	return v, true
}
