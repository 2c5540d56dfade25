package adplatform

import (
	"fmt"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	// ErrPlatform is a platform without a reader.
	ErrPlatform = fault.New(fault.Invalid, "unknown_platform",
		"Reports of this platform cannot be read.", "Name one of the platforms that are allowed.")
	// ErrHeader is a first line that does not name the columns needed.
	ErrHeader = fault.New(fault.Invalid, "report_header",
		"The first line of the file does not name the columns of this platform's report.",
		"Export the report with the columns listed, and send the file as CSV.")
	// ErrUnreadable is a file that stops being CSV; what came before its line
	// has been taken.
	ErrUnreadable = fault.New(fault.Malformed, "report_unreadable",
		"The file cannot be read as CSV.", "Correct the file from the line named, and send it again; nothing is counted twice.")
	// ErrTooManyRows bounds what one import may hold in memory.
	ErrTooManyRows = fault.New(fault.TooLarge, "report_too_long",
		fmt.Sprintf("A report may have at most %d rows.", MaxRows), "Export shorter ranges of dates, each to a file of its own.")
)

// RowError is a row that cannot be understood. The rows after it can still be
// read.
type RowError struct {
	Line   int    // of the file, from 1
	Column string // as the file spells it, empty when the whole row is meant
	Detail string // a sentence
}

func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Detail)
	}
	return fmt.Sprintf("line %d, column %s: %s", e.Line, e.Column, e.Detail)
}

func unknownPlatform(name string) error {
	field := fault.Field{Path: "platform", Code: "unknown", Detail: fmt.Sprintf("There is no platform %q.", name), Allow: strings.Join(Platforms(), ", ")}
	return ErrPlatform.WithFields(field)
}
