package optimization

import (
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/money"
)

// Reader is whom a sentence is for: in which language, and how numbers, amounts
// and codes are written there.
type Reader struct {
	Language string // "en" or "es"; another is read as English
	Money    func(money.Money) string
	Percent  func(share float64) string
	Number   func(value float64, decimals int) string
	Word     func(code string) string // of a channel, or of a field of the targeting
}

// Plain is who reads numbers as the API writes them.
func Plain(language string) Reader {
	return Reader{
		Language: language,
		Money:    money.Money.String,
		Percent:  func(share float64) string { return strconv.FormatFloat(100*share, 'g', 3, 64) + " %" },
		Number:   func(value float64, decimals int) string { return strconv.FormatFloat(value, 'f', decimals, 64) },
		Word:     func(code string) string { return strings.ReplaceAll(code, "_", " ") },
	}
}

// of is the reader's part of a dictionary by language.
func (r Reader) of(dictionary map[string]map[string]string) map[string]string {
	if words := dictionary[r.Language]; words != nil {
		return words
	}
	return dictionary["en"]
}
