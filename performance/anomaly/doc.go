// Package anomaly watches a series of numbers, one value at a time, and says
// which are not like the ones before: a spike, a drop, a new level, unrest, a
// line that has gone flat, a delivery that has stopped.
//
// A Detector looks at a value once, when it arrives. It never looks ahead,
// never reads a clock and draws nothing by chance: the same values give the
// same verdicts. Its memory is bounded whatever the length of the series.
//
// # How a value is judged
//
// Two forecasts are made before the value is looked at (blend.go). The short
// one blends the last value, a fast average, the usual for the time of day and
// the usual for the hour of the week; the seasonal one leaves out the first
// two. Each part weighs as much as it has been right, so a season that is not
// there has no say, and one that is there takes over as it is learned.
//
// The distances from the forecasts feed a few tests (tests.go): this value by
// itself, this value for its hour, the mean of the last few, their unrest, and
// how long the value has not moved. Every test keeps its own last values and
// turns the new one into a surprise (tail.go):
//
//	surprise = -log10 P(a value of this test at least so far out)
//
// with P from ranks, and beyond the last ranks from the shape of the tail.
// Nothing is assumed to be normal; a series of wild spikes needs a wilder one.
//
// The loudest test counts. Its surprise s is compared with the bar b that it
// takes to speak now (habit.go), and
//
//	score = s / (s + b)
//
// so that a score of Threshold or more is an anomaly. The bar is 3, one in a
// thousand by the series' own past. It is higher while little is known, after
// recent anomalies, and for the same one going on: a new level is told once
// and learned.
//
// # What never fires
//
// Late values, values that are no finite number and ratios over too small a
// sample are not judged and teach nothing; the verdict says which it was.
//
// Hours and weekdays are those of the location of Observation.At: give times
// in the campaign's zone.
package anomaly
