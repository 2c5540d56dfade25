// Package forecast predicts the next values of one regular series of numbers,
// with intervals that are calibrated on the series' own past.
//
// Many simple methods compete. At several moments of the past each is shown
// only what was known then and asked for what came next; the answer is their
// weighted mean, where weight is earned by small errors. No single method wins
// on all series, and combinations of simple ones are hard to beat (Makridakis,
// Spiliotis, Assimakopoulos, "The M4 Competition", IJF 2020).
//
// The errors of that same rehearsal give the intervals: nothing is assumed
// normal, and a series that was hard to predict gets wide ones. The rehearsal's
// error travels with every forecast, so that a reader can judge it.
//
// Properties the tests hold on to: the same input gives the same output to the
// last bit; no forecast is NaN or infinite; a series in other units gives the
// same forecast in those units; a missing value (NaN) is neither a zero nor an
// error. The package reads no clock and draws no random numbers.
package forecast
