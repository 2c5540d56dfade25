package httpapi

import (
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	errNoIfMatch = fault.New(fault.Precondition, "if_match_required",
		"This change needs the revision it is based on.", "Read the resource, and send its ETag in If-Match.")
	errBadIfMatch = fault.New(fault.Malformed, "if_match_malformed",
		"If-Match must be one ETag as a read gives it, such as \"3\".", "Send the ETag exactly as it came.")
)

// IfMatch is the header of a change: the ETag of what it is based on.
type IfMatch struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the revision the change is based on." example:"\"3\""`
}

// revision reads the header: 428 without it, 400 when it is no ETag of ours.
func (m IfMatch) revision() (int64, error) {
	if m.IfMatch == "" {
		return 0, errNoIfMatch
	}
	text := strings.TrimPrefix(m.IfMatch, "W/")
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, errBadIfMatch
	}
	return n, nil
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }
