package targeting_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/targeting"
)

func without(by targeting.Criterion, values ...string) targeting.Exclusion {
	return targeting.Exclusion{Criterion: by, Values: values}
}

func TestExclusions(t *testing.T) {
	leave := func(want string, e ...targeting.Exclusion) rule {
		return rule{want, func(c *targeting.Configuration) { c.Exclusions = e }}
	}
	hold(t, []rule{
		leave("", without("interests", "1"), without("countries", "PE"), without("regions", "Antioquia"), without("postal_codes", "050001")),
		leave("exclusions[0].criterion unknown_value", without("star_signs", "leo")),
		leave("exclusions[0].values required", without("interests")),
		leave("exclusions[0].values[1] duplicate", without("interests", "1", "1")),
		leave("exclusions[0].values[0] unknown_country", without("countries", "Peru")),
		leave("exclusions[0].values[0] unknown_value", without("device_types", "fridge")),
		leave("exclusions[0].values[0] unknown_language", without("languages", "??")),
		leave("exclusions[1].values[0] required", without("interests", "1"), without("cities", "")),
	})
}

func TestExclusionsThatLeaveNobody(t *testing.T) {
	const nobody = "exclusions excludes_everybody"
	hold(t, []rule{
		{nobody, func(c *targeting.Configuration) { c.Exclusions = []targeting.Exclusion{without("interests", "607")} }},
		{"", func(c *targeting.Configuration) {
			c.Interests, c.Exclusions = []string{"607", "608"}, []targeting.Exclusion{without("interests", "607")}
		}},
		{nobody, func(c *targeting.Configuration) {
			c.Interests = []string{"607", "608"}
			c.Exclusions = []targeting.Exclusion{without("interests", "607"), without("interests", "608")}
		}},
		{nobody, func(c *targeting.Configuration) { c.Exclusions = []targeting.Exclusion{without("countries", "CO")} }},
		{"", func(c *targeting.Configuration) {
			c.Locations = append(c.Locations, targeting.Location{Country: "PE"})
			c.Exclusions = []targeting.Exclusion{without("countries", "CO")}
		}},
		{nobody, func(c *targeting.Configuration) {
			c.Locations = []targeting.Location{{Country: "CO", City: "Cali"}, {Country: "PE", Region: "Lima"}, {Country: "CL", PostalCode: "1"}}
			c.Exclusions = []targeting.Exclusion{without("cities", "Cali"), without("regions", "Lima"), without("postal_codes", "1")}
		}},
		{"", func(c *targeting.Configuration) { // around the city is more than the city
			c.Locations = []targeting.Location{{Country: "CO", City: "Cali", RadiusKM: 20}}
			c.Exclusions = []targeting.Exclusion{without("cities", "Cali")}
		}},
		{nobody, func(c *targeting.Configuration) {
			c.Exclusions = []targeting.Exclusion{without("genders", "male", "female", "unknown")}
		}},
		{"", func(c *targeting.Configuration) {
			c.Exclusions = []targeting.Exclusion{without("genders", "male", "female")}
		}},
	})
}

// TestExclusionsOnlyLeaveNobodyWhenTheyCoverTheList is the rule itself, for any
// list of interests and any part of it excluded.
func TestExclusionsOnlyLeaveNobodyWhenTheyCoverTheList(t *testing.T) {
	id := rapid.StringMatching(`[1-9]`)
	rapid.Check(t, func(t *rapid.T) {
		c := minimal()
		c.Interests = rapid.SliceOfNDistinct(id, 1, 5, rapid.ID).Draw(t, "interests")
		gone := rapid.SliceOfNDistinct(id, 1, 9, rapid.ID).Draw(t, "excluded")
		c.Exclusions = []targeting.Exclusion{without("interests", gone...)}
		left := slices.DeleteFunc(slices.Clone(c.Interests), func(i string) bool { return slices.Contains(gone, i) })
		if err := c.Validate(); (err != nil) != (len(left) == 0) {
			t.Fatalf("%v without %v leaves %v: %v", c.Interests, gone, left, err)
		}
	})
}
