// Package billing is what a partner's money looks like to finance: statements
// by month, journal entries for an accounting system, and what differs between
// our ledger, what the platforms report and what was paid.
//
// Everything here is read from package ledger and never kept beside it, so that
// a statement cannot say something else than the book it is drawn from.
package billing
