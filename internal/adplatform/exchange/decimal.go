package exchange

import (
	"errors"
	"math/big"
	"regexp"

	"github.com/hexabuilders/campaignd/money"
)

var (
	ErrNotNumber = errors.New("not a number such as 1234.56, without separators of thousands or a currency sign")
	ErrTooLarge  = errors.New("too large")
)

// decimal is what ParseDecimal accepts beside plain amounts. The exponent has
// two digits at most, so that no short text makes a huge number.
var decimal = regexp.MustCompile(`^[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?$`)

// ParseDecimal reads a number in millionths. Connectors that went through a
// float write 1e-05 or 0.30000000000000004: those are read as the decimals they
// spell and rounded to millionths, half to even.
func ParseDecimal(s string) (int64, error) {
	if v, err := money.ParseMicros(s); err == nil {
		return v, nil
	}
	if !decimal.MatchString(s) {
		return 0, ErrNotNumber
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, ErrNotNumber
	}
	v := roundHalfEven(r.Mul(r, big.NewRat(money.Unit, 1)))
	if !v.IsInt64() {
		return 0, ErrTooLarge
	}
	return v.Int64(), nil
}

func roundHalfEven(r *big.Rat) *big.Int {
	whole, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	half := new(big.Int).Lsh(rest.Abs(rest), 1).Cmp(r.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(int64(r.Sign())))
	}
	return whole
}
