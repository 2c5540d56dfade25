// Package lookalike learns what sets a group of people apart from the rest and
// ranks others by how much they are like it.
//
// People stand in a Table as they came: a text for each column, words and
// numbers mixed, with gaps. Train fits gradient boosted trees on it, Model.Rank
// orders people by likeness, and Model.Chance says how likely each is to belong,
// as a calibrated probability.
//
//	table ─fit→ binner ─bins→ boosters, one for each fold held out ─mean→ score
//	                                      └ held-out scores → AUC, lift, calibration, features
//
// # Method
//
// Each column becomes at most 256 bins (binner). A booster adds trees one after
// the other, each fitted to the gradient of the logistic loss, grown leaf by
// leaf from histograms of the bins (Friedman 2001; Ke et al. 2017, LightGBM).
// It stops when the fold that it has not seen gets no better. The model is the
// mean of the boosters of all folds, so that nothing of a small seed is wasted
// and every person has a score by a booster that never saw them. What Facts
// says about a model rests on those scores alone.
//
// # Invariants
//
//   - The label is no feature, and nothing that is measured was learned from:
//     bins are fitted without labels, scores are held out, and CrossValidate
//     repeats all of it, stopping and calibration included, inside each fold.
//   - The same table, labels and seed give the same model to the bit, however
//     many processors there are.
//   - A column that names people (as many words as people, a counter of rows)
//     is left out and reported, as is one that says nothing.
//   - A score is finite, a chance lies in [0, 1]; what cannot be measured is
//     refused, never guessed.
package lookalike
