package audience

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// builder makes a Row of named values, whichever format they came in.
type builder struct {
	terms   Terms
	row     *Row
	person  identity.Person
	visit   doing
	buy     doing
	ignored []Rejection
}

// doing is a visit or a purchase as a row's columns tell it.
type doing struct{ at, count, value string }

func (d doing) none() bool { return d == doing{} }

func (b *builder) begin(row *Row) {
	*b = builder{terms: b.terms, row: row, ignored: b.ignored[:0]}
}

// maxValue is how many bytes a value of an attribute may have.
const maxValue = 200

// set notes the value of a column or member.
func (b *builder) set(f field, value string) error {
	value = strings.TrimSpace(value)
	if value == "" || value == "?" {
		return nil
	}
	switch f.as {
	case asAttribute:
		return b.attribute(f.name, value)
	case asCurrency:
		if !strings.EqualFold(value, b.terms.Currency) {
			return &Rejection{Column: f.name, Code: money.ErrCurrencyMismatch.Code, Detail: "Purchases are in the partner's currency, " + b.terms.Currency + "; nothing is converted."}
		}
	case asCountry:
		b.person.Country = value
		if code, err := identity.Country(value); err == nil {
			return b.attribute(f.name, strings.ToUpper(code))
		}
	default:
		*f.as.place(b) = value
	}
	return nil
}

func (b *builder) attribute(name, value string) error {
	if strings.ContainsAny(value, "\r\n\t") { // a note of several lines
		value = strings.Join(strings.Fields(value), " ")
	}
	if len(value) > maxValue {
		return &Rejection{Column: name, Code: "too_long", Detail: "An attribute's value has at most 200 bytes."}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return &Rejection{Column: name, Code: "not_text", Detail: "It contains characters that cannot be shown."}
	}
	if namesSomebody(value) {
		return &Rejection{Column: name, Code: "identifier_in_attribute", Detail: "There is an email address or a telephone number in the value, and attributes are kept in the clear. Call the column email or phone to have it hashed."}
	}
	b.row.Attributes = append(b.row.Attributes, Attribute{name, value})
	return nil
}

// namesSomebody finds addresses and numbers where they do not belong, in a text
// too. Digits without a plus can be anything.
func namesSomebody(value string) bool {
	if strings.IndexByte(value, '@') > 0 {
		for _, word := range strings.FieldsFunc(value, endsWord) {
			if _, err := identity.Email(identity.Meta, strings.Trim(word, ".!?'")); err == nil {
				return true
			}
		}
	}
	for {
		_, after, found := strings.Cut(value, "+")
		if !found {
			return false
		}
		number := after[:len(after)-len(strings.TrimLeft(after, "0123456789 -.()/"))]
		if _, err := identity.Phone(identity.Meta, "+"+number); err == nil {
			return true
		}
		value = after
	}
}

func endsWord(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;:<>()[]"`, r) }

// maxRowAttributes bounds a row, and the columns of a file.
const maxRowAttributes = 200

// finish turns what was set into the row.
func (b *builder) finish() error {
	b.row.IDs = b.person.Append(b.row.IDs, func(p identity.Problem) {
		code, detail := "invalid_identifier", "It cannot be read."
		if e := fault.As(p.Err); e != nil {
			code, detail = e.Code, e.Detail
		}
		b.ignored = append(b.ignored, Rejection{Column: p.Column, Code: code, Detail: detail})
	})
	if len(b.row.IDs) == 0 {
		if len(b.ignored) > 0 {
			return &b.ignored[0]
		}
		return &Rejection{Code: "no_identifier", Detail: "The line names nobody: it has no email, phone, external_id or device_id."}
	}
	if len(b.row.Attributes) > maxRowAttributes {
		return &Rejection{Code: "too_many_attributes", Detail: "A person has at most 200 attributes."}
	}
	if err := b.did(b.visit, false); err != nil {
		return err
	}
	return b.did(b.buy, true)
}

// What one entry says at most: as many as fit in a line do not overflow a day.
const (
	mostTimes = 1_000_000
	mostPaid  = 1_000_000_000 * money.Unit
)

// did adds a visit or a purchase to its day.
func (b *builder) did(d doing, bought bool) error {
	if d.none() {
		return nil
	}
	when, count := "visited_at", "visits"
	if bought {
		when, count = "purchased_at", "purchases"
	}
	day, err := b.day(d.at)
	if err != nil {
		return &Rejection{Column: when, Code: "invalid_date", Detail: badDate}
	}
	times := uint64(1)
	if d.count != "" {
		if times, err = strconv.ParseUint(d.count, 10, 31); err != nil || times > mostTimes {
			return &Rejection{Column: count, Code: "invalid_count", Detail: "This is not how often something happened on a day: a whole number from 0 to a million."}
		}
	}
	value := int64(0)
	if d.value != "" {
		if value, err = money.ParseMicros(d.value); err != nil || value < 0 || value > mostPaid {
			return &Rejection{Column: "purchase_value", Code: "invalid_amount", Detail: "This is not what was paid: an amount such as 12.50, from 0 to a billion. Leave out what was returned."}
		}
	}
	if times == 0 && value == 0 {
		return nil
	}
	at := b.at(day)
	at.Value += value
	if bought {
		at.Purchases += uint32(times)
	} else {
		at.Visits += uint32(times)
	}
	return nil
}

// at is the row's entry of a day.
func (b *builder) at(day int32) *Day {
	for i := range b.row.Days {
		if b.row.Days[i].Day == day {
			return &b.row.Days[i]
		}
	}
	b.row.Days = append(b.row.Days, Day{Day: day})
	return &b.row.Days[len(b.row.Days)-1]
}

const badDate = "Dates are 2026-03-02 or RFC 3339, from 1970 to today."

var errDate = errors.New("no date from 1970 to today")

// day reads a date as days since 1970 in UTC; none is today.
func (b *builder) day(text string) (int32, error) {
	if text == "" {
		return b.terms.Today, nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			return 0, errDate
		}
	}
	day := math.Floor(float64(at.Unix()) / 86400)
	if day < 0 || day > float64(b.terms.Today)+1 {
		return 0, errDate
	}
	return int32(day), nil
}

// DayOf is a moment's day, in days since 1970, UTC.
func DayOf(at time.Time) int32 {
	return int32(at.UTC().Unix() / 86400)
}
