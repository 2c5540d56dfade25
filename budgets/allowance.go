package budgets

import (
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Allowance is what a partner's scopes above its budgets allow, and what all
// its campaigns have spent and reserved by day. A nil limit is none. Amounts in
// another currency than a limit's do not count against it: nothing is converted.
type Allowance struct {
	Daily, Monthly, Contract *money.Money
	// ContractFrom and ContractTo are the days that the contract's limit counts,
	// to being exclusive; 0 is without an end.
	ContractFrom, ContractTo localday.Day
	Days                     map[ledger.DayKey]ledger.DaySums
}

// Limited reports whether there is anything to hold a reservation against.
func (a *Allowance) Limited() bool { return a.Daily != nil || a.Monthly != nil || a.Contract != nil }

// allows says which scope has too little left for an amount on a day: the
// contract, the partner's month or the partner's day.
func (a *Allowance) allows(day localday.Day, amount money.Money) error {
	month := FirstOfMonth(day)
	for _, scope := range []struct {
		name     string
		limit    *money.Money
		from, to localday.Day
	}{
		{"contract", a.Contract, a.ContractFrom, a.ContractTo},
		{"partner_month", a.Monthly, month, FirstOfMonth(month + 31)},
		{"partner_day", a.Daily, day, day + 1},
	} {
		if scope.limit == nil || scope.limit.Currency != amount.Currency {
			continue
		}
		used, err := a.used(amount.Currency, scope.from, scope.to)
		if err != nil {
			return err
		}
		if free := max(0, scope.limit.Micros-used); free < amount.Micros {
			return exhausted(scope.name, money.New(free, amount.Currency))
		}
	}
	return nil
}

func (a *Allowance) used(currency money.Currency, from, to localday.Day) (sum int64, err error) {
	for key, d := range a.Days {
		if key.Currency != currency || key.Day < from || to != 0 && key.Day >= to {
			continue
		}
		if sum, err = money.AddMicros(sum, d.Spent); err == nil {
			sum, err = money.AddMicros(sum, d.Reserved)
		}
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// move follows what a decision has done to a day's sums, for those after it in
// the same transaction.
func (a *Allowance) move(day localday.Day, currency money.Currency, spent, reserved int64) {
	key := ledger.DayKey{Day: day, Currency: currency}
	d := a.Days[key]
	a.Days[key] = ledger.DaySums{Spent: d.Spent + spent, Reserved: d.Reserved + reserved}
}
