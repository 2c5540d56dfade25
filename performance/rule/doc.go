// Package rule is the alert engine: what a partner wants to be told of, and
// when that is so.
//
// A Definition holds a figure against a threshold that says its unit, so that
// 1.0 % and 1.0 cannot be confused. A Tracker folds a campaign's delivery facts
// in the order in which they were recorded, and a Standing turns the figures
// into crossings: OK, crossed, over. All three are pure. They read no clock, so
// the same commits give the same alerts: live, after a restart, and in the
// preview, which runs the same code over the last 30 days.
//
// # What is judged when
//
// Figures of delivery are judged at every commit, as known at that commit.
// Pacing and missing delivery, which only time can tell, are judged at whole
// minutes. An alert fires once per crossing. It fires again after the figure
// has come back by the hysteresis and crossed anew, on a new local day where
// the window is the day, or when the rule or the budget's limit has changed;
// never sooner than the cooldown unless it was the rule or the limit.
//
// # Late facts
//
// A fact belongs to the hour and the local day on which it happened. One that
// is recorded after that period is over counts in windows that still hold it
// (the last days, the campaign's life) and cannot fire a rule over the hour or
// the day: those look at the period in which the commit was recorded.
package rule
