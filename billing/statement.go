package billing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// State says whether a month's statement may still change.
type State string

// A month is open until it has ended, settling for three days, and then closed.
const (
	Open    State = "open"
	Closing State = "settling"
	Closed  State = "closed"
)

// Statement is a partner's money in one month.
type Statement struct {
	Partner    uuid.UUID
	Month      Month
	Zone       string    // the partner's, in which the month begins and ends
	From, To   time.Time // half-open
	State      State
	ClosesAt   time.Time // from then on it does not change
	KnownAt    time.Time // what had been recorded by then is in it
	LastEntry  int64     // of the ledger that is in it or in one before
	Currencies []Account // by currency; they are never mixed
}

// Account is the statement in one currency: Closing is Opening with the effect
// of Total and with Adjustments.
type Account struct {
	Currency    money.Currency
	Opening     int64
	Total       Amounts // of Lines
	Adjustments int64   // effect of Adjusted
	Closing     int64
	Lines       []Line       // money of the partner first, then by campaign and channel
	Adjusted    []Adjustment // by month, campaign and channel
}

// Line is one campaign's delivery through one channel.
type Line struct {
	Campaign uuid.UUID // uuid.Nil for the partner's payments
	Name     string    // of the campaign
	Channel  string    // "" where it is not known
	Amounts
}

// Adjustment is what became known in this month about a month that was closed.
type Adjustment struct {
	Concerns Month
	Line
}

// ErrUnbalanced says that a statement does not add up to what the ledger's
// accounts say. It is never shown then.
var ErrUnbalanced = fault.New(fault.Internal, "statement_unbalanced", "The statement does not add up.",
	"Run campaignd verify, which names the entry that is wrong.")

// Months are the months with movements, the latest first.
func (b *book) months() []Month {
	seen := map[Month]bool{}
	var months []Month
	for key := range b.cells {
		if !seen[key.month] {
			seen[key.month] = true
			months = append(months, key.month)
		}
	}
	slices.SortFunc(months, func(x, y Month) int { return cmp.Compare(y, x) })
	return months
}

// statement draws a month up. The errors are ErrUnbalanced and
// money.ErrOverflow.
func (b *book) statement(m Month, now time.Time) (Statement, error) {
	from, to := m.Bounds(b.zone)
	closes := time.UnixMicro(b.closes(m)).UTC()
	s := Statement{Month: m, Zone: b.zone.String(), From: from, To: to, State: stateOf(to, closes, now), ClosesAt: closes, LastEntry: b.seq}
	accounts, err := b.accounts(m)
	if err != nil {
		return Statement{}, err
	}
	for key, amounts := range b.cells {
		if key.month != m {
			continue
		}
		line := Line{Campaign: key.campaign, Channel: key.channel, Amounts: amounts}
		if err := accountOf(accounts, key.currency).take(key, line); err != nil {
			return Statement{}, err
		}
	}
	for _, a := range accounts {
		if err := a.check(); err != nil {
			return Statement{}, err
		}
		a.sort()
		s.Currencies = append(s.Currencies, *a)
	}
	slices.SortFunc(s.Currencies, func(x, y Account) int { return cmp.Compare(x.Currency, y.Currency) })
	return s, nil
}

func stateOf(to, closes, now time.Time) State {
	switch {
	case now.Before(to):
		return Open
	case now.Before(closes):
		return Closing
	}
	return Closed
}

// accounts are the opening and closing balances of a month, from the postings.
func (b *book) accounts(m Month) (map[money.Currency]*Account, error) {
	accounts := map[money.Currency]*Account{}
	for key, moved := range b.moved {
		if key.month > m {
			continue
		}
		a := accountOf(accounts, key.currency)
		var err error
		if a.Closing, err = money.AddMicros(a.Closing, moved); err != nil {
			return nil, err
		}
		if key.month < m {
			if a.Opening, err = money.AddMicros(a.Opening, moved); err != nil {
				return nil, err
			}
		}
	}
	return accounts, nil
}

// accountOf finds or opens an account: lines whose parts come to nothing move no
// balance, and are shown all the same.
func accountOf(accounts map[money.Currency]*Account, c money.Currency) *Account {
	a := accounts[c]
	if a == nil {
		a = &Account{Currency: c}
		accounts[c] = a
	}
	return a
}

// take adds a line to the account, or an adjustment.
func (a *Account) take(key cell, line Line) (err error) {
	if key.concerns == key.month || line.Campaign == uuid.Nil {
		a.Lines = append(a.Lines, line)
		a.Total, err = a.Total.Add(line.Amounts)
		return err
	}
	a.Adjusted = append(a.Adjusted, Adjustment{key.concerns, line})
	effect, err := line.Effect()
	if err == nil {
		a.Adjustments, err = money.AddMicros(a.Adjustments, effect)
	}
	return err
}

// check holds the lines against the ledger's accounts.
func (a *Account) check() error {
	effect, err := a.Total.Effect()
	if err == nil {
		effect, err = money.AddMicros(effect, a.Adjustments)
	}
	if err == nil {
		effect, err = money.AddMicros(effect, a.Opening)
	}
	if err != nil {
		return err
	}
	if effect != a.Closing {
		return ErrUnbalanced.With("In %s the columns lead to %s and the accounts to %s.", a.Currency, money.FormatMicros(effect), money.FormatMicros(a.Closing))
	}
	return nil
}

func (a *Account) sort() {
	slices.SortFunc(a.Lines, compareLines)
	slices.SortFunc(a.Adjusted, func(x, y Adjustment) int {
		return cmp.Or(cmp.Compare(x.Concerns, y.Concerns), compareLines(x.Line, y.Line))
	})
}

func compareLines(x, y Line) int {
	return cmp.Or(strings.Compare(x.Name, y.Name), slices.Compare(x.Campaign[:], y.Campaign[:]), strings.Compare(x.Channel, y.Channel))
}
