package payments

import (
	"slices"

	"github.com/hexabuilders/campaignd/money"
)

// paypalTakes are the currencies that PayPal takes (developer.paypal.com,
// "Currency codes"), and in how many decimals: of these, it has no use for the
// filler that ISO 4217 gives the forint and the new Taiwan dollar.
var (
	paypalTakes = []money.Currency{
		"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN",
		"SEK", "SGD", "THB", "TWD", "USD",
	}
	paypalWhole = []money.Currency{"HUF", "JPY", "TWD"}
)

// paypalAmount is an amount as PayPal writes it.
type paypalAmount struct {
	Currency money.Currency `json:"currency_code"`
	Value    string         `json:"value"`
}

// toPayPal is the amount in PayPal's words, exactly or not at all.
func toPayPal(m money.Money) (paypalAmount, error) {
	if !slices.Contains(paypalTakes, m.Currency) {
		return paypalAmount{}, misfit("PayPal does not take "+string(m.Currency)+".", "a currency that PayPal takes, such as USD or EUR")
	}
	step, decimals := int64(money.Unit/100), 2
	if slices.Contains(paypalWhole, m.Currency) {
		step, decimals = money.Unit, 0
	}
	if m.Micros%step != 0 {
		return paypalAmount{}, misfit("PayPal cannot take "+m.String()+" exactly.", "a multiple of "+money.New(step, m.Currency).String())
	}
	value := money.FormatMicros(m.Micros) // at least two decimals
	if decimals == 0 {
		value = value[:len(value)-len(".00")]
	}
	return paypalAmount{m.Currency, value}, nil
}

// micros reads an amount back.
func (a paypalAmount) micros() (int64, error) { return money.ParseMicros(a.Value) }
