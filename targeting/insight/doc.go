// Package insight says who stands out: how an audience differs from the
// population it comes from (Demographics), and which parts of a campaign's
// targeting earn their money or waste it (Campaign).
//
// # What a number means here
//
// An index is 100 times the share of a group in the audience over its share in
// the population: 150 is half as many again. Its interval is that of a ratio of
// two shares (Katz et al. 1978). Each difference is tested, and because many
// groups are looked at, some would stand out by chance: the p-values are
// adjusted so that of those called significant at most 5 % are expected to be
// false (Benjamini and Hochberg 1995).
//
// # What is never said
//
// Nothing is concluded from too few: a group that is expected to have fewer
// than MinExpected members has an index but no verdict, and a part of a
// targeting is judged only with the samples of docs/decisions/0028. What is
// suggested here is never applied here.
package insight
