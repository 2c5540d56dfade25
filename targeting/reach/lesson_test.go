package reach

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/targeting"
)

// finished are n campaigns that were estimated at 100 000 people, and what they
// implied.
func finished(implied ...int64) (all []Stored) {
	for i, n := range implied {
		all = append(all, Stored{
			Campaign: listID(i % 10), At: noon.Add(time.Duration(i) * time.Hour), Low: 50_000, Mid: 100_000, High: 200_000, Method: PopulationShares,
			Outcome: &Delivered{Implied: n},
		})
	}
	return all
}

func TestWhatIsLearnedOfPastEstimates(t *testing.T) {
	for name, c := range map[string]struct {
		past      []Stored
		low, high float64 // of the factor; 0: nothing is learned
	}{
		"nothing":                 {},
		"too few":                 {past: finished(50_000, 50_000, 50_000, 50_000)},
		"alike":                   {past: finished(50_000, 50_000, 50_000, 50_000, 50_000), low: 0.499, high: 0.501},
		"right on the whole":      {past: finished(80_000, 125_000, 100_000, 90_000, 111_111), low: 0.98, high: 1.02},
		"far apart, drawn to one": {past: finished(20_000, 500_000, 30_000, 400_000, 900_000), low: 1, high: 1.3},
		"beyond the bound":        {past: finished(900_000, 900_000, 900_000, 900_000, 900_000), low: MaxLesson, high: MaxLesson},
		"those that do not tell":  {past: finished(50_000, 50_000, 50_000, 50_000, 0)},
	} {
		got := lessons(c.past)
		if c.low == 0 {
			if len(got) != 0 {
				t.Errorf("%s: %+v", name, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Factor < c.low-1e-9 || got[0].Factor > c.high+1e-9 || got[0].Campaigns != len(c.past) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	kinds := append(finished(50_000, 50_000, 50_000, 50_000), finished(50_000, 50_000, 50_000, 50_000)...)
	for i := range 4 {
		kinds[i].Networks = []targeting.Platform{"facebook"}
	}
	if got := lessons(kinds); len(got) != 0 {
		t.Errorf("one network teaches another: %+v", got)
	}
	corrected := finished(50_000, 50_000, 50_000, 50_000, 50_000)
	for i := range corrected {
		corrected[i].Mid, corrected[i].Unlearned = 50_000, 100_000
	}
	if got := lessons(corrected); len(got) != 1 || math.Abs(got[0].Factor-0.5) > 0.001 {
		t.Errorf("what was corrected unlearns itself: %+v", got)
	}
}

// What is learned is applied: the middle moves, the range is no narrower, and
// the breakdown says so.
func TestPastEstimatesCorrectNewOnes(t *testing.T) {
	d := &desk{kept: finished(40_000, 50_000, 62_500, 50_000, 50_000, 45_000)}
	before := estimate(t, colombia(nil))
	after, err := d.service().Estimate(t.Context(), andes.Partner, Request{Configuration: colombia(nil)})
	f := shareOf(after, pastEstimates)
	if err != nil || math.Abs(float64(after.Mid)/(float64(before.Mid)*f.Mid)-1) > 0.001 || f.Mid > 0.6 || after.Unlearned != before.Mid || !strings.Contains(f.Basis, "6 finished campaigns") {
		t.Fatalf("%+v after %+v, %v", after, before, err)
	}
	if wide := func(e Estimate) float64 { return float64(e.High) / float64(e.Low) }; wide(after) <= wide(before) {
		t.Errorf("%v is no wider than %v", wide(after), wide(before))
	}
	other, err := d.service().Estimate(t.Context(), andes.Partner, Request{Configuration: colombia(func(c *targeting.Configuration) { c.Platforms = []targeting.Platform{"tiktok", "android"} })})
	if err != nil || other.Unlearned != 0 {
		t.Errorf("another network is corrected: %+v %v", other, err)
	}
	if model, err := d.service().Model(t.Context(), andes.Partner, []targeting.Configuration{colombia(nil)}); err != nil || model.lessons != nil {
		t.Errorf("%+v %v", model, err)
	}
}

func TestOutcomesOfFinishedCampaigns(t *testing.T) {
	plain, refined, silent := uuid.New(), uuid.New(), uuid.New()
	d := &desk{days: map[uuid.UUID][]Day{plain: curve(50_000, 20_000, 10), refined: curve(50_000, 20_000, 10), silent: {{Impressions: 10}}}}
	d.kept = []Stored{{Campaign: plain, Mid: 7}, {Campaign: refined, Mid: 7}, {Campaign: refined, Mid: 8, At: noon}, {Campaign: silent, Mid: 7}}
	for _, id := range []uuid.UUID{plain, refined, silent} {
		if err := d.service().Settle(t.Context(), andes.Partner, id, noon); err != nil {
			t.Fatal(err)
		}
	}
	if o := d.kept[0].Outcome; o == nil || math.Abs(float64(o.Implied)/50_000-1) > 0.02 || o.Reached >= o.Implied || !o.At.Equal(noon) {
		t.Errorf("%+v", o)
	}
	for _, s := range d.kept[1:] {
		if s.Outcome != nil && s.Outcome.Implied != 0 {
			t.Errorf("%+v teaches something", s)
		}
	}
}

// What is reported when a campaign is over already is learned from for a month,
// and never of one that still runs.
func TestWhatIsReportedLateIsLearnedFrom(t *testing.T) {
	silent, running := uuid.New(), uuid.New()
	d := &desk{days: map[uuid.UUID][]Day{silent: {{Impressions: 10}}, running: curve(50_000, 20_000, 10)}}
	d.kept = []Stored{{Campaign: silent, Mid: 7}, {Campaign: running, Mid: 7}}
	if err := d.service().Settle(t.Context(), andes.Partner, silent, noon.Add(-settling+time.Hour)); err != nil {
		t.Fatal(err)
	}
	implied := func() int64 {
		if err := d.service().Resettle(t.Context()); err != nil {
			t.Fatal(err)
		}
		return d.kept[0].Outcome.Implied
	}
	if n := implied(); n != 0 {
		t.Errorf("nothing is reported, and there are %d people", n)
	}
	d.days[silent] = curve(50_000, 20_000, 10)
	if n := implied(); math.Abs(float64(n)/50_000-1) > 0.02 || !d.kept[0].Outcome.At.Equal(noon.Add(-settling+time.Hour)) {
		t.Errorf("%+v", d.kept[0].Outcome)
	}
	before := *d.kept[0].Outcome
	d.kept[0].Outcome.At = noon.Add(-settling)
	d.days[silent] = curve(500_000, 20_000, 10)
	if n := implied(); n != before.Implied {
		t.Errorf("a month later %d became %d", before.Implied, n)
	}
	if d.kept[1].Outcome != nil {
		t.Errorf("it still runs: %+v", d.kept[1])
	}
}

// Estimates that are off by one factor throughout, and by chance beside it: the
// range of the next one holds the truth in at least about the share of cases that
// it is meant to, and no less often than before.
func TestTheCorrectedRangeHoldsAsOftenAsItIsMeantTo(t *testing.T) {
	const trials = 2000
	dice := rand.New(rand.NewPCG(5, 2026))
	// A hundredth of the people, so that twice as many are still there.
	whom := colombia(func(c *targeting.Configuration) { c.JobTitles = []string{"chef"} })
	base := estimate(t, whom)
	width := math.Log(float64(base.High)/float64(base.Low)) / (2 * z90)
	for _, k := range []int{LeastLessons, 12, 40} {
		for _, off := range []float64{0.5, 1, 2} {
			before, after := 0, 0
			for range trials {
				truth := func() float64 { return float64(base.Mid) * off * math.Exp(width*dice.NormFloat64()) }
				var logs []float64
				for range k {
					logs = append(logs, math.Log(truth()/float64(base.Mid)))
				}
				l, _ := learn(logs)
				l.Method = PopulationShares
				e := &Estimator{lessons: []Lesson{l}}
				next, n := base, truth()
				if n >= float64(base.Low) && n <= float64(base.High) {
					before++
				}
				e.learned(&next, whom)
				if n >= float64(next.Low) && n <= float64(next.High) {
					after++
				}
			}
			held, had := float64(after)/trials, float64(before)/trials
			if held < 0.78 || held > 0.9 || held < had {
				t.Errorf("%d campaigns, off by %v: %.3f held, %.3f before", k, off, held, had)
			}
		}
	}
}

// Whatever was learned, a range stays a range of people there are.
func TestALessonKeepsTheOrderOfARange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var implied []int64
		for range rapid.IntRange(5, 20).Draw(t, "campaigns") {
			implied = append(implied, rapid.Int64Range(1, 10_000_000_000).Draw(t, "implied"))
		}
		d := &desk{kept: finished(implied...)}
		e, err := d.service().Estimate(context.Background(), andes.Partner, Request{Configuration: colombia(nil)})
		if err != nil || e.Low < 0 || e.Low > e.Mid || e.Mid > e.High || e.High > e.Population || strings.Contains(fmt.Sprint(e.Factors), "NaN") {
			t.Fatalf("%+v %v", e, err)
		}
	})
}
