package billing

import (
	"slices"

	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/money"
)

// remainder is an account with what it has exactly and what was booked of it.
type remainder struct{ exact, booked int64 }

type roundedAccount struct {
	currency money.Currency
	account  ledger.Account
}

// Rounded is the journal in whole minor units of its currencies, as most
// accounting systems take it. What rounding leaves over is carried to the next
// entry on the same account, so that every entry balances and no account drifts:
// one that is rounded is half a unit off at most, and the one that balances what
// the others are, less than four. References stay; an entry in which nothing is
// left is missing. The error is money.ErrOverflow.
func (j Journal) Rounded() (Journal, error) {
	carried := map[roundedAccount]*remainder{}
	totals := map[money.Currency]*JournalTotal{}
	rounded := Journal{Statement: j.Statement}
	for i := range j.Totals {
		totals[j.Totals[i].Currency] = &JournalTotal{Currency: j.Totals[i].Currency}
	}
	for i := range j.Entries {
		e := j.Entries[i]
		var err error
		if e.Lines, err = e.round(carried); err != nil {
			return Journal{}, err
		}
		for _, l := range e.Lines {
			if err := totals[e.Currency].add(l); err != nil {
				return Journal{}, err
			}
		}
		if len(e.Lines) > 0 {
			rounded.Entries = append(rounded.Entries, e)
		}
	}
	for _, t := range j.Totals {
		rounded.Totals = append(rounded.Totals, *totals[t.Currency])
	}
	return rounded, nil
}

// round rounds what each account has by now; one, payable where there is it,
// takes what makes the entry balance.
func (e *JournalEntry) round(carried map[roundedAccount]*remainder) (lines []JournalLine, err error) {
	balancing := max(0, slices.IndexFunc(e.Lines, func(l JournalLine) bool { return l.Account.of == ledger.Payable }))
	rest := int64(0)
	book := func(l JournalLine, amount int64) {
		if line, moved := lineOf(l.Account, amount); moved {
			lines = append(lines, line)
		}
	}
	for i, l := range e.Lines {
		r := carriedOf(carried, e.Currency, l.Account.of)
		if r.exact, err = money.AddMicros(r.exact, l.Debit-l.Credit); err != nil {
			return nil, err
		}
		if i == balancing {
			continue
		}
		whole, err := inMinorUnits(r.exact, e.Currency)
		if err != nil {
			return nil, err
		}
		amount := whole - r.booked
		r.booked = whole
		rest -= amount
		book(l, amount)
	}
	if len(e.Lines) > 0 {
		l := e.Lines[balancing]
		carriedOf(carried, e.Currency, l.Account.of).booked += rest
		book(l, rest)
	}
	return lines, nil
}

func carriedOf(all map[roundedAccount]*remainder, currency money.Currency, account ledger.Account) *remainder {
	key := roundedAccount{currency, account}
	if all[key] == nil {
		all[key] = &remainder{}
	}
	return all[key]
}

// inMinorUnits rounds to the currency's minor unit, still in micros.
func inMinorUnits(micros int64, currency money.Currency) (int64, error) {
	unit := int64(money.Unit)
	for range currency.Exponent() {
		unit /= 10
	}
	whole, err := money.MulDiv(micros, 1, unit, money.HalfEven)
	if err != nil {
		return 0, err
	}
	return money.MulDiv(whole, unit, 1, money.HalfEven)
}
