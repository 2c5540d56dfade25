// Package conformance is what every backend must do, as suites of named
// subtests over the ports that the domain declares: what passes here can be put
// behind the services, whatever engine it is.
//
// The suites say what the ports promise and the compiler cannot: that of two
// edits of one revision exactly one wins, that another partner's object is as a
// missing one, that state and events are written together or not at all, and
// that a list keeps its place while rows are added. Each subtest works with
// partners of its own, so all of them share one store.
package conformance
