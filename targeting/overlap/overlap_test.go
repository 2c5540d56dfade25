package overlap

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// Sizes are those of sets that are counted one by one.
func TestSetsAreCountedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfN(rapid.SliceOfDistinct(rapid.Uint32Range(0, 40), rapid.ID), MinGroups, MaxGroups).Draw(t, "groups")
		sets, in := make([]*roaring.Bitmap, len(groups)), map[uint32]int{}
		for i, g := range groups {
			sets[i] = roaring.BitmapOf(g...)
			for _, n := range g {
				in[n]++
			}
		}
		r := OfSets(sets)
		all, only := int64(0), make([]int64, len(groups))
		for n, count := range in {
			if count == len(groups) {
				all++
			}
			if count == 1 {
				for i := range sets {
					if sets[i].Contains(n) {
						only[i]++
					}
				}
			}
		}
		if r.Union.Mid != int64(len(in)) || r.Intersection.Mid != all {
			t.Fatalf("%+v of %v", r, groups)
		}
		for i := range groups {
			if r.Only[i].Mid != only[i] || r.Sizes[i].Mid != int64(len(groups[i])) {
				t.Fatalf("group %d: %+v", i, r)
			}
		}
		for _, p := range r.Pairs {
			if p.Intersection.Mid+p.Union.Mid != r.Sizes[p.A].Mid+r.Sizes[p.B].Mid {
				t.Fatalf("%+v", p)
			}
		}
	})
}

func in(country string, change func(*targeting.Configuration)) targeting.Configuration {
	c := targeting.Configuration{Locations: []targeting.Location{{Country: country}}, Interests: []string{"483"}}
	if change != nil {
		change(&c)
	}
	return c
}

var model = reach.New(reach.Standard(), time.Now)

func estimate(t *testing.T, all ...targeting.Configuration) Result {
	t.Helper()
	for i, c := range all {
		if err := c.Validate(); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	r, err := OfConfigurations(model, all)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestConfigurationsOnThePopulationModel(t *testing.T) {
	young := func(c *targeting.Configuration) { c.AgeRange = &targeting.AgeRange{Min: 18, Max: 34} }
	old := func(c *targeting.Configuration) { c.AgeRange = &targeting.AgeRange{Min: 35, Max: 65} }
	same := estimate(t, in("CO", nil), in("CO", nil))
	if p := same.Pairs[0]; p.Intersection != same.Sizes[0] || p.Union.Mid != same.Sizes[0].Mid || *p.Similarity != 1 || same.Only[0].Mid != 0 {
		t.Errorf("the same twice: %+v", same)
	}
	apart := estimate(t, in("CO", young), in("CO", old))
	if p := apart.Pairs[0]; p.Intersection.Mid != 0 || p.Union.Mid != apart.Sizes[0].Mid+apart.Sizes[1].Mid {
		t.Errorf("ages apart: %+v", apart)
	}
	if r := estimate(t, in("CO", nil), in("PE", nil)); r.Pairs[0].Intersection.Mid != 0 {
		t.Errorf("countries apart: %+v", r)
	}
	nested := estimate(t, in("CO", nil), in("CO", young))
	if p := nested.Pairs[0]; p.Intersection.Mid != nested.Sizes[1].Mid || p.Union.Mid != nested.Sizes[0].Mid {
		t.Errorf("one inside the other: %+v", nested)
	}
	mobile := func(c *targeting.Configuration) { c.DeviceTypes = []targeting.DeviceType{"mobile"} }
	for _, r := range []Result{estimate(t, in("CO", nil), in("CO", mobile)), estimate(t, in("CO", mobile), in("CO", nil))} {
		if p := r.Pairs[0]; p.Intersection.Mid != min(r.Sizes[0].Mid, r.Sizes[1].Mid) || p.Union.Mid != max(r.Sizes[0].Mid, r.Sizes[1].Mid) {
			t.Errorf("one device of all: %+v", r)
		}
	}
	other := estimate(t, in("CO", nil), in("CO", func(c *targeting.Configuration) { c.Interests = []string{"150"} }))
	if p := other.Pairs[0]; p.Intersection.Mid == 0 || p.Intersection.Mid >= min(other.Sizes[0].Mid, other.Sizes[1].Mid) {
		t.Errorf("other interests: %+v", other)
	}
	if share, ok := other.Pairs[0].Share(other.Sizes[0]); !ok || share <= 0 || share >= 1 {
		t.Errorf("share %v", share)
	}
}

// Of any configurations: an intersection is within its parts, and a union
// between the largest and the sum.
func TestEstimatesHoldTogether(t *testing.T) {
	anyone := rapid.Custom(func(t *rapid.T) targeting.Configuration {
		return in(rapid.SampledFrom([]string{"CO", "PE"}).Draw(t, "country"), func(c *targeting.Configuration) {
			if rapid.Bool().Draw(t, "aged") {
				from := rapid.IntRange(13, 60).Draw(t, "from")
				c.AgeRange = &targeting.AgeRange{Min: from, Max: rapid.IntRange(from, 65).Draw(t, "to")}
			}
			c.Genders = rapid.SampledFrom([][]targeting.Gender{nil, {"female"}, {"male"}}).Draw(t, "genders")
			c.Interests = rapid.SampledFrom([][]string{{"483"}, {"150"}, {"483", "150"}}).Draw(t, "interests")
			for _, code := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"MX", "BR", "EC"}), 0, 2, rapid.ID[string]).Draw(t, "further") {
				c.Locations = append(c.Locations, targeting.Location{Country: code})
			}
			c.Languages = rapid.SampledFrom([][]string{nil, {"es"}, {"es", "pt"}, {"en"}}).Draw(t, "languages")
			c.DeviceTypes = rapid.SampledFrom([][]targeting.DeviceType{nil, {"mobile"}, {"mobile", "desktop"}, {"tablet"}}).Draw(t, "devices")
			c.ConnectionTypes = rapid.SampledFrom([][]targeting.ConnectionType{nil, {"wifi"}, {"cellular"}}).Draw(t, "connections")
			c.Platforms = rapid.SampledFrom([][]targeting.Platform{nil, {"facebook"}, {"google"}, {"facebook", "instagram"}}).Draw(t, "platforms")
		})
	})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(anyone, MinGroups, 4).Draw(t, "all")
		r, err := OfConfigurations(model, all)
		if err != nil {
			t.Fatal(err)
		}
		var largest, sum int64
		for _, s := range r.Sizes {
			largest, sum = max(largest, s.Mid), sum+s.Mid
			if r.Intersection.Mid > s.Mid {
				t.Fatalf("all share more than one has: %+v", r)
			}
		}
		if r.Union.Mid < largest || r.Union.Mid > sum {
			t.Fatalf("union %+v", r)
		}
		for _, p := range r.Pairs {
			if p.Intersection.Mid > min(r.Sizes[p.A].Mid, r.Sizes[p.B].Mid) || *p.Similarity < 0 || *p.Similarity > 1 {
				t.Fatalf("%+v of %+v", p, r)
			}
			if back := Similarity(all[p.B], all[p.A]); back != *p.Similarity {
				t.Fatalf("similarity %v there and %v back", *p.Similarity, back)
			}
		}
	})
}

func TestSimilarityHasTheWeightsOfTheOriginal(t *testing.T) {
	a := in("CO", func(c *targeting.Configuration) {
		c.Genders, c.JobTitles = []targeting.Gender{"female"}, []string{"buyer"}
	})
	for name, tt := range map[string]struct {
		change func(*targeting.Configuration)
		want   float64
	}{
		"itself":        {func(*targeting.Configuration) {}, 1},
		"other gender":  {func(c *targeting.Configuration) { c.Genders = []targeting.Gender{"male"} }, 0.9},
		"other country": {func(c *targeting.Configuration) { c.Locations = []targeting.Location{{Country: "PE"}} }, 0.9},
		"other taste":   {func(c *targeting.Configuration) { c.Interests = []string{"150"} }, 0.7},
		"other trade":   {func(c *targeting.Configuration) { c.JobTitles = []string{"seller"} }, 0.9333},
	} {
		b := a
		tt.change(&b)
		if got := Similarity(a, b); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// Ten audiences, each of half of the people at random: the worst for bitmaps,
// which have nothing to leave out.
func BenchmarkSets(b *testing.B) {
	for _, size := range []int{10_000_000, 50_000_000} {
		b.Run(fmt.Sprintf("10x%dM", size/1_000_000), func(b *testing.B) {
			sets := make([]*roaring.Bitmap, MaxGroups)
			for i := range sets {
				sets[i] = atRandom(2*size, uint64(i))
			}
			for b.Loop() {
				OfSets(sets)
			}
			b.ReportMetric(float64(sets[0].GetSizeInBytes())/1e6, "MB/set")
		})
	}
}

// atRandom is half of so many people.
func atRandom(among int, seed uint64) *roaring.Bitmap {
	random := rand.New(rand.NewPCG(1, seed))
	words := make([]uint64, among/64)
	for w := range words {
		words[w] = random.Uint64()
	}
	return roaring.FromDense(words, false)
}
