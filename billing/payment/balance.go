package payment

import "github.com/hexabuilders/campaignd/money"

// Balance is a partner's money in one currency, in micros. Paid, Refunded and
// Disputed are what its payments' facts add up to; Spent is delivery, without
// what platforms took back; Held is what refunds under way are about to take.
type Balance struct {
	Currency                              money.Currency
	Paid, Refunded, Disputed, Spent, Held int64
}

// Available is what is paid in and neither gone, spent nor held; below zero the
// partner owes it.
func (b Balance) Available() int64 { return b.Paid - b.Refunded - b.Disputed - b.Spent - b.Held }
