package campaigns

import (
	"time"

	"github.com/hexabuilders/campaignd/money"
)

// Outcome is what came of a campaign, fixed when it completed. Reports that
// arrive later change the campaign's metrics, not its outcome.
type Outcome struct {
	At           time.Time   `json:"at"`
	Reason       string      `json:"reason"`
	Figures      Figures     `json:"final_metrics"`
	Indicators   []Indicator `json:"success_indicators"`
	SuccessScore float64     `json:"success_score"` // 0 to 1
	TotalSpend   money.Money `json:"total_spend"`
	ROI          *float64    `json:"roi"`                  // (revenue - spend) / spend, a fraction
	ROIReason    string      `json:"roi_reason,omitempty"` // why ROI is null
}

// Indicator holds one target against what was reached.
type Indicator struct {
	Metric  Metric   `json:"metric"`
	Target  Quantity `json:"target"`
	Actual  *float64 `json:"actual"`           // in units of the target; null when not known
	Reason  string   `json:"reason,omitempty"` // why Actual is null
	Score   float64  `json:"score"`            // 0 to 1
	Reached bool     `json:"reached"`
}

func outcome(goals Goals, f Figures, at time.Time, reason string) *Outcome {
	o := &Outcome{At: at, Reason: reason, Figures: f, Indicators: goals.Indicators(f), TotalSpend: f.Spend}
	o.SuccessScore = goals.SuccessScore(f)
	roi, unknown := over(units(f.Revenue)-units(f.Spend), units(f.Spend), "no_spend")
	if o.ROIReason = unknown; unknown == "" {
		o.ROI = &roi
	}
	return o
}

// Indicators are the targets beside what was reached.
func (g Goals) Indicators(f Figures) []Indicator {
	all := make([]Indicator, 0, len(g.Targets))
	for _, t := range g.Targets {
		i := Indicator{Metric: t.Metric, Target: t.Quantity}
		if actual, reason := f.actual(t.Metric); reason == "" {
			i.Actual, i.Score = &actual, t.score(actual)
			i.Reached = i.Score == 1
		} else {
			i.Reason = reason
		}
		all = append(all, i)
	}
	return all
}

// SuccessScore is the mean over the targets of min(1, actual/target), for costs
// min(1, target/actual), and 0 where the actual is missing or negative. It is a
// fraction; without targets it is 0.
func (g Goals) SuccessScore(f Figures) float64 {
	if len(g.Targets) == 0 {
		return 0
	}
	sum := 0.0
	for _, i := range g.Indicators(f) {
		sum += i.Score
	}
	return sum / float64(len(g.Targets))
}

// score of an actual that is known. A cost of nothing is as low as can be.
func (t Target) score(actual float64) float64 {
	target := t.Float()
	switch {
	case actual < 0:
		return 0
	case !t.Metric.Cost():
		return min(1, actual/target)
	case actual <= target:
		return 1
	default:
		return target / actual
	}
}
