package rule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Unit says what a threshold's number means.
type Unit string

// The units. Percent is how people write a fraction: 1 percent is the fraction
// 0.01, and is kept as that.
const (
	Percent  Unit = "percent"
	Fraction Unit = "fraction"
	Ratio    Unit = "ratio"
	Count    Unit = "count"
	Hours    Unit = "hours"
	Amount   Unit = "money"
)

// Quantity is a number that says what it counts.
type Quantity struct {
	Micros   int64
	Unit     Unit
	Currency money.Currency // of an Amount
}

type written struct {
	Value    string `json:"value,omitempty"`
	Unit     Unit   `json:"unit,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
}

// MarshalJSON writes {"value":"0.01","unit":"fraction"} or
// {"amount":"5.00","currency":"USD"}.
func (q Quantity) MarshalJSON() ([]byte, error) {
	if q.Unit == Amount {
		return json.Marshal(money.New(q.Micros, q.Currency))
	}
	return json.Marshal(written{Value: performance.Decimal(q.Micros), Unit: q.Unit})
}

// UnmarshalJSON reads what MarshalJSON wrote. What people write is read by
// Parse, which says more about what is wrong.
func (q *Quantity) UnmarshalJSON(data []byte) error {
	var wrong fault.Fields
	*q = Parse("", data, "", &wrong)
	return wrong.Err()
}

// String is the quantity as a sentence names it: 1 %, 5.00 USD, 6 hours.
func (q Quantity) String() string {
	switch q.Unit {
	case Amount:
		return money.New(q.Micros, q.Currency).String()
	case Fraction:
		if percent, err := money.MulDiv(q.Micros, 100, 1, money.HalfEven); err == nil {
			return performance.Decimal(percent) + " %"
		}
	case Hours:
		return performance.Decimal(q.Micros) + " hours"
	}
	return performance.Decimal(q.Micros)
}

// asWritten is an example of each unit, for refusals that say what to write.
var asWritten = map[Unit]string{
	Percent: `{"value":"1.0","unit":"percent"}`, Fraction: `{"value":"0.01","unit":"fraction"}`,
	Ratio: `{"value":"1.5","unit":"ratio"}`, Count: `{"value":"1000","unit":"count"}`,
	Hours: `{"value":"6","unit":"hours"}`, Amount: `{"amount":"5.00","currency":"USD"}`,
}

func examples(units []Unit) string {
	texts := make([]string, len(units))
	for i, u := range units {
		texts[i] = asWritten[u]
	}
	return strings.Join(texts, " or ")
}

// Parse reads a threshold of a metric at a path, and notes what is wrong with
// it. Percentages become fractions. An unknown metric takes every unit: that
// the metric is wrong is said where it stands.
func Parse(path string, data []byte, metric Metric, wrong *fault.Fields) Quantity {
	units := []Unit{Percent, Fraction, Ratio, Count, Hours, Amount}
	if s, ok := specs[metric]; ok {
		units = s.units
	}
	var w written
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	switch err := d.Decode(&w); {
	case len(data) == 0 || string(data) == "null":
		wrong.Add(path, "required", "It is missing.", examples(units))
		return Quantity{}
	case err != nil && data[0] != '{':
		wrong.Add(path, "unit_required", "A number alone does not say its unit, and 1.0 is not 1.0 %.", examples(units))
		return Quantity{}
	case err != nil:
		wrong.Add(path, "malformed_quantity", "A quantity has value and unit, or amount and currency, all of them strings.", examples(units))
		return Quantity{}
	}
	return w.quantity(path, units, wrong)
}

func (w written) quantity(path string, units []Unit, wrong *fault.Fields) Quantity {
	q, text, at := Quantity{Unit: w.Unit}, w.Value, path+".value"
	if w.Amount != "" || w.Currency != "" {
		q = Quantity{Unit: Amount, Currency: money.Currency(w.Currency)}
		text, at = w.Amount, path+".amount"
	}
	switch {
	case w.Value != "" && q.Unit == Amount && w.Amount+w.Currency != "", w.Unit == Amount:
		wrong.Add(path, "malformed_quantity", "A quantity is either a number with a unit or an amount of money.", examples(units))
		return Quantity{}
	case q.Unit == "":
		wrong.Add(path+".unit", "unit_required", "The number does not say its unit.", examples(units))
		return Quantity{}
	case !slices.Contains(units, q.Unit):
		wrong.Add(path, "unit_mismatch", fmt.Sprintf("This figure is not measured in %s.", q.Unit), examples(units))
		return Quantity{}
	case q.Unit == Amount && !q.Currency.Valid():
		wrong.Add(path+".currency", money.ErrUnknownCurrency.Code, "This is not the code of a currency in use.", "an ISO 4217 code such as USD")
		return Quantity{}
	}
	micros, err := money.ParseMicros(text)
	if err != nil {
		wrong.Add(at, fault.As(err).Code, "It is not a decimal number in a string.", examples(units))
		return Quantity{}
	}
	q.Micros = micros
	if q.Unit != Percent {
		return q
	}
	if micros%100 != 0 {
		wrong.Add(at, "too_precise", "A percentage has at most 4 decimals.", examples(units))
	}
	return Quantity{Micros: micros / 100, Unit: Fraction}
}
