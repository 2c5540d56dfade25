// Package evaluate measures the forecasts on a folder of series, each with a
// part to learn from and a part to be judged on, as the M competitions do.
//
// The folder holds train.csv and test.csv with the columns series, index and
// value. Rows may stand in any order; an index that is an integer orders the
// values of a series, and one that is left out is a missing value. An empty
// value, NA or NaN is missing too.
package evaluate
