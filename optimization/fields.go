package optimization

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/targeting"
)

// The fields of a targeting that are refined or widened.
const (
	fieldDevices    = "device_types"
	fieldCountries  = "locations"
	fieldAges       = "age_range"
	fieldExclusions = "exclusions" // as criterion=value
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
	case fieldExclusions:
		for _, x := range t.Exclusions {
			for _, v := range x.Values {
				words = append(words, string(x.Criterion)+"="+v)
			}
		}
	default:
		for _, l := range t.Lists() {
			if string(l.Criterion) == field {
				words = append(words, l.Values...)
			}
		}
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
	case fieldExclusions:
		t.Exclusions = exclusionsOf(words)
	default:
		return withList(t, field, words)
	}
	return t
}

// exclusionsOf reads exclusions back, one of each criterion, in the order in which
// they come.
func exclusionsOf(words []string) (all []targeting.Exclusion) {
	for _, w := range words {
		criterion, value, _ := strings.Cut(w, "=")
		i := slices.IndexFunc(all, func(x targeting.Exclusion) bool { return string(x.Criterion) == criterion })
		if i < 0 {
			i = len(all)
			all = append(all, targeting.Exclusion{Criterion: targeting.Criterion(criterion)})
		}
		all[i].Values = append(all[i].Values, value)
	}
	return all
}

// withList sets one of the lists that Configuration.Lists names as its JSON does;
// what is no such list stays.
func withList(t targeting.Configuration, field string, words []string) targeting.Configuration {
	if !slices.ContainsFunc(t.Lists(), func(l targeting.List) bool { return string(l.Criterion) == field }) {
		return t
	}
	parts := map[string]json.RawMessage{}
	text, err := json.Marshal(t)
	if err == nil {
		err = json.Unmarshal(text, &parts)
	}
	if err != nil {
		return t
	}
	delete(parts, field)
	if len(words) > 0 {
		parts[field], _ = json.Marshal(words) // of texts, which cannot fail
	}
	var next targeting.Configuration
	if text, err = json.Marshal(parts); err == nil {
		err = json.Unmarshal(text, &next)
	}
	if err != nil {
		return t
	}
	return next
}
