// Package campaigns is the life of an advertising campaign: what it is for, when
// it runs, who it is for, what it shows, and every step from draft to end.
//
// # Invariants
//
//   - A campaign only moves along the table in lifecycle.go; the same table says
//     which actions are valid and why the others are refused.
//   - It becomes ACTIVE only when every blocking check of the readiness list
//     holds, whoever launches or resumes it, a person or the clock. The facts
//     behind the checks are read in the transaction of the change.
//   - Currency and time zone never change: spend, daily budgets and local-day
//     figures already rest on them.
//   - A launched campaign's targeting is refined, never replaced: the value
//     before is kept and one step back is always possible.
//   - Every change leaves one event with the fields before and after.
//
// # Flow
//
// Service → Store.Update(ctx, partner, id, revision, func) → a method of the
// aggregate, which refuses or records an event → the store writes state and
// events in one transaction. Service.RunDue does the same for the clock. A
// Service made with Rehearsal runs all of it and stores nothing.
//
// Money is in micros of the campaign's currency, times are UTC with
// microseconds, and time and ids come from outside.
package campaigns
