package pacing

import (
	"math"
	"time"

	"github.com/hexabuilders/campaignd/localday"
)

// Band is how far from 1 the index may be and still be on track.
const Band = 0.10

// Status is how the spend stands against its plan.
type Status string

// The states.
const (
	OnTrack Status = "on_track"
	Behind  Status = "behind"
	Ahead   Status = "ahead"
	Unknown Status = "unknown"
)

// Plan is a budget over its time.
type Plan struct {
	Limit    int64
	From, To time.Time
	Zone     *time.Location
	Curve    Curve
}

// Day is what was reported for one local day.
type Day struct {
	Day   localday.Day
	Spend int64
}

// Confidence says what a projection rests on.
type Confidence string

// The degrees. Under 5 complete days a run rate is mostly chance.
const (
	Low    Confidence = "low"    // under 5 complete days
	Medium Confidence = "medium" // under 14: not every weekday twice
	High   Confidence = "high"
)

func confidence(days int) Confidence {
	switch {
	case days < 5:
		return Low
	case days < 14:
		return Medium
	}
	return High
}

// Pace is how a budget keeps up with its plan.
type Pace struct {
	Index    *float64 // spent / expected by now: 1 is on track; nil when it is not known
	Status   Status
	Reason   string // why it is not known: no_schedule, not_started
	Expected int64  // what the plan has spent by now

	RunRate      *int64 // spend of a complete local day, the mean of the last 7; nil before one is complete
	Landing      *int64 // where the run rate ends: to date + run rate x days left
	Required     *int64 // what a day may spend from today on so that the plan lands on its limit
	CompleteDays int
	Confidence   Confidence
}

// rateDays is how many complete days the run rate looks back on: one of each
// weekday.
const rateDays = 7

// Of holds the reported days against the plan. spent is everything reported,
// days are in ascending order and may hold today and days without spend.
func (p Plan) Of(now time.Time, spent int64, days []Day) Pace {
	out := Pace{Status: Unknown, Confidence: Low}
	whole := p.To.Sub(p.From)
	if whole <= 0 || p.Limit <= 0 {
		out.Reason = "no_schedule"
		return out
	}
	out.project(p, now, spent, days)
	elapsed := float64(now.Sub(p.From)) / float64(whole)
	if elapsed <= 0 {
		out.Reason = "not_started"
		return out
	}
	share := p.Curve.At(elapsed)
	out.Expected = int64(math.Round(share * float64(p.Limit)))
	if share <= 0 {
		out.Reason = "nothing_planned_yet"
		return out
	}
	index := float64(spent) / float64(p.Limit) / share
	out.Index, out.Status = &index, p.status(index)
	return out
}

// status of an index. Who spends as fast as possible is never ahead, and
// behind only by what the even plan would have spent.
func (p Plan) status(index float64) Status {
	switch {
	case index < 1-Band:
		return Behind
	case index > 1+Band && p.Curve.Shape != ASAP:
		return Ahead
	}
	return OnTrack
}

// project fills in what rests on complete days.
func (out *Pace) project(p Plan, now time.Time, spent int64, days []Day) {
	today := localday.Of(now, p.Zone)
	complete, rate, counted := 0, int64(0), int64(0)
	before := spent
	for i := len(days) - 1; i >= 0; i-- {
		switch d := days[i]; {
		case d.Day >= today:
			before -= d.Spend
		case complete < rateDays:
			complete, rate, counted = complete+1, rate+d.Spend, counted+1
		default:
			complete++
		}
	}
	out.CompleteDays, out.Confidence = complete, confidence(complete)
	left := p.daysLeft(now)
	if left > 0 {
		required := max(0, int64(math.Floor(float64(p.Limit-before)/left)))
		out.Required = &required
	}
	if counted > 0 {
		rate /= counted
		landing := before + int64(math.Round(float64(rate)*left))
		landing = max(landing, spent)
		out.RunRate, out.Landing = &rate, &landing
	}
}

// daysLeft counts local days from the beginning of today, or of the plan, to its
// end; a part of a day is a part.
func (p Plan) daysLeft(now time.Time) float64 {
	from, _ := localday.Bounds(localday.Of(now, p.Zone), p.Zone)
	if p.From.After(from) {
		from = p.From
	}
	left := 0.0
	for day := localday.Of(from, p.Zone); from.Before(p.To); day++ {
		start, end := localday.Bounds(day, p.Zone)
		length := end.Sub(start)
		if length <= 0 {
			continue // a date that the zone skipped
		}
		until := end
		if p.To.Before(end) {
			until = p.To
		}
		left += float64(until.Sub(from)) / float64(length)
		from = end
	}
	return left
}
