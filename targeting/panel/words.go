package panel

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/hexabuilders/campaignd/targeting"
)

// The columns that have a meaning of their own, under the names that files give
// them.
const (
	weightColumn  = "weight"
	ageColumn     = "age"
	countryColumn = "country"
)

// Name is how targeting names the column of a title: in small letters, with
// underscores for what is neither letter nor digit ("Hours-per-week" is
// hours_per_week).
func Name(title string) string {
	fields := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(fields, "_")
}

// clean is a cell without the space around it; "" for what is missing. Census
// files write a question mark for what nobody answered.
func clean(cell string) string {
	cell = strings.TrimSpace(cell)
	if cell == "?" {
		return ""
	}
	return cell
}

// genders are the words that files have for them.
var genders = map[string]targeting.Gender{
	"male": "male", "m": "male", "man": "male", "men": "male", "hombre": "male", "masculino": "male",
	"female": "female", "f": "female", "woman": "female", "women": "female", "mujer": "female", "femenino": "female",
}

// countryCode is the country that a value names, by its ISO 3166-1 code or its
// English or Spanish name; "" when it names none.
func countryCode(value string) string {
	if code := strings.ToUpper(value); targeting.Country(code) {
		return code
	}
	return countryNames()[foldName(value)]
}

// countryNames are the names and the three-letter codes of all countries.
var countryNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			region, err := language.ParseRegion(code)
			if err != nil || !targeting.Country(code) {
				continue
			}
			names[foldName(region.ISO3())] = code
			names[foldName(display.Spanish.Regions().Name(region))] = code
			names[foldName(display.English.Regions().Name(region))] = code
		}
	}
	return names
})

// foldName makes "United-States" and "united states" alike.
func foldName(name string) string { return strings.ReplaceAll(Name(name), "_", " ") }
