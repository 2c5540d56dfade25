package pacing

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/localday"
)

var bogota = zone("America/Bogota")

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func date(s string, z *time.Location) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, z)
	if err != nil {
		panic(err)
	}
	return t
}

// june is 1 000 over ten days.
var june = Plan{Limit: 1000_000_000, From: date("2026-06-01 00:00", bogota), To: date("2026-06-11 00:00", bogota), Zone: bogota}

func days(first string, spends ...int64) []Day {
	day, err := localday.Parse(first)
	if err != nil {
		panic(err)
	}
	var all []Day
	for i, s := range spends {
		all = append(all, Day{day + localday.Day(i), s * 1_000_000})
	}
	return all
}

func sum(days []Day) (total int64) {
	for _, d := range days {
		total += d.Spend
	}
	return total
}

func TestPaceOverTheStatesOfAPlan(t *testing.T) {
	for name, tt := range map[string]struct {
		curve     Curve
		now       string
		days      []Day
		status    Status
		reason    string
		index     float64
		rate      int64 // units; -1 for unknown
		landing   int64
		required  int64
		confident Confidence
	}{
		"before it begins":              {Curve{}, "2026-05-30 12:00", nil, Unknown, "not_started", 0, -1, -1, 100, Low},
		"the first day is unknown":      {Curve{}, "2026-06-01 12:00", days("2026-06-01", 50), OnTrack, "", 1, -1, -1, 100, Low},
		"today is no complete day":      {Curve{}, "2026-06-03 12:00", days("2026-06-01", 100, 120, 5), OnTrack, "", 0.9, 110, 1100, 97, Low},
		"no delivery is a day of zero":  {Curve{}, "2026-06-03 00:00", days("2026-06-01", 0, 0), Behind, "", 0, 0, 0, 125, Low},
		"too fast":                      {Curve{}, "2026-06-06 00:00", days("2026-06-01", 150, 150, 150, 150, 150), Ahead, "", 1.5, 150, 1500, 50, Medium},
		"as fast as possible is no sin": {Curve{Shape: ASAP}, "2026-06-06 00:00", days("2026-06-01", 150, 150, 150, 150, 150), Behind, "", 0.75, 150, 1500, 50, Medium},
		"front loaded":                  {Curve{Shape: FrontLoaded}, "2026-06-06 00:00", days("2026-06-01", 120, 120, 120, 120, 120), OnTrack, "", 1, 120, 1200, 80, Medium},
		"over":                          {Curve{}, "2026-06-12 00:00", days("2026-06-01", 100, 100, 100, 100, 100, 100, 100, 100, 100, 100), OnTrack, "", 1, 100, 1000, -1, Medium},
		"spent before its end":          {Curve{}, "2026-06-09 00:00", days("2026-06-01", 200, 200, 200, 200, 200, 0, 0, 0), Ahead, "", 1.25, 114, 1228, 0, Medium},
	} {
		plan := june
		plan.Curve = tt.curve
		p := plan.Of(date(tt.now, bogota), sum(tt.days), tt.days)
		if p.Status != tt.status || p.Reason != tt.reason || p.Confidence != tt.confident {
			t.Errorf("%s: %+v", name, p)
		}
		if tt.reason == "" && (p.Index == nil || math.Abs(*p.Index-tt.index) > 0.01) {
			t.Errorf("%s: index %v, want %v", name, *p.Index, tt.index)
		}
		for what, pair := range map[string]struct {
			got  *int64
			want int64
		}{"rate": {p.RunRate, tt.rate}, "landing": {p.Landing, tt.landing}, "required": {p.Required, tt.required}} {
			if (pair.got == nil) != (pair.want < 0) || pair.got != nil && *pair.got/1_000_000 != pair.want {
				t.Errorf("%s: %s is %v, want %d", name, what, shown(pair.got), pair.want)
			}
		}
	}
}

func shown(p *int64) any {
	if p == nil {
		return "unknown"
	}
	return *p
}

// A day of 23 or 25 hours is one day.
func TestDaysLeftCountLocalDays(t *testing.T) {
	for name, tt := range map[string]struct {
		zone     string
		from, to string
		want     float64
	}{
		"clocks go forward":      {"America/New_York", "2026-03-08 00:00", "2026-03-09 00:00", 1},
		"clocks go back":         {"America/New_York", "2026-11-01 00:00", "2026-11-02 00:00", 1},
		"by half an hour":        {"Australia/Lord_Howe", "2026-04-05 00:00", "2026-04-06 00:00", 1},
		"a day without midnight": {"America/Asuncion", "2023-10-01 01:00", "2023-10-02 00:00", 1},
		"a date that is skipped": {"Pacific/Apia", "2011-12-29 00:00", "2011-12-31 00:00", 1},
		"half of the last":       {"America/Bogota", "2026-06-01 00:00", "2026-06-03 12:00", 2.5},
	} {
		z := zone(tt.zone)
		p := Plan{Limit: 1, From: date(tt.from, z), To: date(tt.to, z), Zone: z}
		if got := p.daysLeft(p.From); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func anyCurve() *rapid.Generator[Curve] {
	return rapid.Custom(func(t *rapid.T) Curve {
		c := Curve{Shape: rapid.SampledFrom(append([]Shape{""}, Shapes...)).Draw(t, "shape")}
		if c.Shape != Custom {
			return c
		}
		n := rapid.IntRange(1, 6).Draw(t, "points")
		spent := 0.0
		for i := range n {
			spent = rapid.Float64Range(spent, 1).Draw(t, "spent")
			c.Points = append(c.Points, Waypoint{float64(i+1) / float64(n+1), spent})
		}
		return c
	})
}

func TestCurvesRiseFromNothingToAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCurve().Draw(t, "curve")
		if wrong := c.Check("curve"); len(wrong) > 0 {
			t.Fatalf("%+v: %v", c, wrong)
		}
		a, b := rapid.Float64Range(-1, 2).Draw(t, "a"), rapid.Float64Range(-1, 2).Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		if x, y := c.At(a), c.At(b); x > y+1e-12 || x < 0 || y > 1 {
			t.Fatalf("%+v: %v at %v, %v at %v", c, x, a, y, b)
		}
		if c.At(0) != 0 || c.At(1) != 1 || c.At(math.NaN()) != 0 {
			t.Fatalf("%+v does not go from nothing to all", c)
		}
	})
}

func TestCurvesThatCannotBeFollowed(t *testing.T) {
	for _, c := range []Curve{
		{Shape: "steep"}, {Shape: Custom}, {Shape: Even, Points: []Waypoint{{0.5, 0.5}}}, {Shape: Custom, Points: []Waypoint{{0.5, 0.6}, {0.4, 0.7}}},
		{Shape: Custom, Points: []Waypoint{{0.5, 0.6}, {0.6, 0.5}}}, {Shape: Custom, Points: []Waypoint{{math.NaN(), 0.5}}}, {Shape: Custom, Points: []Waypoint{{0.5, math.NaN()}}},
		{Shape: Custom, Points: make([]Waypoint, MaxPoints+1)}, {Shape: Custom, Points: []Waypoint{{1, 1}}},
	} {
		if len(c.Check("curve")) == 0 {
			t.Errorf("%+v passes", c)
		}
	}
}

// history draws a campaign's days: a level, a weekday effect, noise that lasts.
func history(r *rand.Rand, n int) []float64 {
	level, noise := 100+400*r.Float64(), 0.0
	var week [7]float64
	for i := range week {
		week[i] = 0.75 + 0.5*r.Float64()
	}
	out := make([]float64, n)
	for i := range out {
		noise = 0.6*noise + 0.15*r.NormFloat64()
		out[i] = level * week[i%7] * math.Exp(noise)
	}
	return out
}

// The probability of overspend is a probability: over many campaigns it says
// more than the base rate does, and the interval holds about as often as it
// claims.
func TestTheProbabilityOfOverspendIsCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	n, over, held := 300, 0.0, 0.0
	if testing.Short() {
		n = 120
	}
	probabilities, happened := make([]float64, n), make([]float64, n)
	for i := range n {
		learned, horizon := 10+r.IntN(40), 7+r.IntN(8)
		all := history(r, learned+horizon)
		plan := Plan{From: date("2026-01-01 00:00", bogota), Zone: bogota}
		var known []Day
		first := localday.Of(plan.From, bogota)
		spent := int64(0)
		for k, v := range all[:learned] {
			known = append(known, Day{first + localday.Day(k), int64(v * 1e6)})
			spent += int64(v * 1e6)
		}
		came := 0.0
		for _, v := range all[learned:] {
			came += v * 1e6
		}
		now, _ := localday.Bounds(first+localday.Day(learned), bogota)
		plan.To = now.AddDate(0, 0, horizon)
		plan.Limit = spent + int64(came*(0.7+0.6*r.Float64()))
		out, err := plan.Ahead(now, spent, known, horizon)
		if err != nil {
			t.Fatal(err)
		}
		if total := spent + int64(came); total >= out.P10 && total <= out.P90 {
			held++
		}
		probabilities[i] = out.Overspend
		if spent+int64(came) > plan.Limit {
			happened[i] = 1
			over++
		}
		if out.P10 > out.P50 || out.P50 > out.P90 || out.P10 < spent || out.Overspend < 0 || out.Overspend > 1 || out.Error == nil {
			t.Fatalf("%+v", out)
		}
	}
	base, brier, reference := over/float64(n), 0.0, 0.0
	for i := range n {
		brier += (probabilities[i] - happened[i]) * (probabilities[i] - happened[i])
		reference += (base - happened[i]) * (base - happened[i])
	}
	skill := 1 - brier/reference
	t.Logf("Brier skill %.2f; P10 to P90 holds %.0f %%", skill, 100*held/float64(n))
	if skill < 0.3 || held/float64(n) < 0.7 || held/float64(n) > 0.95 {
		t.Error("not calibrated")
	}
}

func TestAnOutlookOfOneDay(t *testing.T) {
	out, err := june.Ahead(date("2026-06-02 12:00", bogota), 130_000_000, days("2026-06-01", 100, 30), 9)
	if err != nil {
		t.Fatal(err)
	}
	if out.Confidence != Low || out.Error != nil || out.Backtests != 0 || out.P90 <= out.P50 || *out.Recommended != 100_000_000 || len(out.Daily) != 9 {
		t.Errorf("%+v", out)
	}
	if _, err := june.Ahead(date("2026-06-01 12:00", bogota), 30_000_000, days("2026-06-01", 30), 9); err == nil {
		t.Error("an outlook without a complete day")
	}
}

func TestMarginalCostOfASaturatingChannel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	inside := 0
	const runs = 40
	for range runs {
		var sample []Sample
		spend, results := 0.0, 0.0
		for range 60 {
			s := 50 + 250*r.Float64()
			mean := 2 * math.Pow(s, 0.6) // saturates
			n := math.Round(mean + math.Sqrt(mean)*r.NormFloat64())
			sample = append(sample, Sample{int64(s * 1e6), int64(math.Max(0, n))})
			spend, results = spend+s, results+n
		}
		e := Efficient("search", sample)
		if e.Marginal == nil || e.Average == nil || *e.Marginal <= *e.Average {
			t.Fatalf("%+v", e)
		}
		truth := int64(spend / results / 0.6 * 1e6)
		if truth >= *e.MarginalLow && truth <= *e.MarginalHigh {
			inside++
		}
	}
	if inside < runs*7/10 {
		t.Errorf("the 90 %% interval holds the truth in %d of %d", inside, runs)
	}
}

func TestMarginalCostIsNotToldWithoutEvidence(t *testing.T) {
	steady, few := make([]Sample, 30), make([]Sample, 30)
	for i := range steady {
		steady[i] = Sample{100_000_000 + int64(i%3)*1_000_000, 5}
		few[i] = Sample{int64(50+10*(i%9)) * 1_000_000, int64(i % 2)}
	}
	for reason, sample := range map[string][]Sample{
		"few_days": steady[:10], "steady_spend": steady, "few_results": few, "no_results": {{100, 0}},
	} {
		e := Efficient("x", sample)
		if e.Reason != reason || e.Marginal != nil || (e.Average == nil) != (reason == "no_results") {
			t.Errorf("%s: %+v", reason, e)
		}
	}
}

// The controller never authorises more than the plan has, whatever is reported.
func TestTheControllerNeverAuthorisesTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := june
		plan.Curve = anyCurve().Draw(t, "curve")
		c := NewController(plan, nil, rapid.Int64Range(0, 1<<50).Draw(t, "full"))
		spent := int64(0)
		for now := plan.From; now.Before(plan.To); now = now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "minutes")) * time.Minute) {
			amount := c.Authorise(now, spent, rapid.Int64Range(0, 1<<40).Draw(t, "minute"))
			if spent += amount; amount < 0 || spent > plan.Limit {
				t.Fatalf("%d of %d", spent, plan.Limit)
			}
		}
		if c.Rate(plan.To, 0) != 0 || c.Rate(plan.From.Add(-1), 0) != 0 {
			t.Fatal("it spends outside its time")
		}
	})
}
