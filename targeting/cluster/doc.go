// Package cluster finds groups of people who are alike in what they do and are.
//
// # Method
//
// Columns of numbers are put on one scale (logarithm where they are counts,
// then mean 0 and deviation 1, cut at three), columns of words become one
// coordinate for each frequent word, together with the weight of one number.
// People are then divided by k-means (Lloyd 1982; k-means++ seeds, Arthur and
// Vassilvitskii 2007; the best of several starts).
//
// How many clusters there are is chosen, not asked: the k with the highest mean
// silhouette (Rousseeuw 1987) among those of which every cluster is stable and
// not tiny. A cluster is stable when, in resamples of the people, the cluster
// most like it has a mean Jaccard similarity of at least Stable (Hennig 2007).
// The silhouette is held against that of the same columns shuffled, where there
// is nothing to find: a Result that is not better says so (Structured).
//
// # Invariants
//
//   - Everybody is in exactly one cluster; clusters are numbered by size, the
//     largest first.
//   - The same people in the same order and the same seed give the same
//     clusters.
package cluster
