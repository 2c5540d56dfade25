package anomaly

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// feed gives a detector n values, a step apart.
func feed(d *Detector, start time.Time, step time.Duration, n int, value func(i int, at time.Time) float64) []Verdict {
	verdicts := make([]Verdict, n)
	for i := range n {
		at := start.Add(time.Duration(i) * step)
		verdicts[i] = d.Observe(Observation{At: at, Value: value(i, at)})
	}
	return verdicts
}

func anomalies(verdicts []Verdict) []int {
	var rows []int
	for i, v := range verdicts {
		if v.Anomalous {
			rows = append(rows, i)
		}
	}
	return rows
}

func noise(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// daily is a campaign's hourly figure: a day's wave, weekends lower, noise.
func daily(r *rand.Rand) func(int, time.Time) float64 {
	return func(_ int, at time.Time) float64 {
		wave := 100 + 60*math.Sin(2*math.Pi*float64(at.Hour()-9)/24)
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			wave *= 0.7
		}
		return wave + 5*r.NormFloat64()
	}
}

func TestSeasonalSeriesWithNoiseHasFewAlarms(t *testing.T) {
	total := 0
	for seed := range uint64(10) {
		verdicts := feed(New(Options{}), monday, time.Hour, 12*7*24, daily(noise(seed)))
		total += len(anomalies(verdicts))
	}
	if perWeek := float64(total) / (10 * 12); perWeek > 0.4 {
		t.Errorf("%.2f alarms per series and week", perWeek)
	}
}

func TestHeavyTailHasFewAlarms(t *testing.T) {
	total := 0
	for seed := range uint64(10) {
		r := noise(seed)
		verdicts := feed(New(Options{}), monday, time.Hour, 12*7*24, func(int, time.Time) float64 {
			return 0.1 * math.Exp(0.6*r.NormFloat64())
		})
		total += len(anomalies(verdicts))
	}
	if perWeek := float64(total) / (10 * 12); perWeek > 0.5 {
		t.Errorf("%.2f alarms per series and week", perWeek)
	}
}

func TestWhatStandsOutIsNamed(t *testing.T) {
	const weeks = 6 * 7 * 24
	for _, c := range []struct {
		name   string
		change func(i int, usual float64) float64 // from i = 0, at noon of a Monday
		within int
		kinds  []Kind
	}{
		{"spike", func(i int, u float64) float64 { return u + 200*float64(max(0, 1-i)) }, 1, []Kind{Spike}},
		{"drop", func(_ int, u float64) float64 { return u - 60 }, 1, []Kind{Drop}},
		{"no delivery", func(int, float64) float64 { return 0 }, 1, []Kind{NoDelivery}},
		{"small new level", func(_ int, u float64) float64 { return u + 25 }, 12, []Kind{LevelShift, Spike, Unrest}},
	} {
		usual := daily(noise(4))
		d := New(Options{})
		feed(d, monday, time.Hour, weeks+12, usual)
		start := monday.Add((weeks + 12) * time.Hour)
		verdicts := feed(d, start, time.Hour, 24, func(i int, at time.Time) float64 {
			return c.change(i, usual(i, at))
		})
		rows := anomalies(verdicts)
		if len(rows) == 0 || rows[0] >= c.within {
			t.Errorf("%s: anomalies at %v", c.name, rows)
			continue
		}
		v := verdicts[rows[0]]
		if !strings.Contains(kinds(c.kinds), string(v.Kind)) {
			t.Errorf("%s: called %s", c.name, v)
		}
		if len(v.Evidence) == 0 || v.Evidence[0].OneIn < 1000 || v.Confidence != High {
			t.Errorf("%s: evidence %+v, confidence %s", c.name, v.Evidence, v.Confidence)
		}
		if v.Observed >= v.Expected.Low && v.Observed <= v.Expected.High {
			t.Errorf("%s: %g is inside of %+v", c.name, v.Observed, v.Expected)
		}
	}
}

func kinds(list []Kind) string {
	var b strings.Builder
	for _, k := range list {
		b.WriteString(string(k) + " ")
	}
	return b.String()
}

func TestUnrest(t *testing.T) {
	r := noise(8)
	d := New(Options{})
	feed(d, monday, time.Hour, 1000, func(int, time.Time) float64 { return 50 + r.NormFloat64() })
	verdicts := feed(d, monday.Add(1000*time.Hour), time.Hour, 24, func(i int, _ time.Time) float64 {
		return 50 + 3*float64(1-2*(i%2)) // never far, never quiet
	})
	rows := anomalies(verdicts)
	if len(rows) == 0 || verdicts[rows[0]].Kind != Unrest {
		t.Errorf("anomalies %v", rows)
	}
}

func TestFlatline(t *testing.T) {
	r := noise(3)
	d := New(Options{})
	feed(d, monday, time.Hour, 1000, func(int, time.Time) float64 { return 50 + r.NormFloat64() })
	verdicts := feed(d, monday.Add(1000*time.Hour), time.Hour, 40, func(int, time.Time) float64 { return 50 })
	rows := anomalies(verdicts)
	if len(rows) != 1 || rows[0] < 10 || verdicts[rows[0]].Kind != Flatline {
		t.Errorf("anomalies %v", rows)
	}
}

func TestLevelShiftIsToldAndLearned(t *testing.T) {
	usual := daily(noise(5))
	d := New(Options{})
	feed(d, monday, time.Hour, 6*7*24, usual)
	start := monday.Add(6 * 7 * 24 * time.Hour)
	verdicts := feed(d, start, time.Hour, 6*7*24, func(i int, at time.Time) float64 {
		return 150 + usual(i, at)
	})
	rows := anomalies(verdicts)
	if !reflect.DeepEqual(rows, []int{0}) {
		t.Errorf("told at %v, want once and at once", rows)
	}
	at := start.Add(6 * 7 * 24 * time.Hour)
	if got, want := d.Expect(at).Mid, 150+usual(0, at); math.Abs(got-want) > 30 {
		t.Errorf("expects %g after it, want about %g", got, want)
	}
}

func TestColdStart(t *testing.T) {
	d := New(Options{})
	if got := d.Expect(monday); got != (Range{}) {
		t.Errorf("expects %+v of nothing", got)
	}
	r := noise(6)
	verdicts := feed(d, monday, time.Hour, 24, func(i int, _ time.Time) float64 {
		if i == 20 {
			return 900
		}
		return 100 + 3*r.NormFloat64()
	})
	if got := anomalies(verdicts); !reflect.DeepEqual(got, []int{20}) {
		t.Errorf("on the first day: %v, want the one at 20", got)
	}
	for i, v := range verdicts {
		if v.Confidence != Low || v.Learned != i {
			t.Fatalf("value %d: confidence %s, learned %d", i, v.Confidence, v.Learned)
		}
	}
	for _, c := range []struct {
		days int
		want Confidence
	}{{1, Low}, {5, Medium}, {13, Medium}, {14, High}, {40, High}} {
		d := New(Options{})
		feed(d, monday, time.Hour, c.days*24, daily(noise(1)))
		v := d.Observe(Observation{At: monday.Add(time.Duration(c.days) * 24 * time.Hour), Value: 40})
		if v.Confidence != c.want {
			t.Errorf("after %d days: %s, want %s", c.days, v.Confidence, c.want)
		}
	}
}

func TestColdStartIsQuiet(t *testing.T) {
	total := 0
	for seed := range uint64(40) {
		total += len(anomalies(feed(New(Options{}), monday, time.Hour, 7*24, daily(noise(seed)))))
	}
	if total > 40 {
		t.Errorf("%d alarms in the first week of 40 series", total)
	}
}

func TestDeterministic(t *testing.T) {
	a := feed(New(Options{}), monday, 5*time.Minute, 5000, daily(noise(11)))
	b := feed(New(Options{}), monday, 5*time.Minute, 5000, daily(noise(11)))
	if !reflect.DeepEqual(a, b) {
		t.Error("the same values have other verdicts")
	}
}

// What comes later must not change what was said.
func TestNoLookAhead(t *testing.T) {
	long := feed(New(Options{}), monday, time.Hour, 2000, daily(noise(12)))
	short := feed(New(Options{}), monday, time.Hour, 1000, daily(noise(12)))
	if !reflect.DeepEqual(long[:1000], short) {
		t.Error("verdicts depend on what came later")
	}
}

func TestScaleDoesNotMatter(t *testing.T) {
	once, times := daily(noise(13)), daily(noise(13))
	a := anomalies(feed(New(Options{}), monday, time.Hour, 2000, once))
	b := anomalies(feed(New(Options{}), monday, time.Hour, 2000, func(i int, at time.Time) float64 { return times(i, at) / 1024 }))
	if !reflect.DeepEqual(a, b) {
		t.Errorf("in another unit: %v and %v", a, b)
	}
}

// The hour is that of the location, on the days when clocks change too.
func TestHourIsLocal(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, madrid)
	total := 0
	for seed := range uint64(5) {
		verdicts := feed(New(Options{}), start, time.Hour, 8*7*24, daily(noise(seed)))
		total += len(anomalies(verdicts[4*7*24 : 5*7*24])) // clocks change on the 29th
	}
	if total > 3 {
		t.Errorf("%d alarms in five series when clocks change", total)
	}
}

func TestMemoryDoesNotGrow(t *testing.T) {
	d, r := New(Options{}), noise(14)
	i := 0
	observe := func() {
		d.Observe(Observation{At: monday.Add(time.Duration(i) * time.Minute), Value: 100 + r.NormFloat64()})
		i++
	}
	for range 3 * kept {
		observe()
	}
	if n := testing.AllocsPerRun(2000, observe); n > 0 {
		t.Errorf("%g allocations a value", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	d, r := New(Options{}), noise(15)
	usual := daily(r)
	b.ReportAllocs()
	for i := range b.N {
		at := monday.Add(time.Duration(i) * 5 * time.Minute)
		d.Observe(Observation{At: at, Value: usual(i, at)})
	}
}
