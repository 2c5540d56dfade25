// Package optimization proposes changes to campaigns, makes those that it is
// told or allowed to make, watches what comes of them, and takes back what turns
// out worse.
//
// What always holds:
//
//   - Every suggestion says what it rests on, what it would change exactly, what
//     to expect with an interval, and how sure that is. What the models answer is
//     checked before it becomes a suggestion: what is not finite, negative or
//     absurd changes nothing and is logged.
//
//   - Money is moved by the use cases of budgets and by nothing else, so every
//     guard of theirs holds here too; without a readable guard nothing is raised.
//
//   - A change is made in three steps, each a transaction: the state before is
//     captured and the suggestion is applying; the change is made on the captured
//     revision, with the suggestion's mark on its event; the suggestion is
//     applied. Whoever finds one that is applying after a crash looks for the
//     mark: it is there, and the suggestion is applied, or it is not, and the
//     suggestion is open again. Taking back goes the same way.
//
//   - Each change is graded once its time has passed. The grades decide what a
//     partner's types may still do by themselves.
//
//     open ─→ applying ─→ applied ─→ reverting ─→ rolled_back
//     │ ↖──────┘           ↖──────────┘
//     └→ dismissed, expired, superseded
package optimization
