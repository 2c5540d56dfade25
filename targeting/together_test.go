package targeting_test

import (
	"testing"

	"github.com/hexabuilders/campaignd/targeting"
)

func TestWhatCannotHoldTogether(t *testing.T) {
	with := func(want string, devices []targeting.DeviceType, platforms []targeting.Platform, connections ...targeting.ConnectionType) rule {
		return rule{want, func(c *targeting.Configuration) {
			c.DeviceTypes, c.Platforms, c.ConnectionTypes = devices, platforms, connections
		}}
	}
	hold(t, []rule{
		with("", []targeting.DeviceType{"desktop"}, []targeting.Platform{"windows", "android"}),
		with("", []targeting.DeviceType{"desktop"}, []targeting.Platform{"facebook"}),
		with("", nil, []targeting.Platform{"android"}, "wired"),
		with("", []targeting.DeviceType{"mobile"}, nil, "wired", "wifi"),
		with("platforms cannot_hold_together", []targeting.DeviceType{"desktop"}, []targeting.Platform{"android", "ios"}),
		with("connection_types cannot_hold_together", []targeting.DeviceType{"mobile"}, nil, "wired"),
		{"platforms cannot_hold_together", func(c *targeting.Configuration) { // the exclusion wins, and leaves the desktop
			c.DeviceTypes, c.Platforms = []targeting.DeviceType{"desktop", "mobile"}, []targeting.Platform{"ios"}
			c.Exclusions = []targeting.Exclusion{without("device_types", "mobile")}
		}},
		{"exclusions[1].values[1] duplicate", func(c *targeting.Configuration) {
			c.Exclusions = []targeting.Exclusion{without("countries", "PE"), without("countries", "CL", "PE")}
		}},
	})
}

// A panel is a closed group of people: everybody in it may be meant.
func TestWithinAClosedGroup(t *testing.T) {
	if err := (targeting.Configuration{}).ValidateWithin(); err != nil {
		t.Error(err)
	}
	c := targeting.Configuration{AgeRange: &targeting.AgeRange{Min: 0, Max: 200}, Locations: []targeting.Location{{Country: "XX"}}}
	if got := wrong(c.ValidateWithin()); got != "age_range.min out_of_range, age_range.max out_of_range, locations[0].country unknown_country" {
		t.Error(got)
	}
}
