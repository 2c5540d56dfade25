package overlap_test

import (
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/overlap"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// What two configurations both leave out is left out once, and one that leaves
// out whom the other is for has nobody in common with it.
func TestExclusionsOfConfigurationsThatMeet(t *testing.T) {
	whom := func(countries []string, out ...string) targeting.Configuration {
		c := targeting.Configuration{Interests: []string{"607"}}
		for _, code := range countries {
			c.Locations = append(c.Locations, targeting.Location{Country: code})
		}
		for _, v := range out {
			by := targeting.ByInterest
			if len(v) == 2 {
				by = targeting.ByCountry
			}
			c.Exclusions = append(c.Exclusions, targeting.Exclusion{Criterion: by, Values: []string{v}})
		}
		return c
	}
	model := reach.New(reach.Standard(), func() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) })
	r, err := overlap.OfConfigurations(model, []targeting.Configuration{whom([]string{"CO"}, "720"), whom([]string{"CO", "PE"}, "720"), whom([]string{"CO", "MX"}, "CO")})
	if err != nil {
		t.Fatal(err)
	}
	if both := r.Pairs[0].Intersection.Mid; both != r.Sizes[0].Mid {
		t.Errorf("%d people in common of %d", both, r.Sizes[0].Mid)
	}
	if none := r.Pairs[1].Intersection; none != (overlap.Count{}) {
		t.Errorf("%+v in common with those who leave them out", none)
	}
}
