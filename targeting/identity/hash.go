package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Hash is the SHA-256 of a normalised value.
type Hash [sha256.Size]byte

// Of hashes a value that is normalised already.
func Of(normal string) Hash { return sha256.Sum256([]byte(normal)) }

// String is the hash in lower-case hexadecimal, as platforms take it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Hashed reads a value that the sender has hashed: 64 hexadecimal digits, in
// either case.
func Hashed(raw string) (h Hash, ok bool) {
	raw = strings.TrimSpace(raw)
	if len(raw) != 2*len(h) {
		return h, false
	}
	_, err := hex.Decode(h[:], []byte(raw))
	return h, err == nil
}

func valid(s string) bool { return utf8.ValidString(s) }

// Kind is what was hashed, and by whose rules.
type Kind uint8

// The kinds. Their numbers are stored.
const (
	EmailPlain    Kind = iota + 1 // an address, as Meta and Google compare it
	EmailEnhanced                 // an address of Gmail without its dots
	PhoneMeta                     // digits
	PhoneGoogle                   // E.164, with plus
	ExternalID                    // the sender's own number for a customer
	DeviceID                      // a mobile advertising id
	AddressKey                    // first name, last name, postal code and country together
)

// ID is one identifier of a person.
type ID struct {
	Kind Kind
	Hash Hash
}

// Print is the part of an identifier that an index is searched by: 10 bytes, of
// which two persons among 30 million share one by chance once in 2·10^9
// such partners. The kind is part of it, so that a number that is somebody's
// telephone is not taken for somebody else's customer number.
type Print [10]byte

// Print of an identifier.
func (i ID) Print() (p Print) {
	copy(p[:], i.Hash[:])
	p[0] ^= byte(i.Kind) * 0x1d
	return p
}
