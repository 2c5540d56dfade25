// Package money is exact money: a count of micros (millionths of a currency
// unit) in an int64, and an ISO 4217 code.
//
// Three rules hold everywhere:
//
//   - No float. Amounts enter and leave as decimal strings, and what is read is
//     printed back exactly. A JSON number is refused, because a client that
//     sends one has often rounded it already.
//   - No wrap. Every operation is checked; what does not fit in an int64 of
//     micros (about ±9.2 million million units) is ErrOverflow.
//   - No mixing. Two currencies are never added or compared: ErrCurrencyMismatch.
//
// Where the currency is known from the context, as in stored metrics and
// budgets, the functions on plain micros (ParseMicros, AddMicros, MulDiv) do the
// same with the same errors.
//
// Every error of this package is a *fault.Error and matches one of the
// sentinels in errors.go.
package money
