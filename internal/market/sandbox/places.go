package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	regions "golang.org/x/text/language"
)

// Places are where everything at a platform is shown, and where not: countries, and
// circles by their latitude and kilometres.
func (s *Sandbox) Places(platform string) (in, out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.things {
		switch {
		case t.account.Platform != platform || t.text("status") == "REMOVED":
		case t.kind == "ad_set":
			spec, _ := t.fields["targeting"].(map[string]any)
			in, out = append(in, metaPlaces(spec["geo_locations"])...), append(out, metaPlaces(spec["excluded_geo_locations"])...)
		case t.kind == "criterion" && t.fields["negative"] == true:
			out = append(out, googlePlace(t)...)
		case t.kind == "criterion":
			in = append(in, googlePlace(t)...)
		}
	}
	slices.Sort(in)
	slices.Sort(out)
	return in, out
}

func metaPlaces(v any) (all []string) {
	geo, _ := v.(map[string]any)
	countries, _ := geo["countries"].([]any)
	for _, c := range countries {
		all = append(all, text(c))
	}
	circles, _ := geo["custom_locations"].([]any)
	for _, c := range circles {
		one, _ := c.(map[string]any)
		all = append(all, fmt.Sprint(one["latitude"], " ", one["radius"]))
	}
	return all
}

func googlePlace(t *thing) []string {
	if v, ok := t.fields["location"].(map[string]any); ok {
		number, _ := strings.CutPrefix(text(v["geoTargetConstant"]), "geoTargetConstants/")
		code, _ := strconv.Atoi(number)
		region, err := regions.EncodeM49(code - 2000)
		if err != nil {
			return []string{number}
		}
		return []string{region.String()}
	}
	if v, ok := t.fields["proximity"].(map[string]any); ok {
		point, _ := v["geoPoint"].(map[string]any)
		latitude, _ := point["latitudeInMicroDegrees"].(float64)
		return []string{fmt.Sprint(latitude/1e6, " ", v["radius"])}
	}
	return nil
}
