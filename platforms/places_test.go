package platforms_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// A campaign that is to be shown elsewhere is shown there and no longer where it
// was, whether a place is a country or a circle.
func TestPlacesFollowTheCampaign(t *testing.T) { onBoth(t, placesFollowTheCampaign) }

func placesFollowTheCampaign(t *testing.T, on platforms.Platform) {
	w := newWorld(t, on, 0)
	round := func(latitude float64, km float64) targeting.Location {
		return targeting.Location{Country: "CO", Point: &targeting.Point{Latitude: latitude, Longitude: -74.0721}, RadiusKM: km}
	}
	exclude := func(countries ...string) (all []targeting.Exclusion) {
		for _, c := range countries {
			all = append(all, targeting.Exclusion{Criterion: targeting.ByCountry, Values: []string{c}})
		}
		return all
	}
	campaign, d := w.draft("Summit")
	d.Targeting.Locations = []targeting.Location{round(4.711, 25.5), round(6.2442, 10)}
	w.drafts.put(campaign, *d)
	placed := w.place(campaign, w.connect().ID)
	w.push(placed, platforms.IsCurrent)
	for _, c := range []struct {
		locations  []targeting.Location
		exclusions []targeting.Exclusion
		in, out    []string
	}{
		{[]targeting.Location{round(4.711, 25.5), round(6.2442, 10)}, nil, []string{"4.711 25.5", "6.2442 10"}, nil},
		{[]targeting.Location{round(4.711, 40), {Country: "PE"}}, nil, []string{"4.711 40", "PE"}, nil},
		{[]targeting.Location{{Country: "PE"}}, exclude("VE", "BO"), []string{"PE"}, []string{"BO", "VE"}},
		{[]targeting.Location{{Country: "CO"}, {Country: "PE"}}, exclude("VE"), []string{"CO", "PE"}, []string{"VE"}},
	} {
		d.Targeting.Locations, d.Targeting.Exclusions = c.locations, c.exclusions
		w.again(campaign, placed, d)
		w.pass(time.Minute)
		in, out := w.sandbox.Places(w.at())
		if !slices.Equal(in, c.in) || !slices.Equal(out, c.out) {
			t.Errorf("it is shown in %v and not in %v; wanted are %v and %v", in, out, c.in, c.out)
		}
	}
}
