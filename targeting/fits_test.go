package targeting_test

import (
	"testing"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

func TestFits(t *testing.T) {
	everything := minimal()
	everything.AgeRange = &targeting.AgeRange{Min: 18, Max: 30}
	everything.Genders = []targeting.Gender{"female"}
	everything.Locations = append(everything.Locations, targeting.Location{Country: "CO", PostalCode: "050001"})
	everything.LookalikeAudiences = []string{"a"}
	everything.FrequencyCap = &targeting.FrequencyCap{Impressions: 3, Period: "day"}
	everything.Exclusions = []targeting.Exclusion{without("genders", "male"), without("postal_codes", "1"), without("interests", "1")}
	euro := money.New(1, "EUR")
	everything.BidStrategy = &targeting.BidStrategy{Type: targeting.BidCap, Amount: &euro}

	adults := minimal()
	adults.AgeRange = &targeting.AgeRange{Min: 13, Max: 65}
	list := minimal()
	list.CustomAudiences = []string{"buyers"}

	const choosing = "age_range not_allowed, genders not_allowed, locations[1].postal_code not_allowed, exclusions[0] not_allowed, exclusions[1] not_allowed"
	for _, c := range []struct {
		of   targeting.Configuration
		in   targeting.For
		want string
	}{
		{minimal(), targeting.For{Type: "DISPLAY", Currency: "USD"}, ""},
		{everything, targeting.For{Type: "SOCIAL", Currency: "EUR"}, ""},
		{everything, targeting.For{Type: "SOCIAL", Currency: "USD"}, "bid_strategy.amount.currency currency_mismatch"},
		{everything, targeting.For{Type: "SEARCH", Currency: "EUR"}, "lookalike_audiences not_allowed, frequency_cap not_allowed"},
		{minimal(), targeting.For{Type: "SEARCH", Currency: "USD"}, ""},
		{minimal(), targeting.For{Type: "EMAIL", Currency: "USD"}, "custom_audiences required"},
		{minimal(), targeting.For{Type: "RETARGETING", Currency: "USD"}, "custom_audiences required"},
		{list, targeting.For{Type: "EMAIL", Currency: "USD"}, ""},
		{list, targeting.For{Type: "RETARGETING", Currency: "USD"}, ""},
		{everything, targeting.For{Type: "SOCIAL", SpecialCategory: "housing", Currency: "EUR"}, choosing},
		{everything, targeting.For{Type: "SOCIAL", SpecialCategory: "employment", Currency: "EUR"}, choosing},
		{everything, targeting.For{Type: "SOCIAL", SpecialCategory: "credit", Currency: "EUR"}, choosing},
		{adults, targeting.For{Type: "SOCIAL", SpecialCategory: "credit", Currency: "USD"}, ""}, // everybody is no choice
		{everything, targeting.For{Type: "EMAIL", SpecialCategory: "credit", Currency: "EUR"}, "custom_audiences required, " + choosing},
	} {
		if got := paths(c.of.Fits(c.in)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.in, got, c.want)
		}
	}
}
