// Package reportfile writes report.Documents as JSON, CSV, HTML and PDF. The
// same document gives the same bytes, on whatever machine and whenever: nothing
// here reads a clock, a zone of the machine or the order of a map.
package reportfile
