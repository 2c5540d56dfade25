package reach

import (
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/targeting"
)

// A place is counted by its own share, and the factor says whose that is.
func TestTheSourceOfAPlaceIsThatOfItsShare(t *testing.T) {
	d := &desk{}
	if _, err := d.service().SetFactors(t.Context(), andes, 0, []Assumed{
		{targeting.ByCity, "Cali", Share{0.05, 0.04, 0.06}, "Census of 2018"}, {targeting.ByRegion, "Antioquia", Share{0.13, 0.12, 0.14}, "Projection of 2025"},
	}, false); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		places []targeting.Location
		mid    float64
		says   []string
		not    string
	}{
		"a city of one's own":    {[]targeting.Location{{Country: "CO", City: "Cali"}}, 0.05, []string{"Part of CO: Census of 2018"}, "defaults"},
		"25 km around it":        {[]targeting.Location{{Country: "CO", City: "Cali", RadiusKM: 25}}, 0.05, []string{"Census of 2018"}, "defaults"},
		"a region and its city":  {[]targeting.Location{{Country: "CO", City: "Cali"}, {Country: "CO", Region: "Antioquia"}}, 0.18, []string{"Census of 2018", "Projection of 2025"}, "defaults"},
		"a city of the defaults": {[]targeting.Location{{Country: "CO", City: "Pasto"}}, 0.03, []string{"defaults"}, "Census"},
	} {
		e, err := d.service().Estimate(t.Context(), andes.Partner, Request{Configuration: colombia(func(x *targeting.Configuration) { x.Locations = c.places })})
		f := shareOf(e, placesWithin)
		if err != nil || f.Mid < c.mid-1e-9 || f.Mid > c.mid+1e-9 || strings.Contains(f.Basis, c.not) {
			t.Errorf("%s: %+v %v", name, f, err)
		}
		for _, want := range c.says {
			if !strings.Contains(f.Basis, want) {
				t.Errorf("%s: %s does not say %s", name, f.Basis, want)
			}
		}
	}
}
