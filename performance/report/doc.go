// Package report makes reports: what campaigns delivered in a period, as known
// at one moment, as a Document that renderers turn into JSON, CSV, HTML or PDF.
//
// # Flow
//
// Service.Create makes an Order definite (its Definition: local days or
// instants, and a known_at that is settled), gathers the Facts (names, budgets
// and alerts, which have no known_at of their own) and stores both. A Worker
// claims the report, reads the campaigns one after another into a Document,
// lets a Renderer write it, and stores the file in pieces.
//
// # The same bytes again
//
// A definition and its known_at fix every number. The facts are kept under the
// scope and known_at, so that a report asked for again says the same names,
// whoever renamed what in between; they outlive the files. Nothing in a
// document is of the moment it was made in, of the machine, or of the report's
// own id.
//
// Units: counts are plain numbers, money is micros of the currency, ranges are
// half-open, days are local days.
package report
