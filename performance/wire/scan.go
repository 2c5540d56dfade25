package wire

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/performance"
)

// problem is why one fact is refused.
type problem struct{ code, detail string }

func refuse(code, format string, args ...any) *problem {
	return &problem{code, fmt.Sprintf(format, args...)}
}

// syntaxError is text that is not JSON, at a byte offset.
type syntaxError struct {
	at   int
	what string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.what, e.at) }

// maxDepth bounds the nesting of values that are skipped or carried along.
const maxDepth = 32

// scanner reads JSON from one string.
type scanner struct {
	text      string
	pos       int
	badText   bool // the text holds invalid UTF-8 somewhere: check each string
	notFinite bool // the value skipped last held NaN or an infinity
}

func newScanner(text string) scanner {
	return scanner{text: text, badText: !utf8.ValidString(text)}
}

func (s *scanner) fail(what string) error { return &syntaxError{s.pos, what} }

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		if c := s.text[s.pos]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// expect takes one punctuation mark.
func (s *scanner) expect(c byte) error {
	if s.peek() != c {
		return s.fail(fmt.Sprintf("expected %q", c))
	}
	s.pos++
	return nil
}

// more stands after an opening bracket or a member and reports whether another
// member follows; the closing bracket is taken.
func (s *scanner) more(closing byte, first bool) (bool, error) {
	c := s.peek()
	if c == closing {
		s.pos++
		return false, nil
	}
	if first {
		return true, nil
	}
	if c != ',' {
		return false, s.fail(fmt.Sprintf("expected ',' or %q", closing))
	}
	s.pos++
	if s.peek() == closing {
		return false, s.fail("a comma without a value after it")
	}
	return true, nil
}

// key reads a member's name and the colon.
func (s *scanner) key() (string, error) {
	if s.peek() != '"' {
		return "", s.fail("expected a name in quotes")
	}
	name, _, err := s.str()
	if err != nil {
		return "", err
	}
	return name, s.expect(':')
}

// str reads a string. bad says that it is not valid Unicode.
func (s *scanner) str() (value string, bad bool, err error) {
	start := s.pos + 1
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			value = s.text[start:i]
			return value, s.badText && !utf8.ValidString(value), nil
		case c == '\\':
			return s.escaped(start, i)
		case c < ' ':
			s.pos = i
			return "", false, s.fail("a control character inside a string")
		}
	}
	s.pos = len(s.text)
	return "", false, s.fail("a string without its closing quote")
}

// escaped goes on with a string whose first escape stands at i.
func (s *scanner) escaped(start, i int) (value string, bad bool, err error) {
	var b strings.Builder
	b.WriteString(s.text[start:i])
	for i < len(s.text) {
		c := s.text[i]
		switch {
		case c == '"':
			s.pos = i + 1
			return b.String(), bad || !utf8.ValidString(b.String()), nil
		case c < ' ':
			s.pos = i
			return "", false, s.fail("a control character inside a string")
		case c != '\\':
			b.WriteByte(c)
			i++
		default:
			r, size := unescape(s.text[i:])
			if size == 0 {
				s.pos = i
				return "", false, s.fail("an escape that JSON does not know")
			}
			bad = bad || r == loneSurrogate
			b.WriteRune(r)
			i += size
		}
	}
	s.pos = len(s.text)
	return "", false, s.fail("a string without its closing quote")
}

// number reads a number's text; whole says it has no fraction and no exponent.
func (s *scanner) number() (token string, whole bool, err error) {
	start, i, text := s.pos, s.pos, s.text
	if i < len(text) && text[i] == '-' {
		i++
	}
	digits := skipDigits(text, i)
	if digits == i || text[i] == '0' && digits > i+1 {
		s.pos = i
		return "", false, s.fail("a number that JSON does not know")
	}
	i, whole = digits, true
	if i < len(text) && text[i] == '.' {
		whole = false
		if digits = skipDigits(text, i+1); digits == i+1 {
			return "", false, s.fail("a number without digits after its point")
		}
		i = digits
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		whole = false
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if digits = skipDigits(text, i); digits == i {
			return "", false, s.fail("a number without digits in its exponent")
		}
		i = digits
	}
	s.pos = i
	return text[start:i], whole, nil
}

func skipDigits(text string, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}

// literals are the words a value can be. Those that JSON does not have, but
// that careless senders write, are read so that only their event is refused.
var literals = []struct {
	word   string
	finite bool
}{{"null", true}, {"true", true}, {"false", true}, {"NaN", false}, {"Infinity", false}, {"-Infinity", false}}

func (s *scanner) literal() error {
	for _, l := range literals {
		if strings.HasPrefix(s.text[s.pos:], l.word) {
			s.pos += len(l.word)
			s.notFinite = s.notFinite || !l.finite
			return nil
		}
	}
	return s.fail("expected a value")
}

// null takes the word null.
func (s *scanner) null() bool {
	if s.peek() == 'n' && strings.HasPrefix(s.text[s.pos:], "null") {
		s.pos += 4
		return true
	}
	return false
}

// skip passes over one value of any kind.
func (s *scanner) skip(depth int) error {
	switch c := s.peek(); {
	case depth > maxDepth:
		return s.fail(fmt.Sprintf("values nested deeper than %d", maxDepth))
	case c == '"':
		_, _, err := s.str()
		return err
	case c == '{':
		return s.skipMembers('}', depth)
	case c == '[':
		return s.skipMembers(']', depth)
	case c == '-' && strings.HasPrefix(s.text[s.pos:], "-Infinity"):
		return s.literal()
	case c == '-' || c-'0' <= 9:
		_, _, err := s.number()
		return err
	default:
		return s.literal()
	}
}

func (s *scanner) skipMembers(closing byte, depth int) error {
	s.pos++
	for first := true; ; first = false {
		ok, err := s.more(closing, first)
		if err != nil || !ok {
			return err
		}
		if closing == '}' {
			if _, err := s.key(); err != nil {
				return err
			}
		}
		if err := s.skip(depth + 1); err != nil {
			return err
		}
	}
}

// kind names the value that comes next, for a person.
func (s *scanner) kind() string {
	switch c := s.peek(); {
	case c == '"':
		return "a string"
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == 't' || c == 'f':
		return "true or false"
	case c == 'n':
		return "null"
	case c == 'N' || c == 'I' || strings.HasPrefix(s.text[s.pos:], "-I"):
		return "not a finite number"
	default:
		return "a number"
	}
}

// wrongType refuses the value that comes next.
func (s *scanner) wrongType(field, want string) *problem {
	kind := s.kind()
	if kind == "not a finite number" {
		return refuse(performance.CodeNotFinite, "%s is not a finite number; leave the field out when there is no value.", field)
	}
	return refuse(performance.CodeWrongType, "%s must be %s, and this is %s.", field, want, kind)
}
