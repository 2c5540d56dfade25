package reach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// lists are audiences in memory.
type lists map[uuid.UUID]*roaring.Bitmap

func (l lists) Members(_ context.Context, _, id uuid.UUID) (audience.State, *roaring.Bitmap, error) {
	people := l[id]
	if people == nil {
		return audience.State{}, nil, audience.ErrNotFound
	}
	s := audience.State{ID: id, Name: "L" + id.String()[35:], Size: int64(people.GetCardinality()), MinimumSize: 100, Status: audience.Ready}
	if s.Size < s.MinimumSize {
		s.Status = audience.TooSmall
	}
	return s, people.Clone(), nil
}

func listID(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("019a0000-0000-7000-8000-00000000000%d", n))
}

func from(first, n uint64) *roaring.Bitmap {
	people := roaring.New()
	people.AddRange(first, first+n)
	return people
}

// Lists 1 and 2 share 20 000 people, 3 has nobody of theirs, 4 is small.
func (d *desk) withLists() *Service {
	s := d.service()
	s.Audiences = lists{listID(1): from(0, 60_000), listID(2): from(40_000, 40_000), listID(3): from(90_000, 50_000), listID(4): from(0, 3)}
	return s
}

// shown is Colombia for some of the lists, by their number; a negative one is
// left out.
func shown(numbers ...int) targeting.Configuration {
	c := targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}}
	for _, n := range numbers {
		if n > 0 {
			c.CustomAudiences = append(c.CustomAudiences, listID(n).String())
		} else {
			c.Exclusions = append(c.Exclusions, targeting.Exclusion{Criterion: targeting.ByAudience, Values: []string{listID(-n).String()}})
		}
	}
	if len(c.CustomAudiences) == 0 {
		c.Interests = []string{"607"}
	}
	return c
}

func TestAnAudienceBoundsAnEstimateByItsMembers(t *testing.T) {
	s := (&desk{}).withLists()
	lookalike := shown(1)
	lookalike.LookalikeAudiences = []string{listID(2).String()}
	women := shown(1)
	women.Genders = []targeting.Gender{"female"}
	everybody, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: shown()})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		whom           targeting.Configuration
		least, mid, no int64 // mid give or take one, and a bound of high
		says           string
	}{
		"one list, half of it matched":      {shown(1), 1, 30_000, 51_000, `60000 people are in "L1" today. Platforms find 50 % of them, 20 to 85. An assumption: `},
		"two lists, everybody once":         {shown(1, 2), 1, 40_000, 68_000, `80000 people are in "L1" or "L2" today.`},
		"both of two lists, exactly":        {lookalike, 1, 10_000, 17_000, "of the members of the audiences above, 20000 are in"},
		"without those of another, exactly": {shown(1, -2), 1, 20_000, 34_000, "of the members of the audiences above, 40000 are not in"},
		"without those who are not in it":   {shown(1, -3), 1, 30_000, 51_000, ""},
	} {
		e, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: c.whom})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Mid < c.mid-1 || e.Mid > c.mid+1 || e.High > c.no || e.Low < c.least || e.Low > e.Mid || e.Mid > e.High || !strings.Contains(fmt.Sprint(e.Factors), c.says) {
			t.Errorf("%s: %d to %d to %d of %v", name, e.Low, e.Mid, e.High, e.Factors)
		}
		if !strings.Contains(strings.Join(e.Assumptions, " "), "At most") {
			t.Errorf("%s does not say what bounds it: %v", name, e.Assumptions)
		}
	}
	half, _ := s.Estimate(t.Context(), andes.Partner, Request{Configuration: women})
	if half.Mid < 14_000 || half.Mid > 16_000 {
		t.Errorf("%d women of 60 000 people", half.Mid)
	}
	less, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: shown(-1, -2)})
	if gone := everybody.Mid - less.Mid; err != nil || gone < 20_000 || gone > 28_000 { // 40 000 matched, of whom 0.6 share the interest
		t.Errorf("80 000 people less, of whom half are found, are %d fewer of %d, %v", gone, everybody.Mid, err)
	}
}

func TestAudiencesThatEstimatesDoNotKnow(t *testing.T) {
	d := &desk{}
	s := d.withLists()
	c := shown(1, -7)
	c.LookalikeAudiences, c.AgeRange = []string{listID(9).String()}, &targeting.AgeRange{Min: 0, Max: 200}
	_, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: c})
	wrong := fault.As(err)
	var paths []string
	if wrong != nil {
		for _, f := range wrong.Fields {
			paths = append(paths, f.Path)
		}
	}
	if got := strings.Join(paths, " "); got != "age_range.min age_range.max lookalike_audiences[0] exclusions[0].values[0]" {
		t.Errorf("%s, %v", got, err)
	}
	platforms := shown(1)
	platforms.CustomAudiences = append(platforms.CustomAudiences, "23840000000001")
	e, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: platforms})
	if err != nil || e.High < 100_000 || !strings.Contains(shareOf(e, "custom_audiences").Basis, "not known here") {
		t.Errorf("a platform's own list bounds by ours: %+v %v", e, err)
	}
	if small, _ := s.Estimate(t.Context(), andes.Partner, Request{Configuration: shown(4)}); small.High > 3 || !strings.Contains(strings.Join(small.Assumptions, " "), "fewer members than its minimum") {
		t.Errorf("%+v", small)
	}
	own := Assumed{targeting.ByAudience, listID(1).String(), Share{0.5, 0.4, 0.6}, "Measured"}
	if _, err := s.SetFactors(t.Context(), andes, 1, []Assumed{own, {MatchRate, Any, Share{0.9, 0.8, 1}, "Our agency"}}, false); err != nil {
		t.Fatal(err)
	}
	if e, _ := s.Estimate(t.Context(), andes.Partner, Request{Configuration: shown(1)}); shareOf(e, "custom_audiences").Mid != 0.5 {
		t.Errorf("the partner's own share does not hold: %+v", e.Factors)
	}
	if e, _ := s.Estimate(t.Context(), andes.Partner, Request{Configuration: shown(2)}); e.Mid < 35_999 || e.Mid > 36_001 || !strings.Contains(shareOf(e, "custom_audiences").Basis, "Our agency") {
		t.Errorf("the partner's own match rate does not hold: %+v", e)
	}
	facebook := Assumed{MatchRate, "facebook", Share{0.6, 0.55, 0.65}, "Our ad account, May"}
	if _, err := s.SetFactors(t.Context(), andes, 0, []Assumed{facebook}, false); err != nil {
		t.Fatal(err)
	}
	there := shown(1)
	there.Platforms = []targeting.Platform{"facebook", "google"}
	if e, _ := s.Estimate(t.Context(), andes.Partner, Request{Configuration: there}); e.Mid != 36_000 || !strings.Contains(shareOf(e, "custom_audiences").Basis, "60 % of them, 55 to 65. Our ad account, May") {
		t.Errorf("the partner's own match rate of a platform does not hold: %+v", e)
	}
	s.Audiences = broken{}
	if _, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: shown(1)}); !errors.Is(err, errDisk) {
		t.Errorf("%v", err)
	}
}

// A match rate is an assumption and says so, also with defaults of one's own
// that are silent about it; those that are not are believed.
func TestMatchRatesSayThatTheyAreAnAssumption(t *testing.T) {
	rest := `"source": "Agency", "interest": {"by_depth": [{"share": 0.5, "low": 0.4, "high": 0.6}]}, "purchase_intent": {"by_depth": [{"share": 0.5, "low": 0.4, "high": 0.6}]}`
	for name, tt := range map[string]struct {
		file, source string
		of           Share
	}{
		"silent":  {`{` + rest + `}`, "An assumption: platforms publish no usual match rate", Share{0.5, 0.2, 0.85}},
		"its own": {`{` + rest + `, "shares": {"match_rates": {"*": {"share": 0.7, "low": 0.6, "high": 0.8}}}}`, "Agency", Share{0.7, 0.6, 0.8}},
		"its own, with its source": {
			`{` + rest + `, "sources": {"match_rates": "Our accounts"}, "shares": {"match_rates": {"*": {"share": 0.7, "low": 0.6, "high": 0.8}}}}`,
			"Our accounts", Share{0.7, 0.6, 0.8},
		},
	} {
		d, err := ReadDefaults([]byte(tt.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := slices.DeleteFunc(d.List(), func(a Assumed) bool { return a.Criterion != MatchRate })
		if len(found) != 1 || found[0].Share != tt.of || !strings.HasPrefix(found[0].Source, tt.source) {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

var errDisk = errors.New("disk")

type broken struct{}

func (broken) Members(context.Context, uuid.UUID, uuid.UUID) (audience.State, *roaring.Bitmap, error) {
	return audience.State{}, nil, errDisk
}

// Whatever is asked, more exclusions never reach more, and no estimate leaves
// the members there are.
func TestAudiencesNeverReachMoreThanTheirMembers(t *testing.T) {
	s := (&desk{}).withLists()
	rapid.Check(t, func(t *rapid.T) {
		c := shown(rapid.IntRange(1, 3).Draw(t, "in"))
		if rapid.Bool().Draw(t, "aged") {
			c.AgeRange = &targeting.AgeRange{Min: 25, Max: 44}
		}
		in, _ := s.Estimate(context.Background(), andes.Partner, Request{Configuration: c})
		for _, out := range rapid.Permutation([]int{1, 2, 3}).Draw(t, "out") {
			if c.CustomAudiences[0] == listID(out).String() {
				continue
			}
			c.Exclusions = append(c.Exclusions, targeting.Exclusion{Criterion: targeting.ByAudience, Values: []string{listID(out).String()}})
			less, err := s.Estimate(context.Background(), andes.Partner, Request{Configuration: c})
			if err != nil || less.Mid > in.Mid || less.High > in.High || less.Low > less.Mid || less.Mid > less.High {
				t.Fatalf("%+v after %+v, %v", less, in, err)
			}
			in = less
		}
		if in.High > 51_000 {
			t.Fatalf("%d people of at most 60 000", in.High)
		}
	})
}
