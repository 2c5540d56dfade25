package anomaly

import (
	"fmt"
	"time"
)

// Threshold is the score from which a value is an anomaly, for every series.
// It was chosen on labelled development series only.
const Threshold = 0.5

// Observation is one value of a series.
type Observation struct {
	At    time.Time // its location gives the hour and the weekday
	Value float64
	// Sample is what the value rests on: impressions for a ctr, conversions
	// for a cpa. It is compared with Options.MinSample, and is not used
	// without one.
	Sample float64
}

// Kind says what an anomaly looks like.
type Kind string

const (
	Spike      Kind = "spike"       // far above what was expected
	Drop       Kind = "drop"        // far below
	NoDelivery Kind = "no_delivery" // nothing where something was expected
	LevelShift Kind = "level_shift" // the last values all lie on one side
	Unrest     Kind = "unrest"      // the last values move more than they used to
	Flatline   Kind = "flatline"    // a value that used to move stands still
)

// Confidence says how much the verdict rests on. With Low confidence the
// detector speaks only about what is plain without knowing the season.
type Confidence string

const (
	Low    Confidence = "low"    // less than two days or 100 values
	Medium Confidence = "medium" // the time of day is known, the weekday is not
	High   Confidence = "high"   // 14 days or more
)

// Reason says why a value was left alone.
type Reason string

const (
	Late        Reason = "late"         // not after the last value
	NotFinite   Reason = "not_finite"   // NaN, infinite, or beyond 1e30
	SmallSample Reason = "small_sample" // under Options.MinSample
)

// Range is where a value was expected: 95 % of the values before lay as close.
type Range struct {
	Low  float64 `json:"low"`
	Mid  float64 `json:"mid"`
	High float64 `json:"high"`
}

// Evidence is one test that found the value unusual.
type Evidence struct {
	Test  string  `json:"test"`   // point, season, shift, unrest, long_unrest, still
	Value float64 `json:"value"`  // what the test measured, in the value's unit (still: in values)
	Usual float64 `json:"usual"`  // 99 % of what it measured before was at most this
	OneIn float64 `json:"one_in"` // how rare that is, by the series' own past
}

// Verdict is what the detector makes of one observation.
type Verdict struct {
	At         time.Time  `json:"at"`
	Observed   float64    `json:"observed"`
	Expected   Range      `json:"expected"`
	Score      float64    `json:"score"` // 0 to 1
	Anomalous  bool       `json:"anomalous"`
	Kind       Kind       `json:"kind,omitempty"` // of an anomaly
	Evidence   []Evidence `json:"evidence,omitempty"`
	Confidence Confidence `json:"confidence"`
	Learned    int        `json:"learned"`           // values seen before this one
	Ignored    Reason     `json:"ignored,omitempty"` // then there is no score
}

// String is a sentence for a person.
func (v Verdict) String() string {
	if v.Ignored != "" {
		return fmt.Sprintf("%.4g was not judged: %s", v.Observed, v.Ignored)
	}
	expected := fmt.Sprintf("%.4g where %.4g to %.4g was expected", v.Observed, v.Expected.Low, v.Expected.High)
	if !v.Anomalous {
		return expected
	}
	return fmt.Sprintf("%s: %s (%s by %d values, %s confidence)", v.Kind, expected, v.rarity(), v.Learned, v.Confidence)
}

// rarity is how rare the anomaly is. What lies far beyond all values seen is
// not told to a digit.
func (v Verdict) rarity() string {
	switch {
	case len(v.Evidence) == 0:
		return "unusual"
	case v.Evidence[0].OneIn >= 1e6:
		return "rarer than one in a million"
	}
	return fmt.Sprintf("one in %.0f", v.Evidence[0].OneIn)
}
