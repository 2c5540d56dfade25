// Package reach estimates how many people a targeting configuration can be
// shown to.
//
// It starts from real people: the population of each country by single year of
// age and gender, times the share that uses the Internet. What else narrows the
// audience is a share of those. A share that no data is at hand for is a stated
// default, with its source and a range, and can be replaced by one's own.
//
// A share has a middle and a range that is meant to hold it in 80 of 100 cases.
// The middles multiply. The ranges are taken as log-normal and their widths add
// in squares, so the answer widens with everything that is not known. That
// criteria are independent of each other is an assumption, and said in every
// answer: nothing better is known without a panel.
//
// What always holds: low <= mid <= high <= the people there are; leaving out
// more, or asking for more, never reaches more; an exclusion always wins.
package reach
