package panel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/targeting"
)

// anyQuestion draws whom to count.
func anyQuestion(t *rapid.T) Question {
	var q Question
	for _, code := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"US", "PE"}), 0, 2, rapid.ID).Draw(t, "countries") {
		q.Locations = append(q.Locations, targeting.Location{Country: code})
	}
	if rapid.Bool().Draw(t, "ages") {
		low := rapid.IntRange(13, 65).Draw(t, "min")
		q.AgeRange = &targeting.AgeRange{Min: low, Max: rapid.IntRange(low, 65).Draw(t, "max")}
	}
	q.Genders = rapid.SliceOfNDistinct(rapid.SampledFrom(targeting.Genders), 0, 2, rapid.ID).Draw(t, "genders")
	if rapid.Bool().Draw(t, "not") {
		q.Exclusions = append(q.Exclusions, targeting.Exclusion{Criterion: targeting.ByGender, Values: []string{"male"}})
	}
	attribute := func(label string) map[string]Match {
		asked := map[string]Match{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"occupation", "income", "hours-per-year"}), 0, 3, rapid.ID).Draw(t, label) {
			switch name {
			case "occupation":
				asked[name] = Match{Values: rapid.SliceOfN(rapid.SampledFrom(jobs[:4]), 1, 3).Draw(t, "jobs")}
			case "income":
				asked[name] = Match{Values: rapid.SliceOfN(rapid.SampledFrom(incomes), 1, 2).Draw(t, "incomes")}
			default:
				low := rapid.Float64Range(0, 2000).Draw(t, "from")
				high := low + rapid.Float64Range(0, 900).Draw(t, "wide")
				asked[name] = Match{Min: &low, Max: &high}
			}
		}
		return asked
	}
	q.Attributes = attribute("attributes")
	if rapid.Bool().Draw(t, "without") {
		q.ExcludeAttributes = attribute("without those")
	}
	return q
}

// The index counts what a plain scan counts, to the person, for any people and
// any question; and who asks for more is never answered with more people.
func TestTheIndexCountsWhatAScanCounts(t *testing.T) {
	d := newDesk()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		people := make([]person, rapid.IntRange(1, 600).Draw(t, "people"))
		alike := rapid.Bool().Draw(t, "alike")
		for i := range people {
			people[i] = somebody(r, alike)
		}
		people[0].country, people[len(people)-1].country = "US", "US"
		if len(people) > 1 {
			people[1].country = "Peru"
		}
		_, ix := d.loaded(t, CSV, asCSV(people))
		for range 5 {
			q := anyQuestion(t)
			if len(people) == 1 {
				q.Locations = nil
			}
			got, err := ix.Count(q)
			if err != nil {
				t.Fatalf("%v", err)
			}
			if want := scan(people, q); got.Hit.Rows != want.Rows || got.Hit.Weight != want.Weight || math.Abs(got.Hit.Squares-want.Squares) > 1e-9*want.Squares {
				t.Fatalf("%+v: counted %+v, a scan %+v", q, got.Hit, want)
			}
			before := got.People.Weight
			for _, s := range got.Steps {
				if s.Left.Weight > before {
					t.Fatalf("%s left %v of %v", s.Criterion, s.Left.Weight, before)
				}
				before = s.Left.Weight
			}
			if s := ix.SamplingOf(got, 1.28); !(s.Low <= got.Hit.Weight && got.Hit.Weight <= s.High && s.Low >= 0 && s.High <= got.People.Weight*(1+1e-12)) {
				t.Fatalf("%+v of %+v", s, got)
			}
		}
	})
}

// The range is meant to hold the people behind the file in 80 of 100 samples.
// Each sample is drawn from a population whose true shares are known, with
// weights that undo how likely each person was to be drawn.
func TestTheSamplingErrorIsHonest(t *testing.T) {
	d := newDesk()
	r := rand.New(rand.NewPCG(7, 7))
	population := make([]person, 40_000)
	for i := range population {
		population[i] = somebody(r, true)
	}
	questions := []Question{
		{Attributes: map[string]Match{"occupation": {Values: []string{"Exec-managerial"}}}},
		{Attributes: map[string]Match{"occupation": {Values: []string{"Exec-managerial"}}, "income": {Values: []string{">50K"}}}, Configuration: targeting.Configuration{AgeRange: &targeting.AgeRange{Min: 25, Max: 34}}},
		{Configuration: targeting.Configuration{AgeRange: &targeting.AgeRange{Min: 13, Max: 65}}},
	}
	const z80 = 1.2815515655446004
	samples := 100
	if testing.Short() {
		samples = 30
	}
	held, asked := 0, 0
	for range samples {
		var drawn []person
		total := 0.0
		for _, p := range population {
			chance := 0.01
			if p.income == ">50K" {
				chance = 0.03 // the rich are asked more often
			}
			if r.Float64() < chance {
				p.weight = 1 / chance
				total += p.weight
				drawn = append(drawn, p)
			}
		}
		for i := range drawn { // weighted to the known population, as panels are
			drawn[i].weight *= float64(len(population)) / total
		}
		_, ix := d.loaded(t, CSV, asCSV(drawn))
		for _, q := range questions {
			c, err := ix.Count(q)
			must(t, err)
			truth := scan(population, q).Weight
			if s := ix.SamplingOf(c, z80); s.Low <= truth && truth <= s.High {
				held++
			}
			asked++
		}
	}
	if share := float64(held) / float64(asked); share < 0.70 || share > 0.90 {
		t.Errorf("the range held the truth in %.0f of 100 cases", 100*share)
	}
}

func TestNobodyInASampleIsNotNobody(t *testing.T) {
	_, ix := newDesk().loaded(t, CSV, "weight,country,job\n1000,US,chef\n1000,US,chef\n1000,US,cook\n")
	c, err := ix.Count(Question{Attributes: map[string]Match{"job": {Values: []string{"pilot"}}}})
	must(t, err)
	s := ix.SamplingOf(c, 1.28)
	if c.Hit.Weight != 0 || s.Low != 0 || s.High < 500 || len(c.Notes) != 1 {
		t.Errorf("%+v, %+v", c, s)
	}
	ix.state.Complete = true
	if s := ix.SamplingOf(c, 1.28); s.High != 0 || s.EffectiveSize != 3 {
		t.Errorf("a complete file has an error: %+v", s)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	_, ix := newDesk().loaded(t, CSV, "country,age,job\nUS,30,chef\n")
	one, two := 1.0, 2.0
	for want, q := range map[string]Question{
		"attributes.star unknown_attribute": {Attributes: map[string]Match{"star": {Values: []string{"leo"}}}},
		"attributes.job required":           {Attributes: map[string]Match{"job": {Values: []string{}}}},
		"attributes.job not_a_number":       {Attributes: map[string]Match{"job": {Min: &one}}},
		"attributes.age.max out_of_range":   {Attributes: map[string]Match{"age": {Min: &two, Max: &one}}},
		"attributes.age required":           {Attributes: map[string]Match{"age": {}}},
	} {
		_, err := ix.Count(q)
		if got := paths(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	_, err := ix.Count(Question{Configuration: targeting.Configuration{Locations: []targeting.Location{{Country: "PE"}, {Country: "CL"}}}})
	if codeIn(err) != "country_not_in_panel" {
		t.Errorf("%v", err)
	}
}

// What the panel has no column for is named, and not taken for nothing.
func TestWhatThePanelDoesNotKnow(t *testing.T) {
	_, ix := newDesk().loaded(t, CSV, "country,age,region\nUS,30,Ohio\nUS,40,Iowa\n")
	q := Question{Configuration: targeting.Configuration{
		Genders: []targeting.Gender{"male"}, Interests: []string{"607"}, AgeRange: &targeting.AgeRange{Min: 20, Max: 35},
		Locations:  []targeting.Location{{Country: "US", Region: "Ohio"}, {Country: "US", Region: "iowa"}},
		Exclusions: []targeting.Exclusion{{Criterion: targeting.ByCity, Values: []string{"Lima"}}},
	}}
	c, err := ix.Count(q)
	must(t, err)
	if want := []string{"genders", "interests", "not cities"}; !slices.Equal(c.Left, want) || c.Hit.Rows != 1 {
		t.Errorf("%v, want %v: %+v", c.Left, want, c)
	}
	q.Locations[0].RadiusKM, q.Locations[0].City = 5, "Dayton"
	if c, err = ix.Count(q); err != nil || c.Left[0] != Places {
		t.Errorf("%+v %v", c, err)
	}
}

func TestSeveralValuesOfOnePerson(t *testing.T) {
	_, ix := newDesk().loaded(t, NDJSON, `{"country":"US","interests":["607","608"],"vip":true}
{"country":"US","interests":"608","score":2.5}
{"country":"US","interests":null,"score":3}
`)
	for want, q := range map[int64]Question{
		2: {Configuration: targeting.Configuration{Interests: []string{"608"}}},
		1: {Configuration: targeting.Configuration{Interests: []string{"607"}}},
	} {
		if c, err := ix.Count(q); err != nil || c.Hit.Rows != want || len(c.Left) != 0 {
			t.Errorf("%+v %v, want %d", c, err, want)
		}
	}
	c, err := ix.Count(Question{Attributes: map[string]Match{"vip": {Values: []string{"true"}}}})
	if err != nil || c.Hit.Rows != 1 || c.Unknown.Rows != 2 {
		t.Errorf("%+v %v", c, err)
	}
}
