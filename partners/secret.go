package partners

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
)

// Prefixes make our secrets recognisable to people and to secret scanners.
const (
	keyPrefix     = "cmk_"
	sessionPrefix = "cms_"
	linkPrefix    = "cml_"
)

const (
	secretBytes = 32 // 256 bits
	shownPrefix = 12 // characters of a key that are kept to recognise it by
	minSecret   = 32
	maxSecret   = 512
)

// Hash is the SHA-256 of a secret: all that is kept of it.
type Hash [sha256.Size]byte

// HashOf is the hash of a secret.
func HashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// newSecret draws 256 bits. It never returns a secret from a source that ran
// dry: a short read is an error.
func newSecret(random io.Reader, prefix string) (string, error) {
	var b [secretBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("partners: randomness: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// plausible refuses what cannot be a secret before the store is asked.
func plausible(secret string) bool {
	if len(secret) < minSecret || len(secret) > maxSecret {
		return false
	}
	for _, c := range []byte(secret) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
