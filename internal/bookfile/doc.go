// Package bookfile writes what finance takes away: statements, journals and the
// ledger as CSV (RFC 4180), XLSX and NDJSON. Files are written as they are
// made, so that memory does not grow with them.
//
// Text that a spreadsheet would run as a formula has a quote in front of it. In
// XLSX an amount is a number as long as a spreadsheet keeps all its digits,
// which are 15, and text beyond: below 1 000 000 000 units a micro is never
// lost, and above no digit is changed without a word.
package bookfile
