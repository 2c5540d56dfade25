package budgets

import (
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Tally is what was reported for a period, in micros.
type Tally struct {
	Settled      int64 `json:"settled"`      // the sum of the reports, 0 while that is negative
	Overdelivery int64 `json:"overdelivery"` // the part of it posted beyond the limit of its time
	Credit       int64 `json:"credit"`       // refunds beyond what was settled, until their spend comes
}

// DayTally is the tally of a local day that is over.
type DayTally struct {
	Day localday.Day `json:"day"`
	Tally
}

// add is the tally after one more report. The part of a positive amount that
// lies beyond limit becomes overdelivery, and a negative amount takes back
// overdelivery first. The error is money.ErrOverflow, and then t is unchanged.
func (t Tally) add(amount, limit int64) (Tally, error) {
	sum, err := money.AddMicros(t.Settled-t.Credit, amount) // one of them is 0
	if err != nil {
		return t, err
	}
	credit, err := money.NegMicros(min(0, sum))
	if err != nil {
		return t, err
	}
	next := Tally{Settled: max(0, sum), Credit: credit}
	next.Overdelivery = t.overdelivery(next.Settled, limit)
	return next, nil
}

// overdelivery is what has been posted once settled is the new sum. It is not
// simply settled less the limit: what was posted under an earlier limit stays
// posted until it is refunded.
func (t Tally) overdelivery(settled, limit int64) int64 {
	if settled > t.Settled {
		return t.Overdelivery + max(0, settled-max(limit, t.Settled))
	}
	refunded := max(0, t.Settled-max(limit, settled))
	return min(settled, max(0, t.Overdelivery-refunded))
}

// moved is the tally after one of its parts went from before to after.
func (t Tally) moved(before, after Tally) (Tally, error) {
	settled, err := money.AddMicros(t.Settled, after.Settled-before.Settled)
	if err != nil {
		return t, err
	}
	credit, err := money.AddMicros(t.Credit, after.Credit-before.Credit)
	if err != nil {
		return t, err
	}
	return Tally{
		Settled: settled, Credit: credit,
		Overdelivery: t.Overdelivery + after.Overdelivery - before.Overdelivery, // never more than Settled
	}, nil
}
