package insight

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

func part(dimension, value string, impressions, clicks, conversions, spend int64) Part {
	return Part{dimension, value, impressions, clicks, conversions, spend * money.Unit}
}

func config() *targeting.Configuration {
	return &targeting.Configuration{
		AgeRange: &targeting.AgeRange{Min: 18, Max: 65}, Locations: []targeting.Location{{Country: "CO"}, {Country: "PE"}},
		Interests: []string{"607"}, DeviceTypes: []targeting.DeviceType{"mobile", "desktop"},
	}
}

// noOne estimates a reach that halves with each criterion.
func noOne(c targeting.Configuration) (Reach, bool) {
	n := int64(1 << 20)
	for _, l := range c.Lists() {
		if len(l.Values) > 0 {
			n /= 2
		}
	}
	n -= int64(1000 * len(c.Exclusions))
	return Reach{n / 2, n, 2 * n}, true
}

func response(t *testing.T, c Campaign, dimension, value string) Response {
	t.Helper()
	for _, r := range c.Responses {
		if r.Dimension == dimension && r.Value == value {
			return r
		}
	}
	t.Fatalf("no %s %s", dimension, value)
	return Response{}
}

func TestAPartThatCostsMoreIsWorseAndCanBeLeftOut(t *testing.T) {
	c := Judge(Delivery{Currency: "USD", Targeting: config(), Parts: []Part{
		part("device", "desktop", 100_000, 2000, 50, 1000),
		part("device", "mobile", 100_000, 2000, 200, 1000),
		part("country", "CO", 100_000, 2000, 130, 1000),
		part("country", "PE", 100_000, 2000, 120, 1000),
	}}, noOne)
	desktop := response(t, c, "device", "desktop")
	if m := desktop.measure(CostPerConversion); desktop.Verdict != Worse || m.Ratio.Value != 4 || *m.Here != 20 || *m.Rest != 5 {
		t.Errorf("%+v %+v", desktop, m.Ratio)
	}
	if desktop.Wasted == nil || desktop.Wasted.Micros != 750*money.Unit {
		t.Errorf("wasted %v", desktop.Wasted)
	}
	if r := response(t, c, "device", "mobile"); r.Verdict != Better || r.Wasted != nil {
		t.Errorf("%+v", r)
	}
	if r := response(t, c, "country", "CO"); r.Verdict != Alike {
		t.Errorf("%+v", r)
	}
	var narrow, widen []Suggestion
	for _, s := range c.Suggestions {
		if s.Action == "narrow" {
			narrow = append(narrow, s)
		} else {
			widen = append(widen, s)
		}
	}
	if len(narrow) != 1 || narrow[0].Value != "desktop" || narrow[0].Type != Refinement || narrow[0].Confidence < 0.95 {
		t.Fatalf("%+v", narrow)
	}
	s := narrow[0]
	// A conversion costs 8 now and 5 without the desktops.
	if cost := s.Expected.Cost; math.Abs(cost.Value+0.375) > 1e-9 || cost.Low > cost.Value || cost.High < cost.Value || cost.High > 0 {
		t.Errorf("%+v", cost)
	}
	if s.Expected.After.Mid >= s.Expected.Before.Mid || s.Expected.Freed.Micros != 1000*money.Unit {
		t.Errorf("%+v", s.Expected)
	}
	if excluded := s.Targeting.Excluded(targeting.ByDevice); len(excluded) != 1 || excluded[0] != "desktop" || s.Targeting.Validate() != nil {
		t.Errorf("%+v", s.Targeting)
	}
	if len(widen) != 1 || widen[0].Dimension != "device_types" || widen[0].Expected.Cost != nil || widen[0].Expected.CostReason == "" {
		t.Errorf("%+v", widen)
	}
}

func TestFewConversionsAreNoVerdictUnlessTheMoneyWouldHaveBoughtMany(t *testing.T) {
	for name, c := range map[string]struct {
		here Part
		want Verdict
	}{
		"too few everywhere":     {part("device", "tv", 500, 5, 3, 20), TooFew},
		"much money for nothing": {part("device", "tv", 90_000, 2000, 0, 1000), Worse},
		"some money for nothing": {part("device", "tv", 900, 20, 0, 100), TooFew},
		"as good as the rest":    {part("device", "tv", 90_000, 2000, 100, 1000), Alike},
	} {
		t.Run(name, func(t *testing.T) {
			found := Judge(Delivery{Currency: "USD", Parts: []Part{c.here, part("device", "mobile", 90_000, 2000, 100, 1000)}}, noOne)
			r := response(t, found, "device", "tv")
			if r.Verdict != c.want {
				t.Errorf("%s: %+v", r.Verdict, r.Measures)
			}
			if r.Verdict == TooFew && r.measure(CostPerConversion).Lacking == "" {
				t.Error("it does not say what it lacks")
			}
		})
	}
}

func TestAgesAndGendersComeFromLabels(t *testing.T) {
	parts := Split([]Part{
		part("audience", "age=18-24|gender=female", 10, 1, 1, 1), part("audience", "age:18-24|gender:Male", 20, 2, 2, 2),
		part("audience", "gender=female", 5, 0, 0, 0), part("audience", "0190-friends", 7, 0, 0, 0),
	})
	got := map[string]int64{}
	for _, p := range parts {
		got[p.Dimension+" "+p.Value] = p.Impressions
	}
	for key, want := range map[string]int64{"age 18-24": 30, "gender female": 15, "gender male": 20, "audience 0190-friends": 7} {
		if got[key] != want {
			t.Errorf("%s: %d of %v", key, got[key], got)
		}
	}
}

func TestAnAgeIsLeftOutAtTheEnds(t *testing.T) {
	for bracket, want := range map[string]*targeting.AgeRange{
		"18-24": {Min: 25, Max: 65}, "13-24": {Min: 25, Max: 65}, "65+": {Min: 18, Max: 64}, "55-64": nil, "35-44": nil, "18-65": nil, "x": nil, "20-": nil,
	} {
		c, ok := exclude(*config(), "age", bracket)
		if ok != (want != nil) || ok && *c.AgeRange != *want {
			t.Errorf("%s: %v %+v", bracket, ok, c.AgeRange)
		}
	}
}

// Campaigns whose parts are all alike should hardly ever be told that one is
// worse.
func TestPartsThatAreAlikeAreLeftAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	alarms := 0
	for range 300 {
		var parts []Part
		for _, device := range []string{"mobile", "desktop", "tablet", "tv"} {
			conversions := int64(0)
			for range 3000 {
				if r.Float64() < 0.03 {
					conversions++
				}
			}
			parts = append(parts, part("device", device, 100_000, 3000, conversions, 500))
		}
		for _, r := range Judge(Delivery{Currency: "USD", Parts: parts}, noOne).Responses {
			if r.Verdict == Worse {
				alarms++
				break
			}
		}
	}
	if alarms > 18 {
		t.Errorf("%d of 300 campaigns are told of waste that is none", alarms)
	}
}

func TestWhateverIsDeliveredCanBeWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.OneOf(rapid.Int64Range(-5, 50), rapid.Int64Range(-1000, 1_000_000))
		var parts []Part
		for _, value := range []string{"mobile", "desktop", ""} {
			parts = append(parts, part("device", value, count.Draw(t, "i"), count.Draw(t, "c"), count.Draw(t, "v"), count.Draw(t, "s")))
		}
		c := Judge(Delivery{Currency: "USD", Parts: parts, Targeting: config()}, noOne)
		if _, err := json.Marshal(c); err != nil { // NaN and infinity cannot be
			t.Fatal(err)
		}
		for _, s := range c.Suggestions {
			if s.Confidence < 0 || s.Confidence > 1 || s.Targeting.Validate() != nil || strings.Contains(s.Because, "NaN") {
				t.Fatalf("%+v", s)
			}
		}
	})
}
