package money

import (
	"errors"
	"strings"
	"testing"

	iso "github.com/bojanz/currency"

	"github.com/hexabuilders/campaignd/fault"
)

func TestExponents(t *testing.T) {
	for c, want := range map[Currency]int{
		"USD": 2, "EUR": 2, "MXN": 2, "COP": 2, "ISK": 0, "JPY": 0, "CLP": 0, "KRW": 0, "UGX": 0, "XOF": 0, "UYI": 0,
		"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
		"": 2, "ZZZ": 2, // not valid: as most currencies have
	} {
		if got := c.Exponent(); got != want {
			t.Errorf("%q has exponent %d, want %d", c, got, want)
		}
	}
}

// The table is written by hand; a list that somebody else keeps finds a slip of
// the pen, and a code that ISO has added since.
func TestTableAgreesWithAnIndependentList(t *testing.T) {
	for _, code := range iso.GetCurrencyCodes() {
		digits, _ := iso.GetDigits(code)
		if c := Currency(code); !c.Valid() || c.Exponent() != int(digits) {
			t.Errorf("%s: valid %t with %d digits; the other list says %d digits", c, c.Valid(), c.Exponent(), digits)
		}
	}
}

func TestTableIsSortedWithoutDuplicates(t *testing.T) {
	total := 0
	for exponent, line := range active {
		codes := strings.Fields(line)
		total += len(codes)
		for i, code := range codes {
			if len(code) != 3 || code != strings.ToUpper(code) || i > 0 && codes[i-1] >= code {
				t.Errorf("%q with exponent %d is misspelt or out of order", code, exponent)
			}
		}
	}
	if total != len(exponents) {
		t.Errorf("%d codes are written and %d are distinct", total, len(exponents))
	}
}

func TestParseCurrency(t *testing.T) {
	if c, err := ParseCurrency("EUR"); c != "EUR" || err != nil {
		t.Errorf("EUR: %q, %v", c, err)
	}
	for code, detail := range map[string]string{
		"usd":                     `The currency "usd" is to be written USD, in upper case.`,
		"":                        `"" is not the code of a currency in use.`,
		"USD ":                    `"USD " is not the code of a currency in use.`,
		"HRK":                     `"HRK" is not the code of a currency in use.`, // Croatia has the euro
		"XAU":                     `"XAU" is not the code of a currency in use.`, // gold has no minor unit
		"XXX":                     `"XXX" is not the code of a currency in use.`,
		strings.Repeat("U", 1000): `"` + strings.Repeat("U", 40) + `..." is not the code of a currency in use.`,
	} {
		c, err := ParseCurrency(code)
		if c != "" || !errors.Is(err, ErrUnknownCurrency) {
			t.Errorf("ParseCurrency(%.10q) = %q, %v", code, c, err)
		} else if got := fault.As(err).Detail; got != detail {
			t.Errorf("ParseCurrency(%.10q) says %s", code, got)
		}
	}
}
