// Package predict says what a campaign is to expect of its next local days, and
// what would become of it with another budget.
//
// It begins with the forecast of each metric from the campaign's own complete
// days (package forecast). Where these are few, similar campaigns of the same
// partner stand in for what is missing. The days of all metrics are then drawn
// together, a thousand futures, each held to what the budget and the schedule
// allow: so that the interval of a sum is not the sum of the intervals, and that of
// a cost per result is one of the ratio and not a ratio of bounds.
//
// A planned budget moves the futures along the campaign's response curves
// (package optimization/response), which know what was seen and refuse the rest.
//
// The same data, budget and schedule give the same answer: whatever is drawn is
// seeded by the campaign and the day.
package predict
