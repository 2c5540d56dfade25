package campaigns

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Quantity is a number with up to 6 decimals: a count, a ratio, or money when it
// has a currency. In JSON money is an object with amount and currency, and
// anything else a number; a decimal string is read too.
type Quantity struct {
	Micros   int64 // millionths
	Currency money.Currency
}

// errQuantity is what the JSON of a quantity that cannot be read is told.
var errQuantity = fault.New(fault.Invalid, "number_malformed",
	"This is not a number that can be held exactly.",
	`Send a number or a decimal string with at most 6 decimals, or {"amount":"5.00","currency":"USD"} for money.`)

// Count is a whole number.
func Count(n int64) Quantity { return Quantity{Micros: n * money.Unit} }

// Float is the number, for ratios and scores.
func (q Quantity) Float() float64 { return float64(q.Micros) / money.Unit }

// String is the number, exact, and the currency of money.
func (q Quantity) String() string {
	if q.Currency != "" {
		return money.New(q.Micros, q.Currency).String()
	}
	text := money.FormatMicros(q.Micros)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// MarshalJSON writes a number, or an object for money.
func (q Quantity) MarshalJSON() ([]byte, error) {
	if q.Currency != "" {
		return json.Marshal(money.New(q.Micros, q.Currency))
	}
	return []byte(q.String()), nil
}

// UnmarshalJSON reads a number, a decimal string or money. Exponents and more
// than 6 decimals are refused, since neither says exactly what is meant.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var m money.Money
		if err := m.UnmarshalJSON(b); err != nil {
			return err
		}
		*q = Quantity(m)
		return nil
	}
	text := string(b)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	micros, err := money.ParseMicros(text)
	if err != nil {
		return errQuantity.Wrap(err)
	}
	*q = Quantity{Micros: micros}
	return nil
}
