package anomaly

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestLateDataNeitherFiresNorTeaches(t *testing.T) {
	d, twin := New(Options{}), New(Options{})
	usual, same := daily(noise(7)), daily(noise(7))
	for week := range 8 {
		start := monday.Add(time.Duration(week) * 7 * 24 * time.Hour)
		got := feed(d, start, time.Hour, 7*24, usual)
		want := feed(twin, start, time.Hour, 7*24, same)
		if !reflect.DeepEqual(got, want) {
			t.Fatal("late values have taught")
		}
		for _, late := range []time.Duration{167, 100, 1} {
			v := d.Observe(Observation{At: start.Add(late * time.Hour), Value: 1e9})
			if v.Ignored != Late || v.Anomalous || v.Score != 0 {
				t.Fatalf("late value: %+v", v)
			}
		}
	}
}

func TestWhatIsNoNumberNeverEnters(t *testing.T) {
	d := New(Options{})
	usual := daily(noise(9))
	for i := range 2000 {
		at := monday.Add(time.Duration(i) * time.Hour)
		bad := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e31}[i%5]
		if v := d.Observe(Observation{At: at, Value: bad}); v.Ignored != NotFinite || v.Score != 0 || v.Learned != i {
			t.Fatalf("%g: %+v", bad, v)
		}
		v := d.Observe(Observation{At: at, Value: usual(i, at)})
		for _, x := range []float64{v.Score, v.Expected.Low, v.Expected.Mid, v.Expected.High} {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("value %d: %+v", i, v)
			}
		}
	}
}

func TestHugeAndTinyValuesStayFinite(t *testing.T) {
	for _, scale := range []float64{1e30, 1e-30, 0, -1e30} {
		r := noise(2)
		for _, v := range feed(New(Options{}), monday, time.Hour, 500, func(int, time.Time) float64 { return scale * r.Float64() }) {
			if _, err := json.Marshal(v); err != nil || v.Score < 0 || v.Score > 1 {
				t.Fatalf("scale %g: %+v: %v", scale, v, err)
			}
		}
	}
}

func TestSmallSampleIsNeitherJudgedNorLearned(t *testing.T) {
	d := New(Options{MinSample: 1000})
	r := noise(10)
	for i := range 600 {
		at := monday.Add(time.Duration(i) * time.Hour)
		if v := d.Observe(Observation{At: at, Value: 0.9, Sample: 999}); v.Ignored != SmallSample || v.Learned != i {
			t.Fatalf("sample of 999: %+v", v)
		}
		v := d.Observe(Observation{At: at, Value: 0.012 + 0.0005*r.NormFloat64(), Sample: 1000})
		if v.Ignored != "" {
			t.Fatalf("sample of 1000: %+v", v)
		}
	}
	v := d.Observe(Observation{At: monday.Add(600 * time.Hour), Value: 0.001, Sample: 50_000})
	if !v.Anomalous || v.Kind != Drop {
		t.Errorf("a ctr that collapsed: %s", v)
	}
}

func TestGapsDoNotFire(t *testing.T) {
	total := 0
	for seed := range uint64(10) {
		r, gaps := noise(seed), noise(seed+100)
		d, usual := New(Options{}), daily(r)
		at := monday
		for i := range 12 * 7 * 24 {
			at = at.Add(time.Hour)
			if gaps.IntN(60) == 0 {
				at = at.Add(time.Duration(gaps.IntN(72)) * time.Hour)
			}
			if d.Observe(Observation{At: at, Value: usual(i, at)}).Anomalous {
				total++
			}
		}
	}
	if perWeek := float64(total) / (10 * 12); perWeek > 0.5 {
		t.Errorf("%.2f alarms per series and week", perWeek)
	}
}

func TestConstantSeries(t *testing.T) {
	for _, level := range []float64{0, 45, -3e9, 1e-9} {
		d := New(Options{})
		if rows := anomalies(feed(d, monday, time.Minute, 5000, func(int, time.Time) float64 { return level })); rows != nil {
			t.Errorf("constant %g: anomalies %v", level, rows)
		}
		next := monday.Add(5000 * time.Minute)
		if v := d.Observe(Observation{At: next, Value: level * 1.0001}); v.Anomalous {
			t.Errorf("a ten-thousandth off %g: %s", level, v)
		}
		if v := d.Observe(Observation{At: next.Add(time.Minute), Value: 2*level + 1}); !v.Anomalous {
			t.Errorf("constant %g, then twice that and one: %+v", level, v)
		}
	}
}

func TestVerdictReads(t *testing.T) {
	v := Verdict{Observed: 7.2, Expected: Range{3, 3.6, 4.4}, Learned: 1203, Confidence: High}
	for _, c := range []struct {
		change func(*Verdict)
		want   string
	}{
		{func(*Verdict) {}, "7.2 where 3 to 4.4 was expected"},
		{func(v *Verdict) { v.Ignored = Late }, "7.2 was not judged: late"},
		{func(v *Verdict) {
			v.Anomalous, v.Kind, v.Evidence = true, Spike, []Evidence{{OneIn: 5000}}
		}, "spike: 7.2 where 3 to 4.4 was expected (one in 5000 by 1203 values, high confidence)"},
		{func(v *Verdict) {
			v.Anomalous, v.Kind, v.Evidence = true, Drop, []Evidence{{OneIn: 4e9}}
		}, "drop: 7.2 where 3 to 4.4 was expected (rarer than one in a million by 1203 values, high confidence)"},
	} {
		changed := v
		c.change(&changed)
		if got := changed.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
