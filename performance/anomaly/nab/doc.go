// Package nab measures the anomaly detector the way the Numenta Anomaly
// Benchmark does (Lavin and Ahmad, "Evaluating Real-time Anomaly Detection
// Algorithms", ICMLA 2015): labelled series, a reward for being early, a price
// for every false alarm, one threshold for the whole corpus.
//
// A corpus is a folder of category folders with files of timestamp,value and
// a combined_windows.json beside them that lists the anomaly windows by file.
//
// # Score
//
// For a file of n rows with windows [L, R] (row indexes, W = R-L+1) and
//
//	sigma(y) = -1 if y > 3, else 2/(1+e^(5y)) - 1
//
// the rows before min(0.15 n, 750) are probation and not scored. A detected
// row i is worth
//
//	in a window:             tp sigma(-(R-i+1)/W) / sigma(-1)
//	after the last window:   fp sigma((i-R)/(W-1))
//	before the first window: -fp
//
// Each window counts its best row, or -fn without any; rows outside all count.
// A corpus of K windows is normalised to
//
//	100 (raw + K fn) / (K + K fn)
//
// so that never detecting is 0, and detecting nothing but the first row of
// every window is 100.
package nab
