// Package audience keeps sets of people: lists that a partner uploads, and sets
// that are computed from them.
//
// # People
//
// Everybody in a partner's lists is a person with a number (uint32, given once
// and never again), found by any of their identifiers. Identifiers are SHA-256
// from the moment a line is read (package identity); raw ones are never stored,
// logged or put in an event. A line with several identifiers belongs to the
// person that the first known one leads to, and adds the others to them.
//
// Audiences are roaring bitmaps of numbers, one for each day on which members
// were added, so that memberships end without anything being rewritten. What is
// known of people (attributes, and by day their visits and purchases) is kept
// by column in blocks of BlockPeople. docs/decisions/0026 has sizes and speeds.
//
// # An upload
//
//	stream → Reader → Rows → parts kept aside (Uploads.Append) → Seal
//	       → Step, Step, ...: identifiers looked up, people numbered and stored
//	       → published: members join the audience in one transaction
//
// Before the seal nothing of it counts, and a stream that is cut is dropped.
// After it the upload is taken in whatever happens: Resume goes on after a
// crash, and each part counts once.
//
// # For models
//
// Members and Everyone give sets, Each visits people with their values, and
// Derive makes an audience of kind Lookalike, Segment or Cluster from a set:
//
//	state, seed, err := audiences.Members(ctx, partner, id)
//	rest, err := audiences.Everyone(ctx, partner) // then rest.AndNot(seed)
//	err = audiences.Each(ctx, partner, seed, audience.Want{Attributes: names, Behaviour: true}, func(p audience.Person) error { ... })
//	made, err := audiences.Derive(ctx, by, audience.New{Name: "...", Kind: audience.Lookalike, Source: &audience.Source{ID: id}}, best)
//
// # Invariants
//
//   - An upload is in an audience as a whole or not at all.
//   - Who is erased is in no set, column, index or upload afterwards, and in no
//     set that was being computed meanwhile.
//   - No event and no error holds an identifier.
package audience
