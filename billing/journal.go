package billing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Journal is a month in the form that accounting systems take: entries whose
// debits and credits are equal.
type Journal struct {
	Statement Statement // of the same month and moment
	Entries   []JournalEntry
	Totals    []JournalTotal // by currency
}

// JournalTotal is what all entries in a currency add up to: the same on both
// sides.
type JournalTotal struct {
	Currency money.Currency
	Debit    int64
	Credit   int64
}

// JournalEntry is what happened to one campaign's money through one channel on
// one day.
type JournalEntry struct {
	Date      localday.Day // within the statement's month
	Reference string       // of the entry within the partner's journals
	Currency  money.Currency
	Text      string
	Kind      ledger.Kind
	Campaign  uuid.UUID
	Channel   string
	Concerns  Month // before the statement's month for an adjustment
	First     int64 // the ledger's entries that it sums up
	Last      int64
	Lines     []JournalLine
}

// JournalLine is one account of an entry; one of Debit and Credit is zero, and
// neither is negative. In micros.
type JournalLine struct {
	Account GLAccount
	Debit   int64
	Credit  int64
}

// posting names what one journal entry sums up.
type posting struct {
	day      localday.Day
	concerns Month
	kind     ledger.Kind
	currency money.Currency
	campaign uuid.UUID
	channel  string
}

type entrySum struct {
	first, last int64
	amounts     map[ledger.Account]int64
}

// draft adds a month's postings up by day.
type draft struct {
	calendar
	month Month
	sums  map[posting]*entrySum
}

// booked are the accounts whose movements are money's. Limits and reservations
// are the program's own and no accountant's.
var booked = []ledger.Account{ledger.Cash, ledger.Funds, ledger.Payable, ledger.Credit}

func (d *draft) add(e ledger.Entry) error {
	if d.began == 0 {
		d.began = e.RecordedAt
	}
	for i := range e.Lines {
		l := &e.Lines[i]
		month, concerns := d.place(l, e.RecordedAt)
		if month != d.month {
			continue
		}
		key := posting{l.Day, concerns, l.Kind, l.Currency, l.Campaign, l.Channel}
		if concerns != month {
			key.day = localday.Of(time.UnixMicro(e.RecordedAt), d.zone)
		}
		if err := d.post(key, l, e.Seq); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) post(key posting, l *ledger.Line, seq int64) (err error) {
	for _, p := range l.Postings() {
		if !slices.Contains(booked, p.Account) {
			continue
		}
		sum := d.sums[key]
		if sum == nil {
			sum = &entrySum{first: seq, amounts: map[ledger.Account]int64{}}
			d.sums[key] = sum
		}
		sum.last = seq
		if sum.amounts[p.Account], err = money.AddMicros(sum.amounts[p.Account], p.Amount); err != nil {
			return err
		}
	}
	return nil
}

// journal writes the entries down in the order of their days, and numbers them.
// Of a closed month the numbers stay.
func (d *draft) journal(chart Chart, names map[uuid.UUID]string) Journal {
	keys := make([]posting, 0, len(d.sums))
	for key := range d.sums {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, posting.compare)
	var j Journal
	for _, key := range keys {
		sum := d.sums[key]
		e := JournalEntry{
			Date: key.day, Currency: key.currency, Kind: key.kind, Campaign: key.campaign, Channel: key.channel,
			Concerns: key.concerns, First: sum.first, Last: sum.last, Text: key.text(d.month, names, sum),
		}
		for _, account := range booked {
			if line, moved := lineOf(chart[account], sum.amounts[account]); moved {
				e.Lines = append(e.Lines, line)
			}
		}
		if len(e.Lines) > 0 {
			e.Reference = fmt.Sprintf("%s/%05d", d.month, len(j.Entries)+1)
			j.Entries = append(j.Entries, e)
		}
	}
	return j
}

func lineOf(account GLAccount, amount int64) (JournalLine, bool) {
	if amount < 0 {
		return JournalLine{Account: account, Credit: -amount}, true
	}
	return JournalLine{Account: account, Debit: amount}, amount != 0
}

func (p posting) compare(q posting) int {
	return cmp.Or(cmp.Compare(p.day, q.day), cmp.Compare(p.concerns, q.concerns), cmp.Compare(p.kind, q.kind),
		cmp.Compare(p.currency, q.currency), slices.Compare(p.campaign[:], q.campaign[:]), strings.Compare(p.channel, q.channel))
}

func (p posting) text(month Month, names map[uuid.UUID]string, sum *entrySum) string {
	parts := []string{strings.ReplaceAll(p.kind.String(), "_", " ")}
	if p.campaign != uuid.Nil {
		parts = append(parts, cmp.Or(names[p.campaign], p.campaign.String()))
	}
	if p.channel != "" {
		parts = append(parts, p.channel)
	}
	if p.concerns != month {
		parts = append(parts, "adjustment of "+p.concerns.String())
	}
	if sum.first == sum.last {
		return strings.Join(append(parts, fmt.Sprintf("ledger entry %d", sum.first)), ", ")
	}
	return strings.Join(append(parts, fmt.Sprintf("ledger entries %d to %d", sum.first, sum.last)), ", ")
}

// check adds the entries up, and wants each to be balanced and the whole to move
// the balances as the statement does. The errors are ErrUnbalanced and
// money.ErrOverflow.
func (j *Journal) check() error {
	totals, moved := map[money.Currency]*JournalTotal{}, map[money.Currency]int64{}
	for i := range j.Entries {
		e := &j.Entries[i]
		t := totals[e.Currency]
		if t == nil {
			t = &JournalTotal{Currency: e.Currency}
			totals[e.Currency] = t
		}
		before := *t
		for _, l := range e.Lines {
			if err := t.add(l); err != nil {
				return err
			}
			if l.Account.of == ledger.Funds || l.Account.of == ledger.Credit {
				moved[e.Currency] += l.Credit - l.Debit // at most the totals, which are checked
			}
		}
		if t.Debit-before.Debit != t.Credit-before.Credit {
			return ErrUnbalanced.With("The debits of journal entry %s are not its credits.", e.Reference)
		}
	}
	for _, t := range totals {
		j.Totals = append(j.Totals, *t)
	}
	slices.SortFunc(j.Totals, func(x, y JournalTotal) int { return cmp.Compare(x.Currency, y.Currency) })
	for _, a := range j.Statement.Currencies {
		want, err := money.SubMicros(a.Closing, a.Opening)
		if err != nil {
			return err
		}
		if moved[a.Currency] != want {
			return ErrUnbalanced.With("In %s the journal moves the balance by %s and the statement by %s.",
				a.Currency, money.FormatMicros(moved[a.Currency]), money.FormatMicros(want))
		}
	}
	return nil
}

func (t *JournalTotal) add(l JournalLine) (err error) {
	if t.Debit, err = money.AddMicros(t.Debit, l.Debit); err != nil {
		return err
	}
	t.Credit, err = money.AddMicros(t.Credit, l.Credit)
	return err
}
