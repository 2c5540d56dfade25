package ledger

import (
	"slices"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Kind says what happened. The numbers are stored: they keep their meaning.
type Kind uint8

const (
	Carried   Kind = iota + 1 // what stood in the books before there was a ledger
	Opened                    // a budget with its first limit
	Changed                   // a new limit
	Reported                  // spend that a platform reported; negative: a refund or a restatement
	Spent                     // spend that was recorded by its id
	Held                      // a reservation
	Committed                 // a reservation became spend; the rest of it was given back
	Released                  // a reservation was given back
	Expired                   // a reservation ran out
	Late                      // spend of a reservation that had run out before
	Funded                    // money arrived from the partner, or went back
	kinds
)

var kindNames = [kinds]string{
	Carried: "carried_forward", Opened: "budget_opened", Changed: "limit_changed", Reported: "spend_reported", Spent: "spend_recorded",
	Held: "reserved", Committed: "committed", Released: "released", Expired: "expired", Late: "committed_late", Funded: "funded",
}

// Kinds are the names of all kinds.
func Kinds() []string { return kindNames[Carried:] }

// ParseKind finds a kind by its name.
func ParseKind(name string) (Kind, bool) {
	i := slices.Index(kindNames[:], name)
	return Kind(max(i, 0)), i > 0
}

// Valid reports whether there is such a kind.
func (k Kind) Valid() bool { return k > 0 && k < kinds }

func (k Kind) String() string {
	if !k.Valid() {
		return "unknown"
	}
	return kindNames[k]
}

// Figures are amounts that a line changes, and what all lines of a campaign add
// up to. In micros.
type Figures struct {
	Limit        int64
	Reserved     int64
	Settled      int64
	Overdelivery int64
	Credit       int64
	Cash         int64
}

// Add returns f + g. The error is money.ErrOverflow.
func (f Figures) Add(g Figures) (Figures, error) {
	sums, parts := f.fields(), g.fields()
	for i := range sums {
		sum, err := money.AddMicros(*sums[i], *parts[i])
		if err != nil {
			return Figures{}, err
		}
		*sums[i] = sum
	}
	return f, nil
}

func (f *Figures) fields() [6]*int64 {
	return [6]*int64{&f.Limit, &f.Reserved, &f.Settled, &f.Overdelivery, &f.Credit, &f.Cash}
}

// Line is what happened to one campaign's money on one of its local days.
type Line struct {
	Kind     Kind
	Campaign uuid.UUID // uuid.Nil where the money is the partner's
	Channel  string    // "" when it is not known or does not matter
	Currency money.Currency
	Day      localday.Day // the local day on which it counts
	Ref      uuid.UUID    // the reservation, spend or payment; uuid.Nil for none
	Figures               // changes
}

// Entry is all lines of one transaction of one partner.
type Entry struct {
	Partner    uuid.UUID
	Seq        int64 // 1, 2, 3, ...
	RecordedAt int64 // microseconds; increases with Seq
	Hash       Hash
	Lines      []Line
}
