// Package ledger is the double-entry book of a partner's money: which accounts
// there are, what an entry is made of, how it is written and how it is proved.
//
// # Entries
//
// A transaction that moves money writes one entry for each partner, however
// many campaigns it touches. An entry holds lines; a line says what happened to
// one campaign's money on one local day, as changes of five figures, and its
// postings follow from these by the table below. A line that does not balance
// cannot be written down.
//
// # Accounts
//
// Two groups of accounts, each of which sums to zero in each currency, always:
//
//	limit        -  what was granted, turned round: the other side of the next five
//	available    +  granted, and neither held nor spent; below zero when limits fell or reports exceed them
//	reserved     +  held for what is under way
//	settled      +  spent as it was authorised
//	overdelivery +  reported beyond what was authorised
//
//	payable      -  owed to the platforms for what they reported
//	credit       -  refunds beyond what was spent, kept until their spend comes
//	funds        -  what the partner has paid in and not spent; above zero when spending is on account
//	cash         +  what arrived from the partner
//
// # Chain
//
// Entries of a partner are numbered 1, 2, 3, ... and each carries the SHA-256
// of its bytes and of the hash before it. The last number and hash also stand
// in the partner's log head, so that an entry that is edited, removed, swapped,
// added or cut off at the end is found, and the first bad one named.
//
// All amounts are micros. Ids, numbers and entries never expire.
package ledger
