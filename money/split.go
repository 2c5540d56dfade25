package money

import (
	"cmp"
	"math/bits"
	"slices"
)

// Split divides m into n parts that differ by at most one micro and whose sum is
// m exactly; the parts that take one micro more (of m's sign) come first. The
// error is ErrCannotSplit when n is not positive.
func (m Money) Split(n int) ([]Money, error) {
	if n <= 0 {
		return nil, ErrCannotSplit.With("%s cannot be divided into %d parts.", m, n)
	}
	share, rest := m.Micros/int64(n), m.Micros%int64(n)
	unit := int64(cmp.Compare(rest, 0))
	parts := make([]Money, n)
	for i := range parts {
		parts[i] = New(share, m.Currency)
		if rest != 0 {
			parts[i].Micros += unit
			rest -= unit
		}
	}
	return parts, nil
}

// Allocate divides m in proportion to the weights, by the largest remainder: the
// parts are rounded toward zero, and the micros left over go one each to the
// parts that lost most, the lower index first among equals. The sum of the parts
// is m exactly, and a weight of zero gets nothing.
//
// The error is ErrCannotSplit when there is no weight above zero or one below,
// and ErrOverflow when the sum of the weights is not an int64.
func (m Money) Allocate(weights []int64) ([]Money, error) {
	total, err := totalWeight(weights)
	if err != nil {
		return nil, err
	}
	amount, negative := magnitude(m.Micros)
	shares, left := truncatedShares(amount, weights, total)
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(b.lost, a.lost) })
	parts := make([]Money, len(weights))
	for i, s := range shares {
		if uint64(i) < left {
			s.micros++
		}
		micros, _ := signed(s.micros, negative) // fits: no part is larger than m
		parts[s.index] = New(micros, m.Currency)
	}
	return parts, nil
}

// share is one part of an allocation before the micros left over are placed.
type share struct {
	index  int
	micros uint64 // rounded toward zero
	lost   uint64 // what that cut off, in 1/total of a micro
}

// truncatedShares are the parts in order, and how many micros are left over:
// fewer than there are parts that lost something.
func truncatedShares(amount uint64, weights []int64, total uint64) (shares []share, left uint64) {
	shares, left = make([]share, len(weights)), amount
	for i, weight := range weights {
		high, low := bits.Mul64(amount, uint64(weight))
		micros, lost := bits.Div64(high, low, total)
		shares[i] = share{index: i, micros: micros, lost: lost}
		left -= micros
	}
	return shares, left
}

func totalWeight(weights []int64) (uint64, error) {
	var total int64
	for i, weight := range weights {
		if weight < 0 {
			return 0, ErrCannotSplit.With("Weight %d of the parts is %d; a weight must not be negative.", i, weight)
		}
		if total += weight; total < 0 {
			return 0, ErrOverflow.With("The sum of the weights is too large: divide all of them by the same number.")
		}
	}
	if total == 0 {
		return 0, ErrCannotSplit.With("None of the %d weights is above zero.", len(weights))
	}
	return uint64(total), nil
}
