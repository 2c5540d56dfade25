// Package study computes things about a partner's people that take longer than
// a request: audiences of people who are like a seed (package lookalike), and
// clusters of people who are alike (package cluster).
//
// A Study is what was asked and what came of it:
//
//	queued ─→ running ─→ ready
//	    ↖───────┘ └────→ failed
//
// It is kept in the store from the moment it is asked for. A worker on any node
// claims it, says now and then how far it is, and keeps the outcome; one that
// dies is followed by another, which begins anew. A lookalike's study has the id
// of the audience that it fills.
//
// # Invariants
//
//   - A study rests on the people there are when it runs. What it keeps are
//     figures and a model, never a person: who belongs where is worked out from
//     the model when it is asked for, so that whoever was erased is nowhere.
//   - A seed that is too small, or that has nobody to be held against, is
//     refused before anything is made.
package study
