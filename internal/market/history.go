package market

import "time"

// How finely the past is told: by the minute where a live chart shows it, by
// the hour before.
const (
	coarse = time.Hour
	fine   = time.Minute
	recent = 2 * time.Hour
)

// History is all that an auction delivered in [from, to) at full intensity.
// The auction goes on from there.
func (a *Auction) History(from, to time.Time) []Delivery {
	var out []Delivery
	for at := from; at.Before(to); {
		next := at.Truncate(coarse).Add(coarse)
		if next.After(to.Add(-recent)) {
			next = at.Truncate(fine).Add(fine)
		}
		next = earlier(next, to)
		out = append(out, a.Deliver(at, next, 1)...)
		at = next
	}
	a.historic = a.later.added
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
