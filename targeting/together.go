package targeting

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

// systems are the kinds of devices that an operating system runs on. Networks
// such as facebook are seen on all of them.
var systems = map[Platform][]DeviceType{
	"android": {"mobile", "tablet", "tv"}, "ios": {"mobile", "tablet"},
	"windows": {"desktop", "tablet"}, "macos": {"desktop"}, "linux": {"desktop"}, "chromeos": {"desktop", "tablet"},
}

// Network reports whether the platform is a network on which ads are seen, and
// no operating system.
func (p Platform) Network() bool { return systems[p] == nil && p != "web" }

// checkTogether refuses lists that are right alone and can never hold at the
// same time, whichever of their alternatives is taken: no platform could show such a campaign to anybody, and leaving one
// of them out would show it to people who were not meant.
func (c Configuration) checkTogether(wrong *fault.Fields) {
	devices := c.left(ByDevice, texts(c.DeviceTypes))
	if len(devices) == 0 {
		return
	}
	runs := func(p Platform) bool {
		return systems[p] == nil || slices.ContainsFunc(systems[p], func(d DeviceType) bool { return slices.Contains(devices, string(d)) })
	}
	if len(c.Platforms) > 0 && !slices.ContainsFunc(c.Platforms, runs) {
		wrong.Add("platforms", "cannot_hold_together", fmt.Sprintf("None of %s runs on %s.", oneOf(c.Platforms), strings.Join(devices, " or ")),
			"a platform of the devices, or devices of the platforms")
	}
	if slices.Equal(devices, []string{"mobile"}) && len(c.ConnectionTypes) == 1 && c.ConnectionTypes[0] == "wired" {
		wrong.Add("connection_types", "cannot_hold_together", "A mobile phone is not wired.", "wifi, cellular, 2g, 3g, 4g, 5g")
	}
}

// left are the values of a list that are not excluded again.
func (c Configuration) left(by Criterion, values []string) []string {
	excluded := c.Excluded(by)
	return slices.DeleteFunc(values, func(v string) bool { return slices.Contains(excluded, v) })
}
