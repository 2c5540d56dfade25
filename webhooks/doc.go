// Package webhooks tells partners' own programs what has happened: signed HTTP
// requests after the Standard Webhooks specification (standardwebhooks.com).
//
// # Flow
//
//	event log → Dispatcher.Enqueue → one Delivery an endpoint that wants the event
//	every second → Dispatcher.SendDue → Sender (the only one that speaks HTTP)
//
// What always holds:
//
//   - At least once: a delivery is stored before it is tried, and its webhook-id
//     is the event's id on every try, so that a receiver can leave out what it
//     has had. There is no order between deliveries; seq says the order of
//     events.
//   - A try that fails is repeated after Schedule, over about three days. The
//     endpoint is disabled when a delivery has used all its tries and nothing
//     has arrived meanwhile, or at once when it answers 410 Gone.
//   - A secret is shown when it is made and never again. A new one signs beside
//     the old one for Overlap, so that receivers can change over.
//   - Only addresses of the public internet are connected to; the Sender checks
//     the address it really connects to, so that a name which resolves to
//     another one the second time gains nothing.
package webhooks
