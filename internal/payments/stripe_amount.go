package payments

import (
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// odd are the currencies that Stripe counts in other decimals than ISO 4217
// (docs.stripe.com/currencies): the ariary in whole units, the krona and the
// shilling in hundredths although they have none.
var odd = map[money.Currency]int{"MGA": 0, "ISK": 2, "UGX": 2}

// unit is how many micros Stripe's smallest unit of the currency has, and the
// step, in such units, that an amount has to keep to.
func unit(c money.Currency) (micros, step int64, ok bool) {
	decimals, special := odd[c]
	if !special {
		decimals = c.Exponent()
	}
	micros, step = int64(money.Unit), 1
	for range decimals {
		micros /= 10
	}
	switch {
	case decimals == 3:
		step = 10 // the last digit must be 0
	case special && decimals == 2:
		step = 100
	}
	return micros, step, decimals <= 3
}

// stripeUnits is the amount in Stripe's smallest unit, exactly or not at all.
func stripeUnits(m money.Money) (int64, error) {
	micros, step, ok := unit(m.Currency)
	if !ok || !m.Currency.Valid() {
		return 0, misfit("Stripe does not take "+string(m.Currency)+".", "a currency with at most 3 decimals")
	}
	if m.Micros%(micros*step) != 0 {
		return 0, misfit("Stripe cannot take "+m.String()+" exactly.", "a multiple of "+money.New(micros*step, m.Currency).String())
	}
	return m.Micros / micros, nil
}

// fromStripe reads an amount back. The error is money.ErrOverflow, or that of an
// unknown currency.
func fromStripe(units int64, c money.Currency) (money.Money, error) {
	if _, err := money.ParseCurrency(string(c)); err != nil {
		return money.Money{}, err
	}
	micros, _, _ := unit(c)
	total, err := money.MulDiv(units, micros, 1, money.Down)
	return money.New(total, c), err
}

func misfit(detail, allow string) error {
	return fault.ErrInvalid.WithFields(fault.Field{Path: "amount", Code: "amount_does_not_fit", Detail: detail, Allow: allow})
}
