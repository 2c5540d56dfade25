package exchange

import (
	"errors"
	"strconv"

	"github.com/hexabuilders/campaignd/money"
)

var (
	errCount  = errors.New("is no whole number that can be counted")
	errAmount = errors.New("is no amount of money")
)

// Count reads a count that a platform writes as text; none is 0. Conversions may
// be fractions where credit is shared: they are rounded down.
func Count(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	micros, err := ParseDecimal(text)
	if err != nil {
		return 0, errCount
	}
	return micros / money.Unit, nil
}

// Amount reads a decimal amount in micros; none is 0.
func Amount(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	micros, err := ParseDecimal(text)
	if err != nil {
		return 0, errAmount
	}
	return micros, nil
}
