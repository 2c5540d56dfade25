// Package allocate divides a sum of money among parts whose results saturate, so
// that the next unit brings the same everywhere it may still go.
//
// What always holds: the amounts add up to the total to the micro, and each lies
// within its bounds. Curves need not be concave: the division starts from the
// best one on a grid, found by dynamic programming over all of them, and is then
// refined by moving ever smaller amounts from where they bring least to where
// they bring most (equal marginal returns, Gossen 1854).
package allocate
