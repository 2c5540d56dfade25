package wire

import "strings"

// A spreadsheet runs a cell that begins with one of these.
const formulaStarts = "=+-@\t\r"

// SafeText keeps a spreadsheet from running a sender's text: a quote before it
// makes it text. plainText takes the quote away again, so that what was
// exported is read as it was, also a text that had quotes of its own.
func SafeText(text string) string {
	if isFormula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// plainText is the text that SafeText was given.
func plainText(cell string) string {
	if rest, quoted := strings.CutPrefix(cell, "'"); quoted && isFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}

func isFormula(text string) bool { return text != "" && strings.IndexByte(formulaStarts, text[0]) >= 0 }
