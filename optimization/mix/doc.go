// Package mix recommends how to divide a sum of money among the channels of a
// history: it reads the history, learns the responses (optimization/response),
// and divides by them (optimization/allocate).
package mix
