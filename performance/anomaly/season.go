package anomaly

import (
	"math"
	"time"
)

const (
	dayRate  = 0.15 // how much of a day's mean a half-hour of the day takes on
	weekRate = 0.4  // how much of a week's an hour of the week does
	clipAt   = 3    // in usual distances: how far one value may pull
)

// season is what a series usually is at a time of day and at an hour of the
// week, each a circle of slots with a clipped moving average. A clipped mean
// follows the middle of the values and not their spikes.
type season struct {
	day  [48]slot
	week [168]slot
}

type slot struct {
	mean  float64
	count int
}

// add moves the slot by rate towards v, faster while it is young.
func (s *slot) add(v, rate, usual float64) {
	s.count++
	d := v - s.mean
	if s.count > 4 && usual > 0 {
		d = clip(d, clipAt*usual)
	}
	s.mean += max(1/float64(s.count), rate) * d
}

// learn takes in a value. step is the usual time between two: a slot's rate
// is for a day or a week, however many values that is.
func (s *season) learn(at time.Time, v float64, step time.Duration, usual float64) {
	perSlot := max(1, float64(30*time.Minute)/float64(max(step, 1)))
	s.day[at.Hour()*2+at.Minute()/30].add(v, dayRate/perSlot, usual)
	s.week[int(at.Weekday())*24+at.Hour()].add(v, weekRate/(2*perSlot), usual)
}

// usual is what the time of day and the hour of the week say about at. A slot
// not yet seen leaves the word to the next coarser answer, in the end level.
func (s *season) usual(at time.Time, level float64) (day, week float64) {
	hour := float64(at.Hour()) + float64(at.Minute())/60 + float64(at.Second())/3600
	day = between(s.day[:], 2*hour-0.5, level)
	week = between(s.week[:], 24*float64(at.Weekday())+hour-0.5, day)
	return day, week
}

// between interpolates on a circle of slots, whose means stand in the middle
// of their time.
func between(slots []slot, at, otherwise float64) float64 {
	low := math.Floor(at)
	i := (int(low) + len(slots)) % len(slots)
	a, b := slots[i], slots[(i+1)%len(slots)]
	switch f := at - low; {
	case a.count == 0 && b.count == 0:
		return otherwise
	case a.count == 0:
		return b.mean
	case b.count == 0:
		return a.mean
	default:
		return a.mean*(1-f) + b.mean*f
	}
}

// shift moves everything to a new level.
func (s *season) shift(by float64) {
	for i := range s.day {
		s.day[i].mean += by
	}
	for i := range s.week {
		s.week[i].mean += by
	}
}

func clip(v, limit float64) float64 { return max(-limit, min(limit, v)) }
