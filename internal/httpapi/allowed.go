package httpapi

import (
	"regexp"
	"strconv"
	"strings"
)

// bounds are the messages about how much or how many, and what is allowed then.
var bounds = []struct {
	message *regexp.Regexp
	allow   string
}{
	{regexp.MustCompile(`^expected number > (\S+)$`), "more than $1"},
	{regexp.MustCompile(`^expected number >= (\S+)$`), "$1 or more"},
	{regexp.MustCompile(`^expected number < (\S+)$`), "less than $1"},
	{regexp.MustCompile(`^expected number <= (\S+)$`), "at most $1"},
	{regexp.MustCompile(`^expected array length >= (\d+)$`), "at least $1 of them"},
	{regexp.MustCompile(`^expected array length <= (\d+)$`), "at most $1 of them"},
	{regexp.MustCompile(`^expected length >= (\d+)$`), "at least $1 characters"},
	{regexp.MustCompile(`^expected length <= (\d+)$`), "at most $1 characters"},
	{regexp.MustCompile(`^expected value to be one of "(.*)"$`), "$1"},
}

// kinds are the messages about what kind of value it has to be.
var kinds = map[string]string{
	"expected boolean": "true or false",
	"expected number":  "a number",
	"expected integer": "a whole number",
	"expected string":  "a text",
	"expected array":   "a list",
	"expected object":  "an object",
}

// allowedBy is what a schema allows where it refuses with a message, "" when
// the message does not say.
func allowedBy(message string) string {
	for _, b := range bounds {
		if at := b.message.FindStringSubmatchIndex(message); at != nil {
			return plainNumbers(string(b.message.ExpandString(nil, b.allow, message, at)))
		}
	}
	if strings.Contains(message, "RFC 4122 uuid") {
		return "an id, such as 01a21840-4139-7a0c-bd19-b64e30d08f0f"
	}
	return kinds[message]
}

// power is a number as Go writes a large one, such as 1e+10.
var power = regexp.MustCompile(`\b[0-9.]+e\+[0-9]+`)

// plainNumbers writes them out.
func plainNumbers(text string) string {
	return power.ReplaceAllStringFunc(text, func(n string) string {
		value, err := strconv.ParseFloat(n, 64)
		if err != nil {
			return n
		}
		return strconv.FormatFloat(value, 'f', -1, 64)
	})
}
