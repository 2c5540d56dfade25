package money

import (
	"cmp"
	"math"
	"math/bits"
)

// Add returns m + o. The errors are ErrCurrencyMismatch and ErrOverflow.
func (m Money) Add(o Money) (Money, error) {
	if err := m.same(o); err != nil {
		return Money{}, err
	}
	sum, err := AddMicros(m.Micros, o.Micros)
	return m.with(sum, err)
}

// Sub returns m - o. The errors are ErrCurrencyMismatch and ErrOverflow.
func (m Money) Sub(o Money) (Money, error) {
	if err := m.same(o); err != nil {
		return Money{}, err
	}
	difference, err := SubMicros(m.Micros, o.Micros)
	return m.with(difference, err)
}

// Neg returns -m. The error is ErrOverflow, for the smallest amount alone.
func (m Money) Neg() (Money, error) {
	negated, err := NegMicros(m.Micros)
	return m.with(negated, err)
}

// Cmp is -1, 0 or +1 as m is less than, equal to or more than o. The error is
// ErrCurrencyMismatch: amounts in two currencies have no order.
func (m Money) Cmp(o Money) (int, error) {
	if err := m.same(o); err != nil {
		return 0, err
	}
	return cmp.Compare(m.Micros, o.Micros), nil
}

// MulDiv returns m*num/den, as the function MulDiv does.
func (m Money) MulDiv(num, den int64, r Rounding) (Money, error) {
	result, err := MulDiv(m.Micros, num, den, r)
	return m.with(result, err)
}

func (m Money) same(o Money) error {
	if m.Currency == o.Currency {
		return nil
	}
	return ErrCurrencyMismatch.With("%s and %s are not in the same currency.", m.named(), o.named())
}

func (m Money) named() string {
	if m.Currency == "" {
		return m.Amount() + " without a currency"
	}
	return m.String()
}

// with is the amount of micros in m's currency, unless computing it failed.
func (m Money) with(micros int64, err error) (Money, error) {
	if err != nil {
		return Money{}, err
	}
	return New(micros, m.Currency), nil
}

// AddMicros returns a + b, or ErrOverflow.
func AddMicros(a, b int64) (int64, error) {
	sum := a + b
	if (sum > a) != (b > 0) {
		return 0, ErrOverflow.With("The sum of %s and %s is too large to be held.", FormatMicros(a), FormatMicros(b))
	}
	return sum, nil
}

// SubMicros returns a - b, or ErrOverflow.
func SubMicros(a, b int64) (int64, error) {
	difference := a - b
	if (difference < a) != (b > 0) {
		return 0, ErrOverflow.With("The difference of %s and %s is too large to be held.", FormatMicros(a), FormatMicros(b))
	}
	return difference, nil
}

// NegMicros returns -a, or ErrOverflow for the smallest int64, which has no
// opposite.
func NegMicros(a int64) (int64, error) {
	if a == math.MinInt64 {
		return 0, ErrOverflow.With("The opposite of %s is too large to be held.", FormatMicros(a))
	}
	return -a, nil
}

// Rounding says which micro an exact quotient that lies between two becomes.
type Rounding uint8

const (
	HalfEven Rounding = iota // the nearest; a tie goes to the even one, so that many roundings do not drift
	HalfUp                   // the nearest; a tie goes away from zero
	Down                     // toward zero
	Floor                    // toward minus infinity
	Ceil                     // toward plus infinity
)

// MulDiv returns a*num/den rounded by r. The product has 128 bits, so only the
// result has to fit: a share or a rate of a large amount does not overflow on
// the way. The errors are ErrOverflow and ErrDivisionByZero. A Rounding that is
// none of the constants rounds as HalfEven.
func MulDiv(a, num, den int64, r Rounding) (int64, error) {
	if den == 0 {
		return 0, ErrDivisionByZero
	}
	ua, na := magnitude(a)
	un, nn := magnitude(num)
	ud, nd := magnitude(den)
	negative := na != nn != nd
	high, low := bits.Mul64(ua, un)
	if high >= ud {
		return 0, quotientTooLarge(a, num, den)
	}
	quotient, remainder := bits.Div64(high, low, ud)
	quotient, carry := bits.Add64(quotient, r.step(quotient, remainder, ud, negative), 0)
	result, ok := signed(quotient, negative)
	if !ok || carry != 0 {
		return 0, quotientTooLarge(a, num, den)
	}
	return result, nil
}

// step is what rounding adds to the magnitude of a truncated quotient: 0 or 1.
func (r Rounding) step(quotient, remainder, den uint64, negative bool) uint64 {
	if remainder == 0 {
		return 0
	}
	half := cmp.Compare(remainder, den-remainder) // without doubling, which may wrap
	var away bool
	switch r {
	case Down:
	case Floor:
		away = negative
	case Ceil:
		away = !negative
	case HalfUp:
		away = half >= 0
	default:
		away = half > 0 || half == 0 && quotient%2 == 1
	}
	if away {
		return 1
	}
	return 0
}

func quotientTooLarge(a, num, den int64) error {
	return ErrOverflow.With("%s × %d / %d is too large to be held.", FormatMicros(a), num, den)
}
