package targeting

import (
	"fmt"
	"slices"

	"github.com/hexabuilders/campaignd/fault"
)

// checkExclusions refuses exclusions that cannot be understood, and those that
// leave nobody: every value of a list, or every location, excluded again.
func (c Configuration) checkExclusions(wrong *fault.Fields) {
	tooMany(wrong, "exclusions", len(c.Exclusions))
	seen := map[string]string{}
	for i, e := range c.Exclusions {
		path := fmt.Sprintf("exclusions[%d]", i)
		e.check(wrong, path)
		for v, value := range e.Values {
			at := string(e.Criterion) + "\x00" + value
			if first, twice := seen[at]; twice && first != path {
				wrong.Add(fmt.Sprintf("%s.values[%d]", path, v), "duplicate", quote(value)+" is excluded by "+first+" already.", "each value once")
			} else if !twice {
				seen[at] = path
			}
		}
	}
	for _, l := range c.Lists() {
		excluded := c.Excluded(l.Criterion)
		if len(l.Values) > 0 && all(l.Values, func(v string) bool { return slices.Contains(excluded, v) }) {
			leavesNobody(wrong, string(l.Criterion))
		}
	}
	if len(c.Locations) > 0 && all(c.Locations, c.excludes) {
		leavesNobody(wrong, "locations")
	}
	if excluded := c.Excluded(ByGender); containsAll(excluded, texts(Genders)) {
		leavesNobody(wrong, "genders")
	}
}

func (e Exclusion) check(wrong *fault.Fields, path string) {
	if !known(string(e.Criterion), Criteria) {
		wrong.Add(path+".criterion", "unknown_value", quote(string(e.Criterion))+" cannot be excluded.", oneOf(Criteria))
		return
	}
	if len(e.Values) == 0 {
		wrong.Add(path+".values", "required", "It excludes nothing.", "at least one value")
	}
	e.Criterion.checkValues(wrong, path+".values", e.Values)
}

func leavesNobody(wrong *fault.Fields, what string) {
	wrong.Add("exclusions", "excludes_everybody", "Exclusions win, and they exclude all the "+what+" that are targeted: nobody is left.",
		"leave at least one of the "+what)
}

// Excluded are the values that are left out by a criterion.
func (c Configuration) Excluded(by Criterion) []string {
	var values []string
	for _, e := range c.Exclusions {
		if e.Criterion == by {
			values = append(values, e.Values...)
		}
	}
	return values
}

// excludes reports whether nothing of a location is left.
func (c Configuration) excludes(l Location) bool {
	return slices.Contains(c.Excluded(ByCountry), l.Country) ||
		l.Region != "" && slices.Contains(c.Excluded(ByRegion), l.Region) ||
		l.City != "" && l.RadiusKM == 0 && slices.Contains(c.Excluded(ByCity), l.City) ||
		l.PostalCode != "" && slices.Contains(c.Excluded(ByPostalCode), l.PostalCode)
}

func all[T any](values []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(values, func(v T) bool { return !holds(v) })
}

func containsAll(values, wanted []string) bool {
	return all(wanted, func(w string) bool { return slices.Contains(values, w) })
}
