// Package overlap says how much groups of people have in common: audiences,
// which are real sets and counted exactly, and targeting configurations, which
// are estimated on the population that reach is estimated on.
//
// # Audiences
//
// Sizes are of real intersections and unions of roaring bitmaps, without an
// error. Sketches were measured and left out: for ten audiences of ten million
// members the exact answer takes less than building one sketch would, because
// people are numbered densely (decision 0026).
//
// # Configurations
//
// What two configurations share is a configuration again: the ages, genders,
// places, incomes and company sizes that both have. Of other lists (interests,
// devices) somebody can be on both; there the share is that of the common
// values, or the product of both shares where that is more, which takes the two
// as independent. Audiences that are kept here are counted there too: whoever is
// in one of each list. Unions follow by inclusion and exclusion, held between the
// largest and the sum.
//
// Similarity is the original design's weighted mean of what the lists have in
// common (demographics .3, geography .2, interests .3, professional .2). It
// compares words and not people, and stands beside the numbers.
package overlap
