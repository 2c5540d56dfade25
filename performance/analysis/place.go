package analysis

import (
	"cmp"
	"math"
	"slices"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// place rounds shares, which add up to total but for the noise of floats, to
// micros that add up to it exactly: each is rounded down, and what is left goes
// one micro each to those that lost most, the first among equals. It is
// money.Allocate for shares of either sign.
func place(total int64, shares []float64) []int64 {
	out := make([]int64, len(shares))
	if len(shares) == 0 {
		return out
	}
	order := make([]int, len(shares))
	left := total
	for i, s := range shares {
		out[i], order[i] = int64(math.Floor(s)), i
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(shares[b]-math.Floor(shares[b]), shares[a]-math.Floor(shares[a]))
	})
	each, rest := left/int64(len(out)), left%int64(len(out))
	for n, i := range order {
		out[i] += each
		switch {
		case rest > 0 && int64(n) < rest:
			out[i]++
		case rest < 0 && int64(n) >= int64(len(out))+rest: // floats summed to more: those that lost least give
			out[i]--
		}
	}
	return out
}

// ratioValue is times x over / under in micros of a unit, rounded half to even;
// reason says why there is none where under is not positive.
func ratioValue(unit performance.Unit, currency string, over, under, times int64, reason string) Value {
	v := Value{Unit: unit}
	if unit == performance.Amount {
		v.Currency = currency
	} else {
		times *= money.Unit
	}
	if under <= 0 {
		v.Reason = reason
		return v
	}
	var err error
	if v.Micros, err = money.MulDiv(over, times, under, money.HalfEven); err != nil {
		v.Reason = "out_of_range"
	}
	return v
}
