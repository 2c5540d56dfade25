// Package partners is who may do what: the partners with their contracts,
// limits and feature flags, the keys that speak for them, and the sessions that
// people open with a key.
//
// What always holds:
//
//   - A partner sees only its own. A Principal names the partner, and every
//     other package asks the store with that partner; only an administrator's
//     Principal has none.
//   - A secret is shown once, when it is made. What is kept is its SHA-256: the
//     secrets are 256 random bits, so that a slow hash would add nothing.
//   - A key that is revoked or has expired stops working within CacheFor on
//     every node, and every session opened with it ends with it.
//   - What a role may do stands in one table (role.go); there are no
//     exceptions to it anywhere else.
//   - Why a credential was refused is not told: the answer is the same for one
//     that never existed, was revoked or has expired.
//
// An Identity is the other way to a Principal: somebody whom an issuer of tokens
// (OpenID Connect) vouches for, whose token internal/auth has verified.
//
// Service is for partners and keys, Sessions for people in a browser. Both give
// the Principal that the rest of the program works with.
package partners
