// Package panel counts people in files of people: a survey's respondents, a
// census extract, a list of customers. Each row is a person with attributes,
// and a weight that says for how many people it stands.
//
// Shares that are multiplied pretend that criteria are independent of each
// other. A panel knows better: how many are managers and women and over 40 is
// counted, not computed.
//
// # What is counted, and how sure it is
//
// A count is the sum of the weights of the rows that match, exact for the file.
// For the people behind the file it is an estimate, with the error of a sample.
// With n rows of weights w in the countries asked for, W = Σw, and p the
// weighted share that matches:
//
//	variance of p      v = n/(n-1) · Σ w²(y-p)² / W²       (y is 1 where a row matches, else 0)
//	effective size     n* = (Σw)² / Σw²                    (Kish 1965)
//	design effect      deff = n / n* = 1 + cv²(w)
//	range              Wilson's score interval of p with p(1-p)/v rows, or n* where p is 0 or 1
//
// v is the linearised variance of a ratio (Särndal, Swensson and Wretman 1992,
// section 5.6). W is taken as known, because weights are made to add up to a
// known population. What a sample cannot show is whom it never asked: an error
// of coverage is not in the range.
//
// # How it is kept
//
// A file is read as a stream and kept in chunks of rows, column by column. To
// be counted its rows are put into an index in memory: a compressed bitmap for
// each value of an attribute, so that any configuration is an intersection of a
// few. The index is made again from the chunks when it is not in memory.
//
// What always holds: a panel is loading, ready or failed, never half; who asks
// for more is never answered with more people; a value that is missing matches
// neither what is asked for nor what is left out.
package panel
