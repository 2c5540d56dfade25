package anomaly

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the shape, in short or uneven steps, with gaps, stretches of one
// value, zeros and values of any size: a score lies in [0,1], the range holds
// its middle, and the memory keeps to what it was given.
func TestAnyShapeIsScored(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		memory := rapid.IntRange(0, 300).Draw(r, "memory")
		d := New(Options{Memory: memory})
		at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 12).Draw(r, "stretches") {
			step := time.Duration(rapid.Int64Range(1, 90).Draw(r, "minutes")) * time.Minute
			base := rapid.Float64Range(-1e9, 1e9).Draw(r, "base")
			spread := rapid.SampledFrom([]float64{0, 1e-9, 1, 1e3, 1e12}).Draw(r, "spread")
			for i := range rapid.IntRange(1, 120).Draw(r, "values") {
				at = at.Add(step)
				v := d.Observe(Observation{At: at, Value: base + spread*math.Pow(float64(i*7919%101)/101, 9)})
				if !(v.Score >= 0 && v.Score <= 1) || v.Anomalous != (v.Score >= Threshold) ||
					!(v.Expected.Low <= v.Expected.Mid && v.Expected.Mid <= v.Expected.High) {
					r.Fatalf("%+v", v)
				}
			}
			at = at.Add(time.Duration(rapid.Int64Range(0, 200).Draw(r, "gap")) * time.Hour)
		}
		if memory > 0 && len(d.point.both.ring) > memory {
			r.Fatalf("%d values kept of %d", len(d.point.both.ring), memory)
		}
	})
}
