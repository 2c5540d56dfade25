package reach

import (
	"math"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/targeting"
)

// countriesOf are the countries of the locations that are not excluded, each
// once.
func countriesOf(c targeting.Configuration) []string {
	var codes []string
	for _, l := range c.Locations {
		if !slices.Contains(codes, l.Country) && !slices.ContainsFunc(c.Exclusions, func(x targeting.Exclusion) bool {
			return x.Criterion == targeting.ByCountry && slices.Contains(x.Values, l.Country)
		}) {
			codes = append(codes, l.Country)
		}
	}
	return codes
}

// within is the part of a country that its locations cover, and what that rests
// on.
func (e *Estimator) within(c targeting.Configuration, code string) (Share, string) {
	var covered Share
	var sources []string
	for _, l := range c.Locations {
		if l.Country != code {
			continue
		}
		part, source := e.place(l)
		if part == all {
			return all, ""
		}
		covered = Share{covered.Mid + part.Mid, covered.Low + part.Low, covered.High + part.High}
		if !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	if len(sources) == 0 {
		return all, ""
	}
	return Share{math.Min(covered.Mid, 1), math.Min(covered.Low, 1), math.Min(covered.High, 1)}, e.say("Part of %s: %s", code, strings.Join(sources, " "))
}

// place is the part of its country that a location covers, and the source of
// that.
func (e *Estimator) place(l targeting.Location) (Share, string) {
	switch {
	case l.PostalCode != "":
		return e.shares.of(targeting.ByPostalCode, l.PostalCode, l.PostalCode)
	case l.RadiusKM > 0:
		city, source := e.shares.of(targeting.ByCity, l.City, l.City)
		return around50(city, l.RadiusKM), source
	case l.City != "":
		return e.shares.of(targeting.ByCity, l.City, l.City)
	case l.Region != "":
		return e.shares.of(targeting.ByRegion, l.Region, l.Region)
	}
	return all, ""
}

// around50 is a city's share for a radius of 25 km, growing with the radius: in
// a city with the area, beyond it more slowly.
func around50(city Share, km float64) Share {
	grow := math.Pow(km/25, 1.2)
	wide := func(x float64) float64 { return math.Min(1, x*grow) }
	return Share{wide(city.Mid), wide(city.Low / 1.5), wide(city.High * 1.5)}
}

// placesWithin is the part that the places are of their countries, weighed by
// the people there.
func (e *Estimator) placesWithin(out *Estimate, c targeting.Configuration) {
	var part Share
	var grounds []string
	people := 0.0
	for _, code := range countriesOf(c) {
		if facts := world()[code]; facts != nil {
			n := float64(facts.count(c.AgeRange, c.Genders))
			within, basis := e.within(c, code)
			if basis != "" {
				grounds = append(grounds, basis)
			}
			part = Share{part.Mid + n*within.Mid, part.Low + n*within.Low, part.High + n*within.High}
			people += n
		}
	}
	if people > 0 {
		part = Share{part.Mid / people, part.Low / people, part.High / people}
		out.Factors = append(out.Factors, Factor{placesWithin, part, strings.Join(grounds, " ")})
	}
}
