package ledger

import "slices"

// Account is where an amount stands; positive is what bookkeepers call debit.
type Account string

// The accounts; doc.go says what each of them holds.
const (
	Limit        Account = "limit"
	Available    Account = "available"
	Reserved     Account = "reserved"
	Settled      Account = "settled"
	Overdelivery Account = "overdelivery"

	Payable Account = "payable"
	Credit  Account = "credit"
	Funds   Account = "funds"
	Cash    Account = "cash"
)

// Accounts are all of them, in the order of the book.
var Accounts = []Account{Limit, Available, Reserved, Settled, Overdelivery, Payable, Credit, Funds, Cash}

// Posting is one amount on one account. Those of a line sum to zero.
type Posting struct {
	Account Account
	Amount  int64 // micros of the line's currency
}

// Postings are what the line does to the accounts, without those it leaves as
// they are. The sums cannot wrap: Figures are checked when they are added up.
func (l Line) Postings() []Posting {
	spent := l.Settled + l.Overdelivery
	all := []Posting{
		{Limit, -l.Limit},
		{Available, l.Limit - l.Reserved - spent},
		{Reserved, l.Reserved},
		{Settled, l.Settled},
		{Overdelivery, l.Overdelivery},
		{Payable, l.Credit - spent},
		{Credit, -l.Credit},
		{Funds, spent - l.Cash},
		{Cash, l.Cash},
	}
	return slices.DeleteFunc(all, func(p Posting) bool { return p.Amount == 0 })
}
