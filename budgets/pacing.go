package budgets

import (
	"time"

	"github.com/hexabuilders/campaignd/budgets/pacing"
)

// PacingBand is how far from 1.0 the index may be and still be on track.
const PacingBand = 0.10

// Pacing compares the share of the budget that is spent with the share of its
// time that has passed.
type Pacing struct {
	Index  *float64   `json:"index"`            // 1.0 is on track; nil when it is not known
	Status string     `json:"status"`           // on_track, behind, ahead or unknown
	Reason string     `json:"reason,omitempty"` // why it is not known: no_schedule, not_started, nothing_planned_yet
	From   *time.Time `json:"from,omitempty"`
	To     *time.Time `json:"to,omitempty"`
}

// Pacing is how the budget keeps up with its curve at a moment: a total budget
// over the campaign's schedule, a daily or monthly one over its period. start
// and end are nil for a campaign without a schedule.
func (b *Budget) Pacing(now time.Time, start, end *time.Time) Pacing {
	if b.state.Kind != KindTotal {
		period := b.period(b.Today(now))
		from, to := b.bounds(period)
		return Pace(b.state.Curve, b.tallyOf(period).Settled, b.state.Limit, now, from, to)
	}
	if start == nil || end == nil {
		return Pacing{Status: "unknown", Reason: "no_schedule"}
	}
	return Pace(b.state.Curve, b.state.Settled, b.state.Limit, now, *start, *end)
}

// Pace is the index of spending along a curve: (settled/limit) / (the share that
// the curve has spent when elapsed/whole of the period has passed), with time
// after the period counted as its end. It is unknown, not zero, before any of
// the period has passed, and while nothing is planned yet.
func Pace(curve pacing.Curve, settled, limit int64, now, from, to time.Time) Pacing {
	whole := to.Sub(from)
	if whole <= 0 || limit <= 0 {
		return Pacing{Status: "unknown", Reason: "no_schedule"}
	}
	p := Pacing{Status: "unknown", From: &from, To: &to}
	elapsed := min(now.Sub(from), whole)
	if elapsed <= 0 {
		p.Reason = "not_started"
		return p
	}
	planned := curve.At(float64(elapsed) / float64(whole))
	if planned <= 0 {
		p.Reason = "nothing_planned_yet"
		return p
	}
	index := float64(settled) / float64(limit) / planned
	p.Index, p.Status = &index, pacingStatus(index)
	return p
}

func pacingStatus(index float64) string {
	switch {
	case index < 1-PacingBand:
		return "behind"
	case index > 1+PacingBand:
		return "ahead"
	default:
		return "on_track"
	}
}
