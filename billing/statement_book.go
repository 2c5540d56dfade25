package billing

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Settling is how long after its end a month still takes what is reported for
// it. Platforms finish most of a day's figures within three days; what comes
// later is an adjustment in the month in which it becomes known.
const Settling = 3 * 24 * time.Hour

// calendar says which month's statement a line of the ledger belongs to.
type calendar struct {
	zone  *time.Location
	began int64 // RecordedAt of the partner's first entry
	ends  map[Month]int64
}

// closes is the moment, in microseconds, from which a month takes no more: not
// before the partner's books are as old as Settling, so that a history that is
// brought along at the beginning goes to the months that it is of.
func (c *calendar) closes(m Month) int64 {
	end, known := c.ends[m]
	if !known {
		_, last := m.Bounds(c.zone)
		end = last.UnixMicro()
		c.ends[m] = end
	}
	return max(end, c.began) + Settling.Microseconds()
}

// place is the month of a line's statement and the month that its day is in.
// They differ for what became known when that month was closed.
func (c *calendar) place(l *ledger.Line, recordedAt int64) (month, concerns Month) {
	concerns = MonthOf(l.Day)
	if recordedAt < c.closes(concerns) {
		return concerns, concerns
	}
	return MonthOf(localday.Of(time.UnixMicro(recordedAt), c.zone)), concerns
}

// cell names what is added up: Concerns is the month before for an adjustment.
type cell struct {
	month, concerns Month
	currency        money.Currency
	campaign        uuid.UUID
	channel         string
}

type balance struct {
	month    Month
	currency money.Currency
}

// book is a partner's ledger added up for its statements. It goes on from where
// it stopped, so that only new entries are read.
type book struct {
	calendar
	seq, at int64 // the last entry
	cells   map[cell]Amounts
	// moved is how the balances moved, taken from the postings: another way to
	// the same figures than the cells, to hold these against.
	moved map[balance]int64
}

func newBook(zone *time.Location) *book {
	return &book{calendar: calendar{zone: zone, ends: map[Month]int64{}}, cells: map[cell]Amounts{}, moved: map[balance]int64{}}
}

// add adds an entry. The error is money.ErrOverflow.
func (b *book) add(e ledger.Entry) error {
	if b.began == 0 {
		b.began = e.RecordedAt
	}
	b.seq, b.at = e.Seq, e.RecordedAt
	for i := range e.Lines {
		if err := b.addLine(&e.Lines[i], e.RecordedAt); err != nil {
			return err
		}
	}
	return nil
}

// known is the moment that the book is of: the store's clock may be ahead of
// ours by the entries that it has given a time each.
func (b *book) known(now time.Time) time.Time {
	return time.UnixMicro(max(b.at, now.UnixMicro())).UTC()
}

func (b *book) addLine(l *ledger.Line, recordedAt int64) error {
	amounts, err := amountsOf(l)
	if err != nil || amounts == (Amounts{}) {
		return err // limits and reservations move no money
	}
	month, concerns := b.place(l, recordedAt)
	key := cell{month, concerns, l.Currency, l.Campaign, l.Channel}
	sum, err := b.cells[key].Add(amounts)
	if err != nil {
		return err
	}
	b.cells[key] = sum
	at := balance{month, l.Currency}
	for _, p := range l.Postings() {
		if p.Account != ledger.Funds && p.Account != ledger.Credit {
			continue
		}
		if b.moved[at], err = money.SubMicros(b.moved[at], p.Amount); err != nil {
			return err
		}
	}
	return nil
}
