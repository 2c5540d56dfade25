package market

import (
	"math"
	"time"
)

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

// Reached are the platform's reports of how many people the history has been
// shown to: one at the end of each local day, and one at its own. Impressions
// fall on the model's people at random.
func (a *Auction) Reached(history []Delivery, from, to time.Time) []Delivery {
	m := &a.model
	if m.People <= 0 {
		return nil
	}
	var out []Delivery
	impressions, next := 0.0, 0
	for at := from; at.Before(to); {
		y, month, d := at.In(m.Zone).Date()
		end := earlier(time.Date(y, month, d+1, 0, 0, 0, 0, m.Zone), to)
		for ; next < len(history) && history[next].At.Before(end); next++ {
			impressions += float64(history[next].Impressions)
		}
		people := m.People * -math.Expm1(-impressions/m.People)
		first := m.Slices[0]
		out = append(out, Delivery{At: end.Add(-time.Microsecond), Slice: &Slice{Channel: first.Channel, Source: first.Source}, Reach: int64(people)})
		at = end
	}
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
