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
	IfMatch string `header:"If-Match" doc:"The ETag of the revision the change is based on, or * for whichever it is; 428 without it, 412 when it is no longer current." example:"\"3\""`
}

// revision reads the header: 428 without it, 400 when it is no ETag of ours.
func (m IfMatch) revision() (int64, error) {
	if m.IfMatch == "" {
		return 0, errNoIfMatch
	}
	return revision(m.IfMatch)
}

// MayMatch is IfMatch for actions, which must not have to wait for a read.
type MayMatch struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the revision the action is meant for; 412 when it is no longer current. Not needed." example:"\"3\""`
}

// revision reads the header; 0 without it.
func (m MayMatch) revision() (int64, error) {
	if m.IfMatch == "" {
		return 0, nil
	}
	return revision(m.IfMatch)
}

// revision is what an ETag of ours says; 0, whichever it is, for *.
func revision(tag string) (int64, error) {
	if tag == "*" {
		return 0, nil
	}
	text, ok := strings.CutPrefix(strings.TrimPrefix(tag, "W/"), `"`)
	text, closed := strings.CutSuffix(text, `"`)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || !ok || !closed {
		return 0, errBadIfMatch
	}
	return n, nil
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }
