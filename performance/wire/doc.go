// Package wire reads delivery facts as senders write them (a JSON document,
// JSON lines or CSV) and writes the receipt.
//
// Reading is strict and without reflection, because every fact passes here. A
// fact that breaks a rule is refused by its index while the rest is taken; a
// body that cannot be divided into facts at all is one error with the place.
//
// Events share the memory of the text they were read from: a string that must
// outlive the request has to be cloned.
package wire
