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
//     each with the provider's own id and a status that only moves forward.
//     Facts that come twice, late or in any order lead to the same payment.
//   - A fact that moves money gives one Movement, keyed by the provider's id for
//     ever. The store posts movements to the ledger in the transaction that
//     stores the payment.
//
// # States
//
//	created → pending → requires_action → processing → succeeded | failed | cancelled
//	pending → unknown → any of these, by a look-up
//	succeeded → partially_refunded | refunded | disputed
//
// A failed or cancelled payment that was captured after all is succeeded: money
// that has arrived is never left out.
package payment
