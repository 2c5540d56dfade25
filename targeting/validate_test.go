package targeting_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// minimal is the smallest configuration there is.
func minimal() targeting.Configuration {
	return targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}, Interests: []string{"607"}}
}

// wrong are the paths and codes of the fields that an error names.
func wrong(err error) string {
	e := fault.As(err)
	if e == nil {
		return ""
	}
	return paths(e.Fields)
}

func paths(fields []fault.Field) string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.Path + " " + f.Code
	}
	return strings.Join(all, ", ")
}

// rule is one edit of a minimal configuration and what is then wrong with it.
type rule struct {
	want string
	edit func(*targeting.Configuration)
}

func hold(t *testing.T, rules []rule) {
	t.Helper()
	for i, r := range rules {
		c := minimal()
		r.edit(&c)
		err := c.Validate()
		if got := wrong(err); got != r.want || (err != nil) != (r.want != "") {
			t.Errorf("%d: %q, want %q", i, got, r.want)
		}
		if e := fault.As(err); e != nil {
			for _, f := range e.Fields {
				if f.Detail == "" || f.Allow == "" || len(f.Detail) > 200 {
					t.Errorf("%d: %s does not help: %q, %q", i, f.Path, f.Detail, f.Allow)
				}
			}
		}
	}
}

func TestAges(t *testing.T) {
	age := func(low, high int, want string) rule {
		return rule{want, func(c *targeting.Configuration) { c.AgeRange = &targeting.AgeRange{Min: low, Max: high} }}
	}
	hold(t, []rule{
		age(13, 13, ""), age(18, 24, ""), age(65, 65, ""), age(18, 99, ""), age(13, 120, ""),
		age(12, 30, "age_range.min out_of_range"), age(0, 30, "age_range.min out_of_range"), age(66, 80, "age_range.min out_of_range"),
		age(30, 18, "age_range.max out_of_range"), age(30, 0, "age_range.max out_of_range"), age(20, 121, "age_range.max out_of_range"),
		age(-5, 4, "age_range.min out_of_range, age_range.max out_of_range"),
	})
	if r := (targeting.AgeRange{Min: 18, Max: 65}); !r.Open() || r.Everybody() {
		t.Error("18 to 65 has no upper end and leaves out the younger")
	}
	if r := (targeting.AgeRange{Min: 13, Max: 64}); r.Open() || r.Everybody() {
		t.Error("13 to 64 leaves out the older")
	}
}

func TestPlaces(t *testing.T) {
	at := func(want string, places ...targeting.Location) rule {
		return rule{want, func(c *targeting.Configuration) { c.Locations = places }}
	}
	madrid := &targeting.Point{Latitude: 40.4, Longitude: -3.7}
	hold(t, []rule{
		at("locations required"),
		at("", targeting.Location{Country: "CO", Region: "Antioquia", City: "Medellín", PostalCode: "050001"}),
		at("", targeting.Location{Country: "ES", Point: madrid, RadiusKM: 0.5}, targeting.Location{Country: "ES", Point: madrid, RadiusKM: 500}),
		at("", targeting.Location{Country: "CO", City: "Cali", RadiusKM: 10}),
		at("locations[0].country unknown_country", targeting.Location{}),
		at("locations[0].country unknown_country", targeting.Location{Country: "co"}),
		at("locations[0].country unknown_country", targeting.Location{Country: "UK"}), // reserved, not assigned: GB
		at("locations[1].country unknown_country", targeting.Location{Country: "CO"}, targeting.Location{Country: strings.Repeat("X", 1<<20)}),
		at("locations[0].radius_km out_of_range", targeting.Location{Country: "CO", City: "Cali", RadiusKM: -1}),
		at("locations[0].radius_km out_of_range", targeting.Location{Country: "CO", City: "Cali", RadiusKM: math.NaN()}),
		at("locations[0].radius_km out_of_range", targeting.Location{Country: "CO", City: "Cali", RadiusKM: math.Inf(1)}),
		at("locations[0].radius_km out_of_range", targeting.Location{Country: "CO", City: "Cali", RadiusKM: 501}),
		at("locations[0].radius_km incomplete", targeting.Location{Country: "CO", Region: "Valle", RadiusKM: 10}),
		at("locations[0].radius_km required", targeting.Location{Country: "ES", Point: madrid}),
		at("locations[0].point.latitude out_of_range, locations[0].point.longitude out_of_range",
			targeting.Location{Country: "ES", Point: &targeting.Point{Latitude: math.NaN(), Longitude: 181}, RadiusKM: 1}),
		at("locations[0].region too_long, locations[0].city not_text",
			targeting.Location{Country: "CO", Region: strings.Repeat("é", 201), City: "a\nb"}),
		at("locations[1] duplicate", targeting.Location{Country: "CO"}, targeting.Location{Country: "CO"}),
		at("locations too_many, locations[200] duplicate", append(many(200), targeting.Location{Country: "CO", City: "c0"})...),
	})
}

func many(n int) []targeting.Location {
	places := make([]targeting.Location, n)
	for i := range places {
		places[i] = targeting.Location{Country: "CO", City: fmt.Sprintf("c%d", i)}
	}
	return places
}

func TestEveryCountryHasAName(t *testing.T) {
	n := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			if !targeting.Country(code) {
				continue
			}
			n++
			if r, err := language.ParseRegion(code); err != nil || !r.IsCountry() {
				t.Errorf("%s is not a country: %v", code, err)
			}
		}
	}
	if n != 249 {
		t.Errorf("%d countries, and ISO 3166-1 has assigned 249 codes", n)
	}
}

func TestSomethingMustNarrow(t *testing.T) {
	hold(t, []rule{
		{"interests required", func(c *targeting.Configuration) { c.Interests = nil }},
		{"interests required", func(c *targeting.Configuration) { c.Interests = []string{}; c.JobTitles = []string{"chef"} }},
		{"", func(c *targeting.Configuration) { c.Interests = nil; c.Behaviors = []string{"travels"} }},
		{"", func(c *targeting.Configuration) { c.Interests = nil; c.CustomAudiences = []string{"a"} }},
		{"", func(c *targeting.Configuration) { c.Interests = nil; c.LookalikeAudiences = []string{"a"} }},
	})
}

func TestLists(t *testing.T) {
	long := make([]string, 201)
	for i := range long {
		long[i] = fmt.Sprint(i)
	}
	hold(t, []rule{
		{"genders[1] unknown_value", func(c *targeting.Configuration) { c.Genders = []targeting.Gender{"male", "robot"} }},
		{"genders[1] duplicate", func(c *targeting.Configuration) { c.Genders = []targeting.Gender{"male", "male"} }},
		{"", func(c *targeting.Configuration) { c.Genders = targeting.Genders }},
		{"", func(c *targeting.Configuration) { c.Languages = []string{"es", "pt-BR", "zh-Hant-TW"} }},
		{"languages[0] unknown_language", func(c *targeting.Configuration) { c.Languages = []string{"español"} }},
		{"languages[0] unknown_language", func(c *targeting.Configuration) { c.Languages = []string{""} }},
		{"interests[0] required", func(c *targeting.Configuration) { c.Interests = []string{" "} }},
		{"interests[1] not_text", func(c *targeting.Configuration) { c.Interests = []string{"607", "6\xff"} }},
		{"behaviors too_many", func(c *targeting.Configuration) { c.Behaviors = long }},
		{"job_titles[0] too_long", func(c *targeting.Configuration) { c.JobTitles = []string{strings.Repeat("x", 201)} }},
		{"industries[1] duplicate", func(c *targeting.Configuration) { c.Industries = []string{"food", "food"} }},
		{"", func(c *targeting.Configuration) {
			c.CompanySizes, c.IncomeRanges = targeting.CompanySizes, targeting.IncomeRanges
		}},
		{"company_sizes[0] unknown_value", func(c *targeting.Configuration) { c.CompanySizes = []targeting.CompanySize{"huge"} }},
		{"income_ranges[0] unknown_value", func(c *targeting.Configuration) { c.IncomeRanges = []targeting.IncomeRange{"rich"} }},
		{"", func(c *targeting.Configuration) {
			c.DeviceTypes, c.Platforms, c.ConnectionTypes = targeting.DeviceTypes, targeting.Platforms, targeting.ConnectionTypes
		}},
		{"device_types[0] unknown_value", func(c *targeting.Configuration) { c.DeviceTypes = []targeting.DeviceType{"fridge"} }},
		{"platforms[0] unknown_value", func(c *targeting.Configuration) { c.Platforms = []targeting.Platform{"myspace"} }},
		{"connection_types[0] unknown_value", func(c *targeting.Configuration) { c.ConnectionTypes = []targeting.ConnectionType{"pigeon"} }},
	})
}

func TestBidsAndCaps(t *testing.T) {
	bid := func(want string, kind targeting.BidType, amount *money.Money) rule {
		return rule{want, func(c *targeting.Configuration) { c.BidStrategy = &targeting.BidStrategy{Type: kind, Amount: amount} }}
	}
	limit := func(want string, n int, p targeting.Period) rule {
		return rule{want, func(c *targeting.Configuration) { c.FrequencyCap = &targeting.FrequencyCap{Impressions: n, Period: p} }}
	}
	one, nothing := money.New(money.Unit, "USD"), money.New(0, "USD")
	hold(t, []rule{
		bid("", "lowest_cost", nil), bid("", "highest_value", nil), bid("", "cost_cap", &one), bid("", "manual_cpm", &one),
		bid("bid_strategy.type unknown_value", "cheapest", nil), bid("bid_strategy.type unknown_value", "", &one),
		bid("bid_strategy.amount not_allowed", "lowest_cost", &one), bid("bid_strategy.amount required", "bid_cap", nil),
		bid("bid_strategy.amount out_of_range", "target_cpa", &nothing),
		limit("", 1, "day"), limit("", 1000, "lifetime"),
		limit("frequency_cap.impressions out_of_range", 0, "day"), limit("frequency_cap.impressions out_of_range", 1001, "week"),
		limit("frequency_cap.impressions out_of_range, frequency_cap.period unknown_value", -1, "moon"),
	})
}

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	c := targeting.Configuration{
		AgeRange: &targeting.AgeRange{Min: 5, Max: 20}, Genders: []targeting.Gender{"x"}, Exclusions: []targeting.Exclusion{{}},
		BidStrategy: &targeting.BidStrategy{}, FrequencyCap: &targeting.FrequencyCap{},
	}
	const want = "age_range.min out_of_range, locations required, genders[0] unknown_value, interests required, exclusions[0].criterion unknown_value, " +
		"bid_strategy.type unknown_value, frequency_cap.impressions out_of_range, frequency_cap.period unknown_value"
	if got := wrong(c.Validate()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestNothingPanicsAndEveryPathExists feeds configurations of any values: what
// is wrong with them is named by the path of a field that they have.
func TestNothingPanicsAndEveryPathExists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anything(t)
		err := c.Validate()
		c.Sentence(rapid.SampledFrom([]string{"en", "es"}).Draw(t, "lang"))
		body, jsonErr := json.Marshal(c)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		if e := fault.As(err); e != nil {
			for _, f := range e.Fields {
				top, _, _ := strings.Cut(strings.FieldsFunc(f.Path, func(r rune) bool { return r == '[' || r == '.' })[0], " ")
				if top != "locations" && top != "interests" && !strings.Contains(string(body), `"`+top+`":`) {
					t.Fatalf("%s is not a field of %s", f.Path, body)
				}
			}
		}
		var back targeting.Configuration
		if err := json.Unmarshal(body, &back); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(back); !bytes.Equal(again, body) {
			t.Fatalf("%s became %s", body, again)
		}
	})
}

// anything is a configuration, more often wrong than right.
func anything(t *rapid.T) targeting.Configuration {
	some := func(name string, of ...string) []string {
		return rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(append(of, "male", "CO", "es")), rapid.String()), 0, 4).Draw(t, name)
	}
	c := targeting.Configuration{
		AgeRange:  &targeting.AgeRange{Min: rapid.IntRange(-1, 130).Draw(t, "min"), Max: rapid.IntRange(-1, 130).Draw(t, "max")},
		Languages: some("languages", "pt-BR"), Interests: some("interests"), Behaviors: some("behaviors"),
	}
	for _, g := range some("genders", "female") {
		c.Genders = append(c.Genders, targeting.Gender(g))
	}
	for _, country := range some("countries", "PE") {
		c.Locations = append(c.Locations, targeting.Location{Country: country, City: country, RadiusKM: rapid.Float64Range(-1, 600).Draw(t, "radius")})
	}
	for _, by := range some("criteria", "genders", "countries", "cities", "languages", "interests") {
		c.Exclusions = append(c.Exclusions, targeting.Exclusion{Criterion: targeting.Criterion(by), Values: some("excluded")})
	}
	return c
}
