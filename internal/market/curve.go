package market

import "time"

// Curve is demand by local time, 1 on average over a week.
type Curve struct {
	Hours [24]float64 // of a day, average 1
	Days  [7]float64  // of the week from Sunday, average 1
}

// At is the demand at a local time. It changes from hour to hour in steps.
func (c *Curve) At(local time.Time) float64 {
	return c.Hours[local.Hour()] * c.Days[local.Weekday()]
}

// shaped scales both parts of a curve to an average of 1.
func shaped(hours [24]float64, days [7]float64) *Curve {
	c := &Curve{hours, days}
	level(c.Hours[:])
	level(c.Days[:])
	return c
}

func level(values []float64) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	for i := range values {
		values[i] *= float64(len(values)) / sum
	}
}

var (
	// evening is when people look at pictures: lunch, and after work.
	evening = shaped(
		[24]float64{35, 22, 16, 14, 14, 20, 35, 55, 65, 68, 70, 78, 95, 98, 85, 80, 82, 90, 110, 130, 145, 140, 105, 65},
		[7]float64{112, 92, 92, 95, 98, 102, 115})
	// office is when people search and compare: the working day.
	office = shaped(
		[24]float64{22, 15, 12, 12, 14, 25, 48, 78, 105, 120, 125, 122, 112, 110, 115, 118, 115, 108, 104, 106, 100, 85, 60, 38},
		[7]float64{82, 108, 108, 106, 104, 98, 84})
	// always is a platform told to spend as fast as it can.
	always = shaped(
		[24]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		[7]float64{1, 1, 1, 1, 1, 1, 1})
)

// Evening is the demand for ads that people see while they look at something
// else.
func Evening() *Curve { return evening }

// Office is the demand of the working day.
func Office() *Curve { return office }
