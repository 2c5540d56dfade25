package anomaly

import (
	"cmp"
	"math"
	"slices"
)

// finding is what one test measured on a value.
type finding struct {
	test     *test
	value    float64 // signed, if the test is
	surprise float64
}

// measure runs the tests against what they know; it does not teach them. After
// a gap the tests of a run wait until there is one.
func (d *Detector) measure(value float64, f forecast) []finding {
	d.off.add(value - f.short)
	d.farOff.add(value - f.seasonal)
	d.count(value)
	findings := d.findings[:0]
	add := func(t *test, v, grain float64) {
		findings = append(findings, finding{t, v, t.surprise(v, grain)})
	}
	add(d.point, value-f.short, f.grain)
	add(d.seasonal, value-f.seasonal, f.grain)
	add(d.still, d.standstill(), 0)
	if d.off.count >= short {
		add(d.shift, mean(d.farOff.last(short)), f.grain)
		add(d.turmoil, unrest(d.off.last(short), math.Inf(1)), f.grain)
	}
	if d.off.count == long {
		add(d.longTurmoil, unrest(d.off.last(long), d.point.both.quantile(0.98)), f.grain)
	}
	return findings
}

// count follows how long the value has been the same.
func (d *Detector) count(value float64) {
	if value != d.previous {
		d.same = 0
	}
	d.same++
}

func (d *Detector) standstill() float64 {
	if d.same < stillFrom {
		return 0
	}
	return float64(d.same)
}

// judge fills in what the findings come to.
func (d *Detector) judge(v *Verdict, findings []finding, f forecast) {
	loudest := slices.MaxFunc(findings, func(a, b finding) int { return cmp.Compare(a.surprise, b.surprise) })
	needed := d.habit.bar(v.At, d.seen)
	v.Score = loudest.surprise / (loudest.surprise + needed)
	v.Anomalous = v.Score >= Threshold
	v.Expected = d.seasonal.around(f.seasonal)
	if loudest.test == d.point {
		v.Expected = d.point.around(f.short)
	}
	if !v.Anomalous {
		return
	}
	d.habit.tell(v.At, loudest.surprise)
	v.Kind = kind(loudest, *v)
	v.Evidence = evidence(findings, needed)
}

// kind names an anomaly by the test that was loudest.
func kind(loudest finding, v Verdict) Kind {
	below := v.Observed < v.Expected.Mid
	switch {
	case v.Observed == 0 && v.Expected.Mid > 0 && loudest.test.kind != Unrest:
		return NoDelivery
	case loudest.test.kind == Spike && below:
		return Drop
	}
	return loudest.test.kind
}

// evidence lists the tests that would have spoken for themselves or nearly so,
// the loudest first.
func evidence(findings []finding, needed float64) []Evidence {
	loud := slices.DeleteFunc(slices.Clone(findings), func(f finding) bool { return f.surprise < 0.8*needed })
	slices.SortStableFunc(loud, func(a, b finding) int { return cmp.Compare(b.surprise, a.surprise) })
	list := make([]Evidence, len(loud))
	for i, f := range loud {
		list[i] = Evidence{
			Test:  f.test.name,
			Value: f.value,
			Usual: f.test.both.quantile(0.99),
			OneIn: math.Pow(10, f.surprise),
		}
	}
	return list
}
