package money

import "github.com/hexabuilders/campaignd/fault"

// What can go wrong with money. An error that is returned carries the amount in
// question in its detail and still matches its sentinel with errors.Is.
var (
	ErrUnknownCurrency = fault.New(fault.Invalid, "unknown_currency",
		"This is not the code of a currency in use.",
		"Send an ISO 4217 code of three upper-case letters, such as USD.")

	ErrCurrencyMismatch = fault.New(fault.Invalid, "currency_mismatch",
		"The two amounts are in different currencies.",
		"Send the amount in the currency that the other amount has; nothing is converted.")

	ErrMalformed = fault.New(fault.Invalid, "money_malformed",
		"This is not an amount of money.",
		`Send a decimal string such as "12.50": an optional minus sign, digits without separators or leading zeros, and at most 6 decimals after a point.`)

	ErrTooPrecise = fault.New(fault.Invalid, "money_too_precise",
		"The amount has more than 6 decimals.",
		"Round the amount to at most 6 decimals; it is not rounded for you.")

	ErrOverflow = fault.New(fault.Invalid, "money_overflow",
		"The amount is too large to be held.",
		"Send an amount between -9223372036854.775808 and 9223372036854.775807.")

	ErrCannotSplit = fault.New(fault.Invalid, "money_cannot_split",
		"The amount cannot be divided among these parts.",
		"Give at least one part, no negative weight, and at least one weight above zero.")

	// ErrDivisionByZero is a mistake of the calling code, which has to decide
	// what a ratio over nothing means before it asks for one; a client could
	// not correct it, so its kind is Internal.
	ErrDivisionByZero = fault.New(fault.Internal, "money_division_by_zero",
		"An amount was to be divided by zero.", "")
)
