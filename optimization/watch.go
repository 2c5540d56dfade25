package optimization

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/optimization/trial"
)

// Outcome is what a campaign brought over some time, as known at a moment.
type Outcome struct {
	Metric  string  `json:"metric"` // the result that counts: conversions, leads, clicks
	Results float64 `json:"results"`
	Spend   float64 `json:"spend"` // in units of money
	Days    float64 `json:"days"`
}

func (o Outcome) sample() trial.Sample { return trial.Sample{Results: o.Results, Chances: o.Spend} }

// Watch is how an applied change stands: looked at as often as one likes, it
// speaks without reason once in twenty changes at most.
type Watch struct {
	At        time.Time  `json:"at"`
	Before    Outcome    `json:"before"` // as long before the change as its window
	Since     Outcome    `json:"since"`
	Test      trial.Test `json:"test"`
	Worse     bool       `json:"worse"` // the verdict: take it back
	VerdictAt *time.Time `json:"verdict_at,omitempty"`
	KnownAt   time.Time  `json:"known_at"` // of the data
}

// Verdict is the grade of a change with what it rests on.
type Verdict struct {
	Grade      Grade     `json:"grade"`
	At         time.Time `json:"at"`
	Before     Outcome   `json:"before"`
	After      Outcome   `json:"after"`
	Difference float64   `json:"difference"` // of results per money, relative
	Low        float64   `json:"low"`        // 90 % interval
	High       float64   `json:"high"`
	By         string    `json:"confounded_by,omitempty"` // the event that touched the campaign
	KnownAt    time.Time `json:"known_at"`
}

// What a verdict needs.
const (
	falseAlarms  = 0.05 // of changes that are no worse, over all looks together
	leastWorse   = 0.10 // below that a difference may be noise
	leastResults = 30   // on each side
	leastDelay   = 6 * time.Hour
	quantile90   = 1.6449
)

// Outcomes reads what campaigns brought.
type Outcomes interface {
	// Outcome is of a time, with how much the days before vary more than Poisson
	// and the moment of the data.
	Outcome(ctx context.Context, partner, campaign uuid.UUID, from, to time.Time) (o Outcome, dispersion float64, knownAt time.Time, err error)
}

// look holds what came since a change against what was before.
func look(before, since Outcome, dispersion float64, at, knownAt time.Time) Watch {
	w := Watch{At: at, KnownAt: knownAt, Before: before, Since: since, Test: trial.Rates(before.sample(), since.sample(), dispersion)}
	if w.Test.Speaks(falseAlarms) && w.Test.Difference < -leastWorse && before.Results >= leastResults {
		w.Worse, w.VerdictAt = true, &at
	}
	return w
}

// judge grades a change after its window.
func judge(before, after Outcome, dispersion float64, at, knownAt time.Time) Verdict {
	v := Verdict{Grade: Inconclusive, At: at, Before: before, After: after, KnownAt: knownAt}
	if before.Results < leastResults || before.Spend <= 0 || after.Spend <= 0 {
		return v
	}
	difference, deviation := trial.Interval(before.sample(), after.sample(), dispersion)
	v.Difference, v.Low, v.High = difference, difference-quantile90*deviation, difference+quantile90*deviation
	switch {
	case after.Results+before.Results < 2*leastResults:
	case v.Low > 0 && difference >= leastWorse:
		v.Grade = Improved
	case v.High < 0 && difference <= -leastWorse:
		v.Grade = Worse
	}
	return v
}
