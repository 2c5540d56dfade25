package billing

import (
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/money"
)

// Amounts are the columns of a statement, in micros of one currency. The first
// and the last add to the balance, the others take from it.
type Amounts struct {
	Funded       int64 // what arrived from the partner
	Refunds      int64 // what went back to the partner
	Spent        int64 // delivery within what was authorised
	Overdelivery int64 // delivery beyond it; negative where restatements have taken some back
	Credits      int64 // what the platforms took back: refunds and restatements
}

// Effect is what the columns do to the balance. The error is money.ErrOverflow.
func (a Amounts) Effect() (int64, error) {
	sum := a.Funded
	var err error
	for _, less := range []int64{a.Refunds, a.Spent, a.Overdelivery} {
		if sum, err = money.SubMicros(sum, less); err != nil {
			return 0, err
		}
	}
	return money.AddMicros(sum, a.Credits)
}

// Add returns a + b. The error is money.ErrOverflow.
func (a Amounts) Add(b Amounts) (Amounts, error) {
	sums, parts := a.fields(), b.fields()
	for i := range sums {
		sum, err := money.AddMicros(*sums[i], *parts[i])
		if err != nil {
			return Amounts{}, err
		}
		*sums[i] = sum
	}
	return a, nil
}

func (a *Amounts) fields() [5]*int64 {
	return [5]*int64{&a.Funded, &a.Refunds, &a.Spent, &a.Overdelivery, &a.Credits}
}

// amountsOf sorts a line of the ledger into the columns. What was reported is
// what is owed for it, also when a credit from before pays: the credit was in a
// balance then. The error is money.ErrOverflow.
func amountsOf(l *ledger.Line) (Amounts, error) {
	var a Amounts
	reported, err := reportedOf(l)
	if err != nil {
		return a, err
	}
	a.Overdelivery = l.Overdelivery
	within, err := money.SubMicros(reported, l.Overdelivery)
	if err != nil {
		return a, err
	}
	if reported >= 0 {
		a.Spent = within
	} else if a.Credits, err = money.NegMicros(within); err != nil {
		return a, err
	}
	if l.Cash >= 0 {
		a.Funded = l.Cash
	} else if a.Refunds, err = money.NegMicros(l.Cash); err != nil {
		return a, err
	}
	return a, nil
}

// reportedOf is what a line says that was delivered, negative for what was
// taken back: the other side of what is owed to the platforms.
func reportedOf(l *ledger.Line) (int64, error) {
	spent, err := money.AddMicros(l.Settled, l.Overdelivery)
	if err != nil {
		return 0, err
	}
	return money.SubMicros(spent, l.Credit)
}
