package anomaly

import (
	"cmp"
	"math"
	"time"
)

const (
	fastRate  = 0.15  // of the short average
	levelRate = 0.005 // of the level, when it does not move at once
	skillRate = 0.01  // at which forecasters are judged; the seasonal a third
	gapSteps  = 6     // usual steps without a value that make a gap
	movedBy   = 5     // usual distances, for a day, that make a new level
	movedFor  = 24 * time.Hour
	largest   = 1e30 // a value beyond is as good as infinite
	// fineness is the share of the level below which a distance is no
	// anomaly, however steady the series.
	fineness = 0.001
)

// Options is what the caller knows about a series.
type Options struct {
	// MinSample is the least Observation.Sample that is judged and learned
	// from; 0 judges all.
	MinSample float64
	// Memory is how many values each test remembers; 0 is 3 000. A series takes
	// about 80 bytes a value in all.
	Memory int
}

// Detector watches one series. It is not safe for concurrent use.
type Detector struct {
	options Options

	seen        int
	first, last time.Time
	step        float64 // usual nanoseconds between two values

	previous, fast, level float64
	season                season
	near, far             blend // the short and the seasonal forecast

	point, seasonal, shift, turmoil, longTurmoil, still *test

	off, farOff run // distances from the forecasts
	same        int // values in a row that are equal to this one
	moved       streak
	habit       habit
	findings    [6]finding // of the value at hand
}

// New starts to watch a series.
func New(options Options) *Detector {
	memory := cmp.Or(options.Memory, kept)
	return &Detector{
		options:     options,
		near:        blend{off: make([]float64, 4)},
		far:         blend{off: make([]float64, 3)},
		point:       newTest("point", Spike, true, memory),
		seasonal:    newTest("season", Spike, true, memory),
		shift:       newTest("shift", LevelShift, true, memory),
		turmoil:     newTest("unrest", Unrest, false, memory),
		longTurmoil: newTest("long_unrest", Unrest, false, memory),
		still:       newTest("still", Flatline, false, memory),
	}
}

// Observe judges the value by all that came before, and then learns it.
func (d *Detector) Observe(o Observation) Verdict {
	v := Verdict{At: o.At, Observed: o.Value, Learned: d.seen, Confidence: d.confidence(o.At)}
	if v.Ignored = d.ignored(o); v.Ignored != "" {
		if v.Ignored == NotFinite {
			v.Observed = 0 // has no place in JSON
		}
		return v
	}
	d.arrive(o)
	f := d.forecasts(o.At)
	findings := d.measure(o.Value, f)
	d.judge(&v, findings, f)
	d.learn(o, f, findings)
	return v
}

// Expect is the range in which a value at that time would be no surprise.
func (d *Detector) Expect(at time.Time) Range {
	if d.seen == 0 {
		return Range{}
	}
	return d.seasonal.around(d.forecasts(at).seasonal)
}

func (d *Detector) ignored(o Observation) Reason {
	switch {
	case !(math.Abs(o.Value) <= largest): // NaN compares false
		return NotFinite
	case d.seen > 0 && !o.At.After(d.last):
		return Late
	case o.Sample < d.options.MinSample || math.IsNaN(o.Sample):
		return SmallSample
	}
	return ""
}

func (d *Detector) confidence(at time.Time) Confidence {
	switch known := at.Sub(d.first); {
	case d.seen < familiar || known < 2*24*time.Hour:
		return Low
	case known < 14*24*time.Hour:
		return Medium
	}
	return High
}

// arrive brings the clock of the series forward. After a gap the last values
// say nothing about the next, so it begins again from the season.
func (d *Detector) arrive(o Observation) {
	if d.seen == 0 {
		d.first = o.At
		d.previous, d.fast, d.level = o.Value, o.Value, o.Value
		return
	}
	step := float64(o.At.Sub(d.last))
	if d.step == 0 {
		d.step = step
	}
	if d.seen > 10 && step > gapSteps*d.step {
		day, _ := d.season.usual(o.At, d.level)
		d.previous, d.fast = day, day
		d.off.count, d.farOff.count, d.same = 0, 0, 0
	}
	d.step += 0.02 * (min(step, 4*d.step) - d.step)
}

// forecast is what was expected of a value before it was looked at.
type forecast struct {
	near            [4]float64 // what each forecaster says
	far             [3]float64
	short, seasonal float64 // blended
	grain           float64 // distances below are none
}

func (d *Detector) forecasts(at time.Time) forecast {
	day, week := d.season.usual(at, d.level)
	f := forecast{
		near: [4]float64{d.previous, d.fast, day, week},
		far:  [3]float64{d.level, day, week},
	}
	grain := 1e-6*math.Abs(d.level) + 1e-30
	f.short = d.near.forecast(f.near[:], grain)
	f.seasonal = d.far.forecast(f.far[:], grain)
	f.grain = fineness * math.Abs(d.level)
	return f
}

// learn takes the value in, whether it was an anomaly or not: everything that
// it moves is clipped or ranked, so one value moves little.
func (d *Detector) learn(o Observation, f forecast, findings []finding) {
	if d.seen > 3 {
		for _, found := range findings {
			found.test.add(found.value)
		}
	}
	d.seen++
	young := 1 / float64(d.seen)
	rate, usual, farUsual := max(skillRate, young), 0.0, 0.0
	if d.seen > 10 {
		usual, farUsual = d.point.both.quantile(0.6), d.seasonal.both.quantile(0.6)
	}
	d.near.learn(f.near[:], o.Value, rate, usual)
	d.far.learn(f.far[:], o.Value, rate/3, farUsual)
	d.season.learn(o.At, o.Value, time.Duration(d.step), farUsual)
	d.fast += max(fastRate, young) * (o.Value - d.fast)
	d.learnLevel(o, f, max(levelRate, young), farUsual)
	d.previous, d.last = o.Value, o.At
}

// learnLevel lets the level follow slowly, and at once when the values have
// moved for a day: then the season moves with it, and what is normal there is
// normal here.
func (d *Detector) learnLevel(o Observation, f forecast, rate, usual float64) {
	off := o.Value - d.level
	if usual == 0 {
		d.level += rate * off
		return
	}
	d.level += rate * clip(off, clipAt*usual)
	d.moved.add(o.At, o.Value-f.seasonal, movedBy*usual)
	if d.moved.count >= long && o.At.Sub(d.moved.since) >= movedFor {
		moved := d.moved.sum / float64(d.moved.count)
		d.level += moved
		d.season.shift(moved)
		d.moved = streak{}
	}
}
