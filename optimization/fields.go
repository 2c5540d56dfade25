package optimization

import (
	"slices"
	"strconv"

	"github.com/hexabuilders/campaignd/targeting"
)

// The fields of a targeting that are refined or widened.
const (
	fieldDevices   = "device_types"
	fieldCountries = "locations"
	fieldAges      = "age_range"
	fieldInterests = "interests"
)

// fieldOf is the value of a field as a list of words.
func fieldOf(t targeting.Configuration, field string) []string {
	words := []string{}
	switch field {
	case fieldDevices:
		for _, d := range t.DeviceTypes {
			words = append(words, string(d))
		}
	case fieldCountries:
		for _, l := range t.Locations {
			words = append(words, l.Country)
		}
	case fieldAges:
		if t.AgeRange != nil {
			words = []string{strconv.Itoa(t.AgeRange.Min), strconv.Itoa(t.AgeRange.Max)}
		}
	case fieldInterests:
		words = append(words, t.Interests...)
	}
	return words
}

// withField is a targeting with another value of a field. Locations keep what
// they say of the countries that stay.
func withField(t targeting.Configuration, field string, words []string) targeting.Configuration {
	switch field {
	case fieldDevices:
		t.DeviceTypes = nil
		for _, w := range words {
			t.DeviceTypes = append(t.DeviceTypes, targeting.DeviceType(w))
		}
	case fieldCountries:
		kept := []targeting.Location{}
		for _, w := range words {
			i := slices.IndexFunc(t.Locations, func(l targeting.Location) bool { return l.Country == w })
			if i < 0 {
				kept = append(kept, targeting.Location{Country: w})
				continue
			}
			kept = append(kept, t.Locations[i])
		}
		t.Locations = kept
	case fieldAges:
		t.AgeRange = nil
		if len(words) == 2 {
			low, _ := strconv.Atoi(words[0])
			high, _ := strconv.Atoi(words[1])
			t.AgeRange = &targeting.AgeRange{Min: low, Max: high}
		}
	case fieldInterests:
		t.Interests = slices.Clone(words)
	}
	return t
}
