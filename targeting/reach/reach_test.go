package reach

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/targeting"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func estimator() *Estimator { return New(Standard(), func() time.Time { return noon }) }

func estimate(t interface {
	Helper()
	Fatalf(string, ...any)
}, c targeting.Configuration) Estimate {
	t.Helper()
	out, err := estimator().Estimate(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return out
}

// colombia is everybody who is interested in something.
func colombia(change func(*targeting.Configuration)) targeting.Configuration {
	c := targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}, Interests: []string{"607"}}
	if change != nil {
		change(&c)
	}
	return c
}

func TestTheFactsAreWhole(t *testing.T) {
	if n := World(); n != 8_229_565_109 {
		t.Errorf("%d people", n)
	}
	counted := 0
	for code, c := range world() {
		if c.internet <= 0 || c.internet > 1 {
			t.Errorf("%s: %v are online", code, c.internet)
		}
		if c.count(nil, nil) > 0 {
			counted++
		}
	}
	if counted != 230 {
		t.Errorf("%d countries have people", counted)
	}
}

// The population by age and gender is exact: it is what is counted first.
func TestPeopleAreCountedExactly(t *testing.T) {
	facts := world()["CO"]
	var byHand int64
	for age := 25; age <= 34; age++ {
		byHand += facts.people[female][age]
	}
	c := colombia(func(c *targeting.Configuration) {
		c.AgeRange, c.Genders = &targeting.AgeRange{Min: 25, Max: 34}, []targeting.Gender{"female"}
	})
	if got := estimate(t, c); got.Population != byHand {
		t.Errorf("%d women of 25 to 34, want %d", got.Population, byHand)
	}
	open := estimate(t, colombia(func(c *targeting.Configuration) { c.AgeRange = &targeting.AgeRange{Min: 65, Max: 65} }))
	if open.Population <= facts.people[male][65]+facts.people[female][65] {
		t.Error("65 does not include everybody older")
	}
}

func TestWhatNarrowsAndWhatItRestsOn(t *testing.T) {
	wide := estimate(t, colombia(nil))
	for name, change := range map[string]func(*targeting.Configuration){
		"a city":      func(c *targeting.Configuration) { c.Locations[0].City = "Bogotá" },
		"a language":  func(c *targeting.Configuration) { c.Languages = []string{"en"} },
		"a device":    func(c *targeting.Configuration) { c.DeviceTypes = []targeting.DeviceType{"tablet"} },
		"an income":   func(c *targeting.Configuration) { c.IncomeRanges = []targeting.IncomeRange{"top_10"} },
		"an audience": func(c *targeting.Configuration) { c.CustomAudiences = []string{"buyers"} },
		"an exclusion": func(c *targeting.Configuration) {
			c.Exclusions = []targeting.Exclusion{{Criterion: "behaviors", Values: []string{"x"}}}
		},
		"half of them": func(c *targeting.Configuration) {
			c.Exclusions = []targeting.Exclusion{{Criterion: "genders", Values: []string{"male"}}}
		},
		"a second list": func(c *targeting.Configuration) { c.Behaviors = []string{"travellers"} },
	} {
		got := estimate(t, colombia(change))
		if got.Mid >= wide.Mid || got.Low > got.Mid || got.Mid > got.High || got.High > got.Population {
			t.Errorf("%s: %d of %d (%d to %d)", name, got.Mid, wide.Mid, got.Low, got.High)
		}
		for _, f := range got.Factors {
			if f.Basis == "" || f.Criterion == "" {
				t.Errorf("%s: a factor without a basis: %+v", name, f)
			}
		}
	}
	if !strings.Contains(strings.Join(wide.Assumptions, " "), "independent") || !wide.ValidUntil.Equal(noon.Add(Life)) {
		t.Errorf("%+v", wide)
	}
}

// Spanish is what Colombia speaks, so asking for it costs little; Icelandic
// leaves next to nobody.
func TestLanguagesFollowTheCountry(t *testing.T) {
	spanish := estimate(t, colombia(func(c *targeting.Configuration) { c.Languages = []string{"es-CO"} }))
	icelandic := estimate(t, colombia(func(c *targeting.Configuration) { c.Languages = []string{"is"} }))
	if spanish.Mid < 20*icelandic.Mid {
		t.Errorf("%d speak Spanish, %d Icelandic", spanish.Mid, icelandic.Mid)
	}
}

func TestCountriesThatAreExcludedCountNobody(t *testing.T) {
	both := colombia(func(c *targeting.Configuration) { c.Locations = append(c.Locations, targeting.Location{Country: "PE"}) })
	without := both
	without.Exclusions = []targeting.Exclusion{{Criterion: targeting.ByCountry, Values: []string{"PE"}}}
	if got, want := estimate(t, without), estimate(t, colombia(nil)); got.Mid != want.Mid || got.Population != want.Population {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// anyConfiguration draws valid configurations.
func anyConfiguration(t *rapid.T) targeting.Configuration {
	c := colombia(nil)
	for _, code := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"PE", "MX", "ES", "US", "IN", "BT"}), 0, 3, rapid.ID).Draw(t, "countries") {
		c.Locations = append(c.Locations, targeting.Location{Country: code})
	}
	if rapid.Bool().Draw(t, "ages") {
		low := rapid.IntRange(13, 60).Draw(t, "min")
		c.AgeRange = &targeting.AgeRange{Min: low, Max: rapid.IntRange(low, 65).Draw(t, "max")}
	}
	c.Genders = rapid.SliceOfNDistinct(rapid.SampledFrom([]targeting.Gender{"female", "male"}), 0, 2, rapid.ID).Draw(t, "genders")
	c.Interests = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"607", "243", "1637", "676", "348"}), 1, 4, rapid.ID).Draw(t, "interests")
	c.Languages = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"es", "en", "qu"}), 0, 2, rapid.ID).Draw(t, "languages")
	return c
}

// Asking for less than before never reaches more people.
func TestNarrowingNeverReachesMore(t *testing.T) {
	narrower := []func(*targeting.Configuration){
		func(c *targeting.Configuration) { c.Behaviors = []string{"travellers"} },
		func(c *targeting.Configuration) { c.DeviceTypes = []targeting.DeviceType{"mobile"} },
		func(c *targeting.Configuration) { c.Locations = c.Locations[:1] },
		func(c *targeting.Configuration) { c.Interests = c.Interests[:1] },
		func(c *targeting.Configuration) { c.Genders = []targeting.Gender{"female"} },
		func(c *targeting.Configuration) {
			c.Exclusions = []targeting.Exclusion{{Criterion: "devices", Values: nil}}
			c.Exclusions = nil
		},
		func(c *targeting.Configuration) {
			c.Exclusions = []targeting.Exclusion{{Criterion: targeting.ByInterest, Values: []string{"719"}}}
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfiguration(t)
		before := estimate(t, c)
		if before.Low > before.Mid || before.Mid > before.High || before.High > before.Population || before.Low < 0 {
			t.Fatalf("%+v", before)
		}
		i := rapid.IntRange(0, len(narrower)-1).Draw(t, "step")
		if i == 4 && slices.Equal(c.Genders, []targeting.Gender{"male"}) {
			return // other people, not fewer
		}
		c.Locations, c.Interests = slices.Clone(c.Locations), slices.Clone(c.Interests)
		narrower[i](&c)
		if after := estimate(t, c); after.Mid > before.Mid {
			t.Fatalf("step %d: %d became %d", i, before.Mid, after.Mid)
		}
	})
}

// The range widens with every criterion that is only guessed.
func TestIgnoranceWidens(t *testing.T) {
	ratio := func(e Estimate) float64 { return float64(e.High) / math.Max(1, float64(e.Low)) }
	last := 1.0
	c := colombia(nil)
	for _, add := range []func(){
		func() {}, func() { c.Behaviors = []string{"x"} }, func() { c.JobTitles = []string{"chef"} }, func() { c.Locations[0].City = "Cali" },
	} {
		add()
		got := estimate(t, c)
		if r := ratio(got); r <= last {
			t.Errorf("%d to %d is no wider than before", got.Low, got.High)
		} else {
			last = r
		}
	}
	if got := estimate(t, c); got.Confidence != Low {
		t.Errorf("four guesses are %s confidence", got.Confidence)
	}
}

func TestDefaultsThatAreNoShares(t *testing.T) {
	for _, text := range []string{
		`{`, `{}`, `{"interest":{"by_depth":[{"share":2,"low":1,"high":3}]},"purchase_intent":{"by_depth":[{"share":0.1,"low":0.1,"high":0.1}]}}`,
		`{"interest":{"by_depth":[{"share":0.1,"low":0.1,"high":0.1}]},"purchase_intent":{"by_depth":[{"share":0.1,"low":0.1,"high":0.1}]},"shares":{"behaviors":{"*":{"share":0,"low":0,"high":0}}}}`,
	} {
		if _, err := ReadDefaults([]byte(text)); err == nil {
			t.Errorf("%s passes", text)
		}
	}
}

func TestAConfigurationThatIsNotValid(t *testing.T) {
	if _, err := estimator().Estimate(targeting.Configuration{}); err == nil {
		t.Error("nothing is estimated")
	}
}

func BenchmarkEstimate(b *testing.B) {
	c := colombia(func(c *targeting.Configuration) { c.AgeRange = &targeting.AgeRange{Min: 25, Max: 54} })
	e := estimator()
	for b.Loop() {
		if _, err := e.Estimate(c); err != nil {
			b.Fatal(err)
		}
	}
}
