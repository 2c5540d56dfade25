package budgets

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/money"
)

// Severity is how urgent a threshold is. CRITICAL pauses the campaign when
// auto-pause is on.
type Severity string

const (
	SeverityLow      Severity = "LOW"
	SeverityMedium   Severity = "MEDIUM"
	SeverityHigh     Severity = "HIGH"
	SeverityCritical Severity = "CRITICAL"
)

var severities = []Severity{SeverityLow, SeverityMedium, SeverityHigh, SeverityCritical}

// Threshold is a share of the limit that is announced when it is reached.
type Threshold struct {
	Percent  int        `json:"percent"` // of the limit, 1 to 100
	Severity Severity   `json:"severity"`
	FiredAt  *time.Time `json:"fired_at"` // nil while armed
}

// Level asks for a threshold. Without a severity it gets the usual one of its
// percentage.
type Level struct {
	Percent  int      `json:"percent"`
	Severity Severity `json:"severity,omitempty"`
}

// Levels are thresholds at the percentages with their usual severities.
func Levels(percents ...int) []Level {
	levels := make([]Level, len(percents))
	for i, p := range percents {
		levels[i] = Level{Percent: p}
	}
	return levels
}

// DefaultLevels are the thresholds of a budget that asks for none.
var DefaultLevels = Levels(50, 75, 90, 100)

func usualSeverity(percent int) Severity {
	switch {
	case percent >= 100:
		return SeverityCritical
	case percent >= 90:
		return SeverityHigh
	case percent >= 75:
		return SeverityMedium
	default:
		return SeverityLow
	}
}

const maxLevels = 20

// checkLevels refuses levels that cannot be thresholds.
func checkLevels(wrong *fault.Fields, levels []Level) {
	if len(levels) > maxLevels {
		wrong.Add("thresholds", "too_many", "There are too many thresholds.", "at most 20")
		return
	}
	seen := map[int]bool{}
	for i, l := range levels {
		path := fmt.Sprintf("thresholds[%d].", i)
		if l.Percent < 1 || l.Percent > 100 {
			wrong.Add(path+"percent", "out_of_range", "A threshold is a share of the limit.", "1 to 100")
		}
		if seen[l.Percent] {
			wrong.Add(path+"percent", "duplicate", "There is another threshold at this percentage.", "each percentage once")
		}
		if l.Severity != "" && !slices.Contains(severities, l.Severity) {
			wrong.Add(path+"severity", "unknown_severity", "There is no such severity.", "LOW, MEDIUM, HIGH or CRITICAL")
		}
		seen[l.Percent] = true
	}
}

// arrange is the thresholds that levels ask for, the lowest first. One that was
// there before at the same percentage and has fired stays so.
func arrange(levels []Level, before []Threshold) []Threshold {
	thresholds := make([]Threshold, len(levels))
	for i, l := range levels {
		t := Threshold{Percent: l.Percent, Severity: cmp.Or(l.Severity, usualSeverity(l.Percent))}
		for _, b := range before {
			if b.Percent == t.Percent {
				t.FiredAt = b.FiredAt
			}
		}
		thresholds[i] = t
	}
	slices.SortFunc(thresholds, func(a, b Threshold) int { return cmp.Compare(a.Percent, b.Percent) })
	return thresholds
}

// arm lets all of them fire again.
func arm(thresholds []Threshold) {
	for i := range thresholds {
		thresholds[i].FiredAt = nil
	}
}

// Rearmed reports whether a limit that was raised from before has armed again
// what had been reached under that one.
func (p Position) Rearmed(before int64) bool {
	return slices.ContainsFunc(p.Thresholds, func(t Threshold) bool { return t.FiredAt == nil && p.Reported.Micros >= t.Mark(before) })
}

// Mark is the least amount that reaches the threshold under a limit: rounded
// up, so that 49.9999 % is never announced as 50 %.
func (t Threshold) Mark(limit int64) int64 {
	m, err := money.MulDiv(limit, int64(t.Percent), 100, money.Ceil)
	if err != nil {
		return limit // a percentage of at most 100 cannot overflow
	}
	return m
}
