package ledger

import (
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// DayKey names a partner's day: local days of different zones count as one
// when they have the same date.
type DayKey struct {
	Day      localday.Day
	Currency money.Currency
}

// DaySums is what a partner's campaigns have spent and hold on a day.
type DaySums struct {
	Spent    int64 // settled and overdelivery
	Reserved int64
}

// Days adds up the lines by the partner's days, those that move either sum.
func Days(into map[DayKey]DaySums, lines []Line) error {
	for i := range lines {
		l := &lines[i]
		if l.Settled == 0 && l.Overdelivery == 0 && l.Reserved == 0 {
			continue
		}
		key := DayKey{l.Day, l.Currency}
		d := into[key]
		var err error
		if d.Spent, err = money.AddMicros(d.Spent, l.Settled+l.Overdelivery); err != nil {
			return err
		}
		if d.Reserved, err = money.AddMicros(d.Reserved, l.Reserved); err != nil {
			return err
		}
		into[key] = d
	}
	return nil
}

// Book is what a partner's ledger adds up to.
type Book struct {
	Campaigns map[uuid.UUID]Figures
	Days      map[DayKey]DaySums
	Payments  map[uuid.UUID]int64 // what each has brought in, less what went back
}

// NewBook is a book without entries.
func NewBook() *Book {
	return &Book{Campaigns: map[uuid.UUID]Figures{}, Days: map[DayKey]DaySums{}, Payments: map[uuid.UUID]int64{}}
}

// Add adds one entry. The error is money.ErrOverflow.
func (b *Book) Add(e Entry) error {
	for i := range e.Lines {
		l := &e.Lines[i]
		sum, err := b.Campaigns[l.Campaign].Add(l.Figures)
		if err != nil {
			return err
		}
		b.Campaigns[l.Campaign] = sum
		if l.Kind == Funded {
			if b.Payments[l.Ref], err = money.AddMicros(b.Payments[l.Ref], l.Cash); err != nil {
				return err
			}
		}
	}
	return Days(b.Days, e.Lines)
}
