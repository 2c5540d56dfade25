package pacing

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/hexabuilders/campaignd/fault"
)

// Shape is how a budget is to be spread over its time.
type Shape string

// The shapes.
const (
	Even        Shape = "even"         // the same on every day
	FrontLoaded Shape = "front_loaded" // 1.4 times the mean at first, 0.6 times at last
	ASAP        Shape = "asap"         // as fast as it can be spent
	Custom      Shape = "custom"       // through the points given
)

// Shapes are all of them.
var Shapes = []Shape{Even, FrontLoaded, ASAP, Custom}

// Waypoint says which share of the budget is to be spent when a share of the time
// has passed; both from 0 to 1.
type Waypoint struct {
	Time  float64 `json:"time"`
	Spent float64 `json:"spent"`
}

// Curve is a shape, and the points of a custom one, which begin after (0, 0)
// and end before (1, 1). The zero value is Even.
type Curve struct {
	Shape  Shape      `json:"shape"`
	Points []Waypoint `json:"points,omitempty"`
}

// Named is the curve with its shape said: no shape is Even.
func (c Curve) Named() Curve {
	c.Shape = cmp.Or(c.Shape, Even)
	return c
}

// Equal reports whether both curves are one; no shape is Even.
func (c Curve) Equal(o Curve) bool {
	return cmp.Or(c.Shape, Even) == cmp.Or(o.Shape, Even) && slices.Equal(c.Points, o.Points)
}

// MaxPoints is how many points a custom curve may have.
const MaxPoints = 100

// Check reports every way in which the curve cannot be followed, under path.
func (c Curve) Check(path string) fault.Fields {
	var wrong fault.Fields
	switch c.Shape {
	case "", Even, FrontLoaded, ASAP:
		if len(c.Points) > 0 {
			wrong.Add(path+".points", "not_allowed", "Only a custom curve has points.", "no points, or the shape custom")
		}
	case Custom:
		c.checkPoints(&wrong, path)
	default:
		wrong.Add(path+".shape", "unknown_shape", "There is no such shape.", "even, front_loaded, asap or custom")
	}
	return wrong
}

func (c Curve) checkPoints(wrong *fault.Fields, path string) {
	if len(c.Points) == 0 || len(c.Points) > MaxPoints {
		wrong.Add(path+".points", "out_of_range", "A custom curve needs points.", "1 to 100 points")
	}
	before := Waypoint{}
	for i, p := range c.Points {
		at := fmt.Sprintf("%s.points[%d]", path, i)
		// Written so that NaN fails too.
		if !(p.Time > before.Time && p.Time < 1) {
			wrong.Add(at+".time", "out_of_range", "Times are shares of the period, in ascending order.", "more than the one before, less than 1")
		}
		if !(p.Spent >= before.Spent && p.Spent <= 1) {
			wrong.Add(at+".spent", "out_of_range", "Shares of the budget never fall.", "at least the one before, at most 1")
		}
		before = p
	}
}

// At is the share of the budget that is to be spent when a share of the time
// has passed: 0 at 0, 1 at 1, never falling.
func (c Curve) At(time float64) float64 {
	switch {
	case !(time > 0): // NaN too
		return 0
	case time >= 1:
		return 1
	}
	switch c.Shape {
	case ASAP:
		return 1
	case FrontLoaded:
		return time + 0.4*time*(1-time)
	case Custom:
		return c.between(time)
	}
	return time
}

// between is the straight line from point to point.
func (c Curve) between(time float64) float64 {
	a, b := Waypoint{}, Waypoint{1, 1}
	for _, p := range c.Points {
		if p.Time >= time {
			b = p
			break
		}
		a = p
	}
	return math.Min(1, a.Spent+(b.Spent-a.Spent)*(time-a.Time)/(b.Time-a.Time))
}
