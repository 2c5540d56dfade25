// Package pacing says how spend keeps up with time, where it will land, and
// what it brings: pure functions over a campaign's local days, and a controller
// that holds a delivery to its plan.
//
// Money is int64 micros of one currency. A Day is complete when it is over in
// the campaign's zone; today is not, and is never taken for one. What is not
// known is nil with a reason, never zero: no delivery is a Day with a spend of
// 0, a day that nobody reported is no Day.
package pacing
