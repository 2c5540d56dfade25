// Package budgets is what a campaign may spend and what it has spent.
//
// What always holds:
//
//   - Reported spend is never lost: the platform has spent it already. It is
//     settled in full, on the day it happened, also beyond the limit; the part
//     beyond is overdelivery, the budget is exhausted, and a reaction pauses
//     the campaign.
//   - The order and the grouping of reports do not matter. A refund that comes
//     before its spend waits as credit instead of being dropped, so that settled
//     is always the sum of what was reported, or zero while that is negative.
//   - A threshold fires once per crossing and in order, however many are crossed
//     in one jump. A raised limit re-arms those that are no longer reached, a
//     new local day re-arms all of a daily budget; a refund re-arms none.
//     Exhaustion alone is re-armed by a refund: a campaign that was resumed has
//     to be stopped again.
//   - A changed limit reverses nothing that was settled or posted.
//
// A budget of kind total counts everything against its limit. One of kind daily
// counts each local day of its zone by itself; the newest day that was reported
// is open, and later reports for an earlier day are settled and their
// overdelivery posted without firing anything: the day is over.
//
// All amounts are micros of the budget's currency. The revision counts changes
// of the settings, not settlements: otherwise nobody could edit the budget of a
// campaign that is delivering.
//
// # Who may change a limit
//
// Whoever wants another limit, or other parts of one, comes through Funding:
// people, rules, reactions, imports and the optimiser alike. Its methods Patch,
// Allocate, Reallocate, Transfer and Propose all pass the guard (Policy), and so
// does Policy.Open, by which every budget begins; there is no other way to raise
// one. A program gives an event.Origin whose kind is not a person's
// (event.ActorOptimizer), asks Policy.Bounds how far it may go, may rehearse with
// ValidateOnly, and takes a refusal's "available" for the most that would pass.
// When the guard cannot be read, only what does not raise passes.
//
// # Reported spend
//
// Spend comes in by the store's hot path, see Store and Budget.NextMark.
package budgets
