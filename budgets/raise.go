package budgets

import (
	"math"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/money"
)

// Window is how far back raises count towards a second person's approval.
const Window = 30 * 24 * time.Hour

const day = 24 * time.Hour

// Raise is a higher limit, of a budget or of a part of it, that was set.
type Raise struct {
	At       time.Time `json:"at"`
	Before   int64     `json:"before"` // the limit until then
	Amount   int64     `json:"amount"`
	Approved bool      `json:"approved,omitempty"` // by another person
}

// raises are those of the last 30 days, the oldest first.
type raises []Raise

// maxRaises bounds what a budget carries along: beyond it the two oldest become
// one that counts as long as the later and began at the lower, so that nothing
// is forgotten too early.
const maxRaises = 200

// with adds a raise and forgets those that no longer count.
func (r raises) with(next Raise) raises {
	kept := slices.DeleteFunc(slices.Clone(r), func(old Raise) bool { return next.At.Sub(old.At) >= Window })
	kept = append(kept, next)
	if len(kept) > maxRaises {
		a, b := kept[0], kept[1]
		kept[1] = Raise{b.At, min(a.Before, b.Before), capped(a.Amount, b.Amount), a.Approved && b.Approved}
		kept = kept[1:]
	}
	return kept
}

// within is what was added in the time before at without a second person, and
// the limit before the first of it: the present one when there is none.
// Reductions take nothing back, or raising and lowering in turn would evade
// whoever has to approve.
func (r raises) within(at time.Time, within time.Duration, limit int64) (sum, base int64) {
	base = limit
	for _, raise := range r {
		if !raise.Approved && at.Sub(raise.At) < within {
			sum, base = capped(sum, raise.Amount), min(base, raise.Before)
		}
	}
	return sum, base
}

// left is what a share of the base leaves to raise.
func (r raises) left(at time.Time, within time.Duration, limit int64, percent int) int64 {
	sum, base := r.within(at, within, limit)
	return max(0, percentOf(base, percent)-sum)
}

// capped adds two amounts of at least 0. What cannot be held is as good as
// everything: it leaves nothing to raise.
func capped(a, b int64) int64 {
	sum, err := money.AddMicros(a, b)
	if err != nil {
		return math.MaxInt64
	}
	return sum
}

// percentOf is a part of a limit, 0 where it cannot be held: then nothing is raised.
func percentOf(base int64, percent int) int64 {
	part, err := money.MulDiv(base, int64(percent), 100, money.Down)
	if err != nil {
		return 0
	}
	return part
}
