package money

import (
	"math"
	"strconv"
)

// Unit is one currency unit (one dollar, one yen) in micros.
const Unit = 1_000_000

const (
	unitDecimals    = 6 // decimals of a micro
	defaultExponent = 2 // decimals shown when there is no currency to ask
)

// Money is an exact amount of one currency. The zero value is no money in no
// currency: it can be told apart from Zero of a currency, and cannot be added to
// an amount that has one.
type Money struct {
	Micros   int64 // millionths of the currency's unit
	Currency Currency
}

// New is an amount of micros in c. It does not check c: a currency from outside
// has come through ParseCurrency.
func New(micros int64, c Currency) Money { return Money{Micros: micros, Currency: c} }

// Zero is nothing, in c: where a sum starts.
func Zero(c Currency) Money { return Money{Currency: c} }

// IsZero reports whether the amount is zero, in whatever currency.
func (m Money) IsZero() bool { return m.Micros == 0 }

// IsNegative reports whether the amount is below zero.
func (m Money) IsNegative() bool { return m.Micros < 0 }

// IsPositive reports whether the amount is above zero.
func (m Money) IsPositive() bool { return m.Micros > 0 }

// Amount is the exact decimal amount, with at least as many decimals as the
// currency's minor unit has and no trailing zeros beyond them: "12.50" and
// "0.000125" for USD, "12" for JPY, "12.500" for KWD. Parse reads it back.
func (m Money) Amount() string {
	return string(appendMicros(nil, m.Micros, m.Currency.Exponent()))
}

// String is the amount and the currency, for logs and messages: "12.50 USD".
func (m Money) String() string {
	if m.Currency == "" {
		return m.Amount()
	}
	return m.Amount() + " " + string(m.Currency)
}

// FormatMicros prints micros whose currency is not at hand: at least 2 decimals,
// at most 6, exact. ParseMicros reads it back.
func FormatMicros(m int64) string { return string(AppendMicros(nil, m)) }

// AppendMicros appends what FormatMicros prints to dst.
func AppendMicros(dst []byte, m int64) []byte { return appendMicros(dst, m, defaultExponent) }

func appendMicros(dst []byte, m int64, decimals int) []byte {
	u, negative := magnitude(m)
	if negative {
		dst = append(dst, '-')
	}
	dst = strconv.AppendUint(dst, u/Unit, 10)
	fraction := u % Unit
	if fraction == 0 && decimals == 0 {
		return dst
	}
	dst = append(dst, '.')
	for scale, printed := uint64(Unit/10), 0; fraction > 0 || printed < decimals; printed++ {
		dst = append(dst, byte('0'+fraction/scale))
		fraction %= scale
		scale = max(scale/10, 1)
	}
	return dst
}

// magnitude is |m| and m's sign. It is unsigned because the magnitude of the
// smallest int64 is not an int64.
func magnitude(m int64) (u uint64, negative bool) {
	if m < 0 {
		return -uint64(m), true
	}
	return uint64(m), false
}

// signed undoes magnitude; ok is false when the result is not an int64.
func signed(u uint64, negative bool) (m int64, ok bool) {
	if negative {
		return int64(-u), u <= 1<<63
	}
	return int64(u), u <= math.MaxInt64
}
