package money

import (
	"bytes"
	"encoding/json"
)

// MarshalJSON writes {"amount":"12.50","currency":"USD"}. The zero value, which
// has no currency, is null. Any other money without a valid currency is
// ErrUnknownCurrency: it could not be read back.
func (m Money) MarshalJSON() ([]byte, error) {
	if m == (Money{}) {
		return []byte("null"), nil
	}
	if _, err := ParseCurrency(string(m.Currency)); err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, 64), `{"amount":"`...)
	b = appendMicros(b, m.Micros, m.Currency.Exponent())
	b = append(b, `","currency":"`...)
	b = append(b, m.Currency...)
	return append(b, `"}`...), nil
}

// UnmarshalJSON reads what MarshalJSON writes, strictly: both members once, no
// others, and both of them strings. A number as the amount is refused, since
// what a client computed in floating point is already inexact. null leaves m as
// it is, as it does for every type of encoding/json.
//
// The errors are ErrMalformed, ErrTooPrecise, ErrOverflow and
// ErrUnknownCurrency; m is then unchanged.
func (m *Money) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	members, err := readMembers(data)
	if err != nil {
		return err
	}
	amount, err := members.text("amount")
	if err != nil {
		return err
	}
	code, err := members.text("currency")
	if err != nil {
		return err
	}
	parsed, err := Parse(amount, Currency(code))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

type members map[string]json.RawMessage

// readMembers reads an object's members one by one, because decoding into a
// struct or a map would let the last of two duplicates win in silence.
func readMembers(data []byte) (members, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') || !json.Valid(data) {
		return nil, ErrMalformed.With(`Money must be an object such as {"amount":"12.50","currency":"USD"}.`)
	}
	found := make(members, 2)
	for dec.More() { // all of data is valid, so that reading on cannot fail
		name, _ := dec.Token()
		var value json.RawMessage
		_ = dec.Decode(&value)
		if err := found.put(name.(string), value); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (m members) put(name string, value json.RawMessage) error {
	if name != "amount" && name != "currency" {
		return ErrMalformed.With("Money has no member %s; it has amount and currency.", excerpt(name))
	}
	if _, twice := m[name]; twice {
		return ErrMalformed.With("Money has its %s twice.", name)
	}
	m[name] = value
	return nil
}

// text is the member's value, which must be a string.
func (m members) text(name string) (string, error) {
	value, ok := m[name]
	if !ok {
		return "", ErrMalformed.With("Money needs its %s: send both amount and currency.", name)
	}
	if value[0] != '"' {
		return "", notText(name, value[0])
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err
}

func notText(name string, first byte) error {
	if name == "amount" && (first == '-' || first >= '0' && first <= '9') {
		return ErrMalformed.With(`The amount is a JSON number; send a decimal string such as "12.50", so that no digit is lost.`)
	}
	return ErrMalformed.With("The %s of money must be a JSON string.", name)
}
