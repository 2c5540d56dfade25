package audience

import (
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

// identifies reports whether values of this meaning are hashed.
func (m meaning) identifies() bool { return m >= asEmail && m <= asZip }

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
