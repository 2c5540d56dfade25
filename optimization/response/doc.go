// Package response learns what spend brings: for each channel a saturating curve
// with carry-over, from periods in which spends varied.
//
// The result of a period is taken as
//
//	y = season x (base + Σ k·aˢ/(hˢ+aˢ)),  a = (1-θ)·x + θ·a'
//
// or with the season added instead of multiplied, whichever explains more: the
// Hill curve (Hill 1910) on the geometric adstock (Broadbent 1979) a of the
// spend x, a' being that of the period before. With the adstock normalised, k and
// h speak of spend that is kept up.
//
// Nothing is decided on one fitted curve. A fit is a sample of curves that the
// data allow, drawn from the posterior by a seeded Metropolis walk (Haario 2001):
// its mean is what to expect, its quantiles are how sure that is. Where spends
// moved together, or a channel has no effect, the sample says so by its spread.
//
// Curves are known where spend was seen. Beyond Model.Reach they are not asked:
// ErrBeyond refuses.
package response
