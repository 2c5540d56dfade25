// Package integration is what this service says to the other services of
// HexaBuilders and hears from them, as CloudEvents 1.0 and without knowing the
// broker.
//
//	event log ─ relay.Lead ─→ Outbox → one or two messages an event → a broker
//	broker ─→ Consumer ─→ Inbox ─→ partners.Adopt, the welcome campaign
//	POST /events ───────→ Inbox
//	broker ─→ Stream ──→ performance.Record, the path of POST /metrics
//	              └─→ Letters: what failed, with the reason
//	every minute ─→ Reporter → campaign.performance_report in the event log
//
// What always holds:
//
//   - What is said comes from the event log, which is written with the state:
//     nothing is said that did not happen, and nothing that happened is left
//     out. A repetition has the same id.
//   - What is heard has effect once: by the event's id, and by stamps on what it
//     sets, so that an old message changes nothing that a newer one has set.
//   - What cannot be taken in is a Letter. It is tried MostTries times, and then
//     waits for a person. Meanwhile the messages of its own key wait behind it,
//     in order, and no others.
//   - Facts of delivery have no order to keep and carry ids: theirs wait for
//     nothing.
package integration
