package identity

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/hexabuilders/campaignd/fault"
)

// Destination is whose rules a value is normalised by.
type Destination string

// The destinations.
const (
	Meta           Destination = "meta"
	Google         Destination = "google"
	GoogleEnhanced Destination = "google_enhanced" // enhanced conversions
)

// Errors of values that name nobody. Their text never repeats the value.
var (
	ErrEmail = fault.New(fault.Invalid, "invalid_email", "This is not an email address.", "Send local@domain, or the SHA-256 of it.")
	ErrPhone = fault.New(fault.Invalid, "invalid_phone", "This is not a telephone number with its country code.", "Send 8 to 15 digits with the country code, such as +57 301 555 0100, or the SHA-256 of it.")
	ErrEmpty = fault.New(fault.Invalid, "empty_identifier", "Nothing is left of the value once it is normalised.", "Leave the field out, or send a value.")
	ErrText  = fault.New(fault.Invalid, "not_text", "The value is not UTF-8.", "Save the file as UTF-8 and send it again.")
)

const (
	maxEmail = 254 // RFC 5321, 4.5.3.1.3
	minPhone = 8   // the shortest numbers with country code in use
	maxPhone = 15  // E.164
)

// clean is the text without the space around it, in NFC and lower case.
func clean(raw string) (string, error) {
	if plain(raw) {
		return strings.ToLower(strings.TrimSpace(raw)), nil
	}
	text := norm.NFC.String(raw)
	if strings.ContainsRune(text, unicode.ReplacementChar) || !valid(raw) {
		return "", ErrText
	}
	return composed(text), nil
}

// composed is a text in NFC and lower case: lower case can come apart, and what
// is left after something was dropped can come together.
func composed(text string) string { return norm.NFC.String(strings.ToLower(strings.TrimSpace(text))) }

// plain reports whether a text is ASCII, where NFC changes nothing.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Email normalises an address. It fails with ErrEmail and ErrText.
func Email(d Destination, raw string) (string, error) {
	text, err := clean(raw)
	if err != nil {
		return "", err
	}
	local, domain, ok := cutLast(text, '@')
	if !ok || local == "" || len(text) > maxEmail || !isDomain(domain) || strings.ContainsFunc(local, notInEmail) {
		return "", ErrEmail
	}
	if d == GoogleEnhanced && (domain == "gmail.com" || domain == "googlemail.com") {
		local = strings.ReplaceAll(local, ".", "")
		if local == "" {
			return "", ErrEmail
		}
	}
	return local + "@" + domain, nil
}

func notInEmail(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@,;<>()"`, r)
}

func isDomain(s string) bool {
	if !strings.Contains(s, ".") || strings.Contains(s, "..") || s[0] == '.' || s[0] == '-' || s[len(s)-1] == '.' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-'
	})
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 || i == len(s)-1 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// Phone normalises a telephone number that has its country code. Spaces,
// brackets, dots and dashes are dropped, and so are a plus or 00 before it. It
// fails with ErrPhone.
func Phone(d Destination, raw string) (string, error) {
	digits := make([]byte, 0, maxPhone+3)
	for i, r := range strings.TrimSpace(raw) {
		switch {
		case r >= '0' && r <= '9':
			if len(digits) > maxPhone+2 {
				return "", ErrPhone
			}
			digits = append(digits, byte(r))
		case r == '+' && i == 0, strings.ContainsRune(" -.()/\u00a0\t", r):
		default:
			return "", ErrPhone
		}
	}
	number := strings.TrimLeft(string(digits), "0")
	if len(number) < minPhone || len(number) > maxPhone {
		return "", ErrPhone
	}
	if d == Meta {
		return number, nil
	}
	return "+" + number, nil
}

// Name normalises a first or last name: letters stay with their accents, in any
// script; Meta's rules drop punctuation. It fails with ErrEmpty and ErrText.
func Name(d Destination, raw string) (string, error) {
	text, err := clean(raw)
	if err != nil {
		return "", err
	}
	if d == Meta {
		text = composed(drop(text, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }))
	}
	return full(text)
}

// City normalises a city to its letters.
func City(raw string) (string, error) {
	text, err := clean(raw)
	if err != nil {
		return "", err
	}
	return full(composed(drop(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })))
}

// Zip normalises a postal code: what stands before the dash, without spaces.
func Zip(raw string) (string, error) {
	text, err := clean(raw)
	if err != nil {
		return "", err
	}
	text, _, _ = strings.Cut(text, "-")
	return full(composed(drop(text, unicode.IsSpace)))
}

// Country normalises an ISO 3166-1 alpha-2 code to lower case.
func Country(raw string) (string, error) {
	text, err := clean(raw)
	if err == nil && (len(text) != 2 || strings.ContainsFunc(text, func(r rune) bool { return r < 'a' || r > 'z' })) {
		err = ErrEmpty.With("This is not the code of a country.")
	}
	return text, err
}

// code normalises a number or token that the sender gives: trimmed and in lower
// case.
func code(raw string) (string, error) {
	text, err := clean(raw)
	if err != nil {
		return "", err
	}
	return full(text)
}

func drop(s string, unwanted func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if unwanted(r) {
			return -1
		}
		return r
	}, s)
}

func full(s string) (string, error) {
	if s == "" {
		return "", ErrEmpty
	}
	return s, nil
}
