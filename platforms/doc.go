// Package platforms is what HexaBuilders' partners have at ad platforms: their
// ad accounts, the campaigns of ours that run there, and what those deliver.
//
// An Account is a partner's account at a platform, with a token to use it. A
// Placement is one campaign on one account, with an Object for each thing that
// it is made of there (budget, campaign, ad set or ad group, creative, ad).
//
// # Flow
//
//	campaign or budget changes → event → Service.Touch → the placement is due
//	every second → Pusher.Tick → what is missing is created, the rest made as the campaign now is
//	every minute → Puller.Tick → delivery of 28 days → differences → metric events
//
// What always holds:
//
//   - An object is claimed, in a transaction of its own, before the call that
//     creates it, and carries our Reference. A claim whose answer never came is
//     Unknown: it is never sent again before the platform has been asked for the
//     reference. Found once, the object is adopted; not found for Settling, the
//     claim is released and may be sent again; found more than once, a person
//     decides (Conflict).
//   - What a platform reports is cumulative. What is posted is the difference to
//     what was posted before, stored before it is sent (Rows.Reserve), so that a
//     crash or a second node posts the same event with the same id.
//   - A token leaves the process only towards its platform. It is kept sealed
//     with a key that is not in the store, bound to its partner and platform.
//
// Only the Connector of a platform speaks HTTP. Money is int64 micros of the
// account's currency; days and hours are those of the account's time zone.
package platforms
