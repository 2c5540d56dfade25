package overlap

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// sets are audiences in memory, by the last digit of their id.
type sets []*roaring.Bitmap

func (l sets) Members(_ context.Context, _, id uuid.UUID) (audience.State, *roaring.Bitmap, error) {
	n := int(id[15])
	if n >= len(l) {
		return audience.State{}, nil, audience.ErrNotFound
	}
	return audience.State{ID: id, Name: fmt.Sprintf("L%d", n), Size: int64(l[n].GetCardinality()), Status: audience.Ready}, l[n], nil
}

func listID(n int) string {
	id := uuid.MustParse("019a0000-0000-7000-8000-000000000000")
	id[15] = byte(n)
	return id.String()
}

// noShares is a partner that has set no share itself.
type noShares struct{ reach.FactorStore }

func (noShares) Factors(_ context.Context, partner uuid.UUID) (*reach.Factors, error) {
	return reach.NoFactors(partner), nil
}

func people(first, n uint64) *roaring.Bitmap {
	set := roaring.New()
	set.AddRange(first, first+n)
	return set
}

// on is Colombia for some of the lists.
func on(numbers ...int) targeting.Configuration {
	c := targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}}
	for _, n := range numbers {
		c.CustomAudiences = append(c.CustomAudiences, listID(n))
	}
	return c
}

func alike(c targeting.Configuration, numbers ...int) targeting.Configuration {
	c.LookalikeAudiences = on(numbers...).CustomAudiences
	return c
}

func onPlatforms(c targeting.Configuration, names ...targeting.Platform) targeting.Configuration {
	c.Platforms = names
	return c
}

func compare(ctx context.Context, lists sets, all ...targeting.Configuration) (Result, error) {
	s := reach.NewService(reach.Config{Defaults: reach.Standard(), Audiences: lists, Factors: noShares{}, Now: time.Now})
	model, err := s.Model(ctx, uuid.MustParse(listID(200)), all)
	if err != nil {
		return Result{}, err
	}
	return OfConfigurations(model, all)
}

// What targetings for audiences that are kept here have in common is counted:
// half of the members are found, whichever campaign looks for them.
func TestTargetingsForKeptAudiencesAreCounted(t *testing.T) {
	lists := sets{people(0, 60_000), people(40_000, 40_000), people(90_000, 50_000), people(10_000, 20_000)}
	for name, tt := range map[string]struct {
		all         []targeting.Configuration
		both, union int64
	}{
		"nobody in both":               {[]targeting.Configuration{on(0), on(2)}, 0, 55_000},
		"the same":                     {[]targeting.Configuration{on(0), on(0)}, 30_000, 30_000},
		"the same in another order":    {[]targeting.Configuration{on(0, 2), on(2, 0)}, 55_000, 55_000},
		"some in both":                 {[]targeting.Configuration{on(0), on(1)}, 10_000, 40_000},
		"one inside the other":         {[]targeting.Configuration{on(0), on(3)}, 10_000, 30_000},
		"a list in common and others":  {[]targeting.Configuration{on(0, 2), on(1, 2)}, 35_000, 65_000},
		"custom and lookalike":         {[]targeting.Configuration{on(0), alike(on(), 1)}, 10_000, 40_000},
		"one campaign for all":         {[]targeting.Configuration{onPlatforms(on(0), "facebook"), on(0)}, 30_000, 30_000},
		"three, of whom two are apart": {[]targeting.Configuration{on(0), on(1), on(2)}, 0, 65_000},
		"three with some in all":       {[]targeting.Configuration{on(0), on(0, 1), on(3)}, 10_000, 40_000},
	} {
		r, err := compare(t.Context(), lists, tt.all...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		near := func(got, want int64) bool { return got >= want-2 && got <= want+2 }
		if !near(r.Intersection.Mid, tt.both) || !near(r.Union.Mid, tt.union) {
			t.Errorf("%s: %d in all and %d in any, want %d and %d", name, r.Intersection.Mid, r.Union.Mid, tt.both, tt.union)
		}
	}
}

// A list that only a platform knows is taken as independent of one kept here.
func TestAListOfAPlatformIsIndependentOfOneKeptHere(t *testing.T) {
	theirs := on()
	theirs.CustomAudiences = []string{"23840000000001"}
	for _, all := range [][]targeting.Configuration{{on(0), theirs}, {theirs, on(0)}} {
		r, err := compare(t.Context(), sets{people(0, 60_000)}, all...)
		if err != nil || r.Intersection.Mid < 290 || r.Intersection.Mid > 310 { // 1 % of the half that is found
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// Whatever the audiences, sizes hold together as those of sets do.
func TestTargetingsForKeptAudiencesHoldTogether(t *testing.T) {
	lists := sets{people(0, 60_000), people(40_000, 40_000), people(90_000, 50_000), people(10_000, 20_000)}
	rapid.Check(t, func(t *rapid.T) {
		anyone := rapid.Custom(func(t *rapid.T) targeting.Configuration {
			c := on(rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 1, 3, rapid.ID[int]).Draw(t, "on")...)
			c = alike(c, rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 0, 2, rapid.ID[int]).Draw(t, "alike")...)
			c.Genders = rapid.SampledFrom([][]targeting.Gender{nil, {"female"}, {"male"}}).Draw(t, "genders")
			return onPlatforms(c, rapid.SampledFrom([][]targeting.Platform{nil, {"facebook"}, {"google"}, {"facebook", "android"}}).Draw(t, "platforms")...)
		})
		all := rapid.SliceOfN(anyone, MinGroups, 4).Draw(t, "all")
		r, err := compare(context.Background(), lists, all...)
		if err != nil {
			t.Fatal(err)
		}
		var largest, sum int64
		for _, s := range r.Sizes {
			largest, sum = max(largest, s.Mid), sum+s.Mid
		}
		if r.Union.Mid < largest || r.Union.Mid > sum || r.Union.Low > r.Union.Mid || r.Union.Mid > r.Union.High {
			t.Fatalf("union of %v: %+v", all, r)
		}
		for _, p := range r.Pairs {
			if p.Intersection.Mid > min(r.Sizes[p.A].Mid, r.Sizes[p.B].Mid) {
				t.Fatalf("%+v of %v", p, all)
			}
		}
	})
}

// Ten targetings for ten audiences, each of half of the people at random.
func BenchmarkTargetingsForKeptAudiences(b *testing.B) {
	const size = 10_000_000
	var lists sets
	var all []targeting.Configuration
	for i := range MaxGroups {
		lists, all = append(lists, atRandom(2*size, uint64(i))), append(all, on(i))
	}
	for b.Loop() {
		if _, err := compare(context.Background(), lists, all...); err != nil {
			b.Fatal(err)
		}
	}
}
