package audience

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/hexabuilders/campaignd/fault"
)

// meaning is what the values of a column are.
type meaning uint8

const (
	asAttribute meaning = iota
	asEmail
	asPhone
	asExternalID
	asDeviceID
	asFirstName
	asLastName
	asZip
	asCountry
	asVisitedAt
	asVisits
	asPurchasedAt
	asPurchases
	asPurchaseValue
	asCurrency
)

// place is where a value of this meaning is kept while a row is read.
func (m meaning) place(b *builder) *string {
	return map[meaning]*string{
		asEmail: &b.person.Email, asPhone: &b.person.Phone, asExternalID: &b.person.ExternalID, asDeviceID: &b.person.DeviceID,
		asFirstName: &b.person.FirstName, asLastName: &b.person.LastName, asZip: &b.person.Zip,
		asVisitedAt: &b.visit.at, asVisits: &b.visit.count,
		asPurchasedAt: &b.buy.at, asPurchases: &b.buy.count, asPurchaseValue: &b.buy.value,
	}[m]
}

// field is a column or member: what it is called and what it means.
type field struct {
	name string
	as   meaning
}

// known are the names that mean something, as CRMs and platforms write them.
var known = map[string]meaning{
	"email": asEmail, "email_address": asEmail, "e_mail": asEmail, "mail": asEmail, "em": asEmail, "correo": asEmail, "hashed_email": asEmail, "email_sha256": asEmail,
	"phone": asPhone, "phone_number": asPhone, "mobile": asPhone, "mobile_phone": asPhone, "ph": asPhone, "telefono": asPhone, "celular": asPhone, "hashed_phone": asPhone, "phone_sha256": asPhone, "hashed_phone_number": asPhone,
	"external_id": asExternalID, "customer_id": asExternalID, "user_id": asExternalID, "crm_id": asExternalID, "extern_id": asExternalID, "id": asExternalID,
	"device_id": asDeviceID, "mobile_id": asDeviceID, "mobile_ad_id": asDeviceID, "madid": asDeviceID, "idfa": asDeviceID, "gaid": asDeviceID, "aaid": asDeviceID,
	"first_name": asFirstName, "fn": asFirstName, "nombre": asFirstName, "last_name": asLastName, "ln": asLastName, "apellido": asLastName,
	"zip": asZip, "zip_code": asZip, "postal_code": asZip, "codigo_postal": asZip, "country": asCountry, "country_code": asCountry, "pais": asCountry,
	"visited_at": asVisitedAt, "last_visit": asVisitedAt, "visits": asVisits,
	"purchased_at": asPurchasedAt, "last_purchase": asPurchasedAt, "purchases": asPurchases, "purchase_value": asPurchaseValue, "value": asPurchaseValue,
	"currency": asCurrency, "purchase_currency": asCurrency,
}

// clear are columns that would keep somebody in the clear. They are refused
// rather than dropped: whoever sends them should know.
var clearNames = []string{
	"name", "full_name", "nombre_completo", "address", "street", "direccion", "ip", "ip_address", "passport", "pasaporte", "national_id",
	"dni", "cedula", "curp", "rfc", "cpf", "nie", "ssn", "tax_id", "iban", "card_number", "credit_card", "password",
}

// errName does not repeat the name: in a file without a header it is somebody's
// address.
var errName = ErrHeader.With("A name cannot be that of an attribute: use letters, digits and underscores, at most 40, beginning with a letter.")

// fieldOf is what a column's name means. Attribute names are a to z, digits and
// underscores, so that rules can name them.
func fieldOf(name string) (field, error) {
	plain := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == ' ' || r == '-' || r == '.' || r == '/':
			return '_'
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(strings.TrimSpace(name))), "_")
	if as, ok := known[plain]; ok {
		if as == asCountry {
			plain = "country"
		}
		return field{plain, as}, nil
	}
	if slices.Contains(clearNames, plain) {
		return field{}, fault.ErrInvalid.WithFields(fault.Field{Path: plain, Code: "personal_data", Detail: "This would keep a person in the clear.",
			Allow: "leave the column out, or call it external_id to have it hashed"})
	}
	if !attributeName(plain) {
		return field{}, errName
	}
	return field{plain, asAttribute}, nil
}

func attributeName(s string) bool {
	if s == "" || len(s) > 40 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}

// table is a header: what stands in each column, and what parts them.
type table struct {
	fields []field
	comma  byte
}

// newTable reads a header. Files of spreadsheets in Spanish are parted by
// semicolons, some exports by tabs: the one that the header has most of counts.
func newTable(header []byte) (*table, error) {
	t := &table{comma: ','}
	text := string(header)
	for _, comma := range []byte{';', '\t'} {
		if strings.Count(text, string(comma)) > strings.Count(text, string(t.comma)) {
			t.comma = comma
		}
	}
	cells, err := t.split(text, nil)
	if err != nil {
		return nil, ErrHeader.With("The header line has an open quotation mark.")
	}
	if len(cells) > maxRowAttributes {
		return nil, ErrHeader.With("There are %d columns; at most %d are taken.", len(cells), maxRowAttributes)
	}
	var wrong fault.Fields
	seen, names := map[string]bool{}, false
	for i, cell := range cells {
		f, err := fieldOf(cell)
		if e := fault.As(err); e != nil && len(e.Fields) > 0 {
			wrong = append(wrong, e.Fields...)
		} else if err != nil {
			return nil, errName.With("Column %d of the first line: %s Is the header missing?", i+1, errName.Detail)
		}
		if seen[f.name] && f.name != "" {
			wrong.Add(f.name, "duplicate", "Two columns have this name.", "each name once")
		}
		seen[f.name] = true
		names = names || f.as >= asEmail && f.as <= asDeviceID || f.as == asFirstName
		t.fields = append(t.fields, f)
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if !names {
		return nil, ErrHeader.With("None of the %d columns of the first line names a person. Is the header missing?", len(cells))
	}
	return t, nil
}

// split parts a line into its cells. A quoted cell ends in its line: what names
// a person has no line breaks.
func (t *table) split(line string, into []string) ([]string, error) {
	for {
		if strings.HasPrefix(line, `"`) {
			cell, rest, err := quoted(line[1:])
			if err != nil {
				return nil, err
			}
			into = append(into, cell)
			if rest == "" {
				return into, nil
			}
			if rest[0] != t.comma {
				return nil, errQuote
			}
			line = rest[1:]
			continue
		}
		i := strings.IndexByte(line, t.comma)
		if i < 0 {
			return append(into, line), nil
		}
		into, line = append(into, line[:i]), line[i+1:]
	}
}

var errQuote = &Rejection{Code: "bad_quotes", Detail: "A quotation mark is not closed in its line, or something follows it."}

// quoted reads a cell after its opening mark; two marks are one in the text.
func quoted(s string) (cell, rest string, err error) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '"')
		if i < 0 {
			return "", "", errQuote
		}
		i += from
		if i+1 == len(s) || s[i+1] != '"' {
			return strings.ReplaceAll(s[:i], `""`, `"`), s[i+1:], nil
		}
		from = i + 2
	}
}

func (b *builder) parseCSV(t *table, line []byte) error {
	var room [32]string
	cells, err := t.split(string(line), room[:0])
	if err != nil {
		return &Rejection{Code: errQuote.Code, Detail: errQuote.Detail}
	}
	if len(cells) != len(t.fields) {
		return &Rejection{Code: "wrong_columns", Detail: fmt.Sprintf("The line has %d cells, and the header %d.", len(cells), len(t.fields))}
	}
	for i, f := range t.fields {
		if err := b.set(f, cells[i]); err != nil {
			return err
		}
	}
	return nil
}
