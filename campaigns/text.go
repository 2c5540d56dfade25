package campaigns

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/fault"
)

// How long texts may be, in characters.
const (
	maxName        = 200
	maxLabel       = 64
	maxDescription = 4000
	maxReason      = 500
	maxList        = 50 // labels or channels
)

// checkText refuses a text shorter than least characters without the spaces
// around it, longer than most, or with characters that cannot be shown.
func checkText(wrong *fault.Fields, path, s string, least, most int) {
	allow := fmt.Sprintf("at most %d characters of text", most)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unshowable):
		wrong.Add(path, "not_text", "It contains characters that cannot be shown.", allow)
	case utf8.RuneCountInString(strings.TrimSpace(s)) < least:
		wrong.Add(path, "required", "It must not be empty.", allow)
	case utf8.RuneCountInString(s) > most:
		wrong.Add(path, "too_long", "It is too long.", allow)
	}
}

func unshowable(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// checkList refuses texts that are wrong or stand twice.
func checkList(wrong *fault.Fields, path string, values []string) {
	if len(values) > maxList {
		wrong.Add(path, "too_many", fmt.Sprintf("There are %d values.", len(values)), fmt.Sprintf("at most %d", maxList))
		return
	}
	seen := map[string]bool{}
	for i, v := range values {
		at := fmt.Sprintf("%s[%d]", path, i)
		checkText(wrong, at, v, 1, maxLabel)
		if seen[v] {
			wrong.Add(at, "duplicate", quote(v)+" is in the list already.", "each value once")
		}
		seen[v] = true
	}
}

// checkReason refuses a reason that is too long; none is needed.
func checkReason(reason string) error {
	var wrong fault.Fields
	checkText(&wrong, "reason", reason, 0, maxReason)
	return wrong.Err()
}

// quote shows what was sent, cut short so that a wrong megabyte does not come
// back in the error.
func quote(s string) string {
	const limit = 40
	if len(s) > limit {
		s = s[:limit] + "..."
	}
	return fmt.Sprintf("%q", s)
}
