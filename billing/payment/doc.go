// Package payment is money that a partner pays in through a provider, and what
// goes back of it: refunds and disputes.
//
// # What always holds
//
//   - A payment and each of its refunds is stored, with the key that makes the
//     provider carry it out once, before the provider is called. A call whose
//     answer was lost leaves it unknown until a look-up at the provider says
//     what became of it.
//   - What a provider says is taken as facts: a capture, a refund, a dispute,
//     each with the provider's own id and a step that only moves forward. Facts
//     that come twice, late or in any order lead to the same payment.
//   - A fact that moves money gives one Movement, keyed by the provider's id for
//     ever. The store posts movements to the ledger in the transaction that
//     stores the payment.
//   - A refund is asked for only while the partner's balance holds it, and is
//     held against the balance until it is known what became of it.
//
// # States
//
//	created → pending → requires_action → approved → processing → succeeded
//	pending → unknown → any of these, by a look-up
//	requires_action, approved, processing → failed (the payer may try again) | cancelled
//	succeeded → partially_refunded | refunded | disputed
//
// A failed or cancelled payment that was captured after all is succeeded: money
// that has arrived is never left out.
//
// # Looking up
//
// Webhooks are the fast way and look-ups the sure one. What is open is looked up
// from every 30 seconds to every hour as it grows old; money that has moved is
// looked up until the provider has confirmed it, and then once a day for as long
// as a dispute can still come. What the last look-up said of each fact is kept
// beside it: reconciliation holds it against what the ledger has.
package payment
