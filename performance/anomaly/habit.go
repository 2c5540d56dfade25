package anomaly

import (
	"math"
	"time"
)

const (
	// bar is the surprise that it takes to speak: one in a thousand.
	bar = 3.0
	// caution is what the first value would need on top; it is gone after
	// familiar values.
	caution, familiar = 1.0, 100
	// rest is how long the same anomaly is not told again, and again is how
	// much more surprising one must be to count as another.
	rest, again = 24 * time.Hour, 1.5
	// Each recent anomaly raises the bar by habituation; it is forgotten at a
	// rate of one in memory.
	habituation, memory = 0.4, 3 * 24 * time.Hour
)

// habit is what it takes to speak, given what was said lately. A series that
// fires every day has to surprise more, and one that goes on about the same
// thing is left alone: people stop reading alarms that come all the time.
type habit struct {
	told   float64 // surprise of the last anomaly
	until  time.Time
	recent float64 // anomalies, each fading with its age
	seen   time.Time
}

// bar is the surprise that it takes to speak at this moment, when so many
// values have been seen.
func (h *habit) bar(at time.Time, seen int) float64 {
	needed := bar + habituation*h.recent*h.faded(at)
	needed += caution * max(0, 1-float64(seen)/familiar)
	if at.Before(h.until) {
		needed = max(needed, h.told+again)
	}
	return needed
}

func (h *habit) faded(at time.Time) float64 {
	if h.recent == 0 {
		return 0
	}
	return math.Exp(-float64(at.Sub(h.seen)) / float64(memory))
}

// tell notes that an anomaly was told.
func (h *habit) tell(at time.Time, surprise float64) {
	h.recent = h.recent*h.faded(at) + 1
	h.seen, h.until, h.told = at, at.Add(rest), surprise
}
