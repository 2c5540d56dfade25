package identity

import (
	"errors"
	"strings"
)

// Person is how somebody is named in a file or a request: raw values, or their
// hashes. It lives as long as the line that it was read from.
type Person struct {
	Email, Phone, ExternalID, DeviceID string
	FirstName, LastName, Zip, Country  string
}

// Problem is a value that names nobody.
type Problem struct {
	Column string
	Err    error
}

// Append appends the identifiers that a person has to into, the most telling
// first, and notes the values that cannot be one.
func (p *Person) Append(into []ID, wrong func(Problem)) []ID {
	into = appendEach(into, p.ExternalID, "external_id", wrong, hashing{ExternalID, code})
	into = appendEmail(into, p.Email, wrong)
	into = appendPhone(into, p.Phone, wrong)
	into = appendEach(into, p.DeviceID, "device_id", wrong, hashing{DeviceID, code})
	return p.appendAddress(into, wrong)
}

// hashing is one kind and its rules.
type hashing struct {
	kind   Kind
	normal func(string) (string, error)
}

func appendEach(into []ID, raw, column string, wrong func(Problem), as hashing) []ID {
	if strings.TrimSpace(raw) == "" {
		return into
	}
	if h, ok := Hashed(raw); ok {
		return append(into, ID{as.kind, h})
	}
	text, err := as.normal(raw)
	if err != nil {
		wrong(Problem{column, err})
		return into
	}
	return append(into, ID{as.kind, Of(text)})
}

// appendEmail adds a second hash for the addresses whose dots enhanced
// conversions drop.
func appendEmail(into []ID, raw string, wrong func(Problem)) []ID {
	before := len(into)
	into = appendEach(into, raw, "email", wrong, hashing{EmailPlain, func(s string) (string, error) { return Email(Meta, s) }})
	if len(into) == before || !strings.Contains(raw, "@") {
		return into
	}
	if plainer, err := Email(GoogleEnhanced, raw); err == nil {
		if h := Of(plainer); h != into[before].Hash {
			into = append(into, ID{EmailEnhanced, h})
		}
	}
	return into
}

// appendPhone adds both spellings of a number. Of a hash nobody can tell which
// spelling was hashed, so it stands for either.
func appendPhone(into []ID, raw string, wrong func(Problem)) []ID {
	if h, ok := Hashed(raw); ok {
		return append(into, ID{PhoneMeta, h}, ID{PhoneGoogle, h})
	}
	if strings.TrimSpace(raw) == "" {
		return into
	}
	meta, err := Phone(Meta, raw)
	if err != nil {
		wrong(Problem{"phone", err})
		return into
	}
	return append(into, ID{PhoneMeta, Of(meta)}, ID{PhoneGoogle, Of("+" + meta)})
}

// appendAddress needs all four parts: a name alone is nobody.
func (p *Person) appendAddress(into []ID, wrong func(Problem)) []ID {
	if p.FirstName == "" || p.LastName == "" || p.Zip == "" || p.Country == "" {
		return into
	}
	parts, failures := make([]string, 4), make([]error, 4)
	parts[0], failures[0] = namePart(p.FirstName)
	parts[1], failures[1] = namePart(p.LastName)
	parts[2], failures[2] = Zip(p.Zip)
	parts[3], failures[3] = Country(p.Country)
	if err := errors.Join(failures...); err != nil {
		wrong(Problem{"address", ErrEmpty.With("A name, postal code or country cannot be read.")})
		return into
	}
	return append(into, ID{AddressKey, Of(strings.Join(parts, "\x1f"))})
}

// namePart is the hash of a name, whoever has made it: raw and hashed files
// give the same key.
func namePart(raw string) (string, error) {
	if h, ok := Hashed(raw); ok {
		return h.String(), nil
	}
	text, err := Name(Meta, raw)
	if err != nil {
		return "", err
	}
	return Of(text).String(), nil
}
