// Package segment picks people by rules: what is known of them (a city, an age)
// and what they did (visits, purchases: how lately, how often, for how much).
//
// A Rule is a tree of all, any and not over conditions. What is not known of
// somebody meets no condition, except {"known":false}; so "not" includes those
// of whom nothing is known, which a preview shows.
//
// # Evaluation
//
// A rule is evaluated block by block over the columns that it names, each word
// of a column's dictionary once. What matched is kept with the version of the
// people that it was read at: the next evaluation reads the blocks that have
// changed since, and everything only when the rule changed, or when it speaks
// of days and another day has begun. The members are what matched among the
// people the segment is taken from (Base, or everybody), and stand in the
// audience that has the segment's id; publishing leaves out whoever was erased
// while it was computed.
//
// # What a rule costs
//
// Analyse gives, for each part of a rule, how many people meet it, and how many
// more the segment would have without it: the part that costs most reach is the
// one to think about first.
package segment
