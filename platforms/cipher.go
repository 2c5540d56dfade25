package platforms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Cipher keeps credentials with AES-256-GCM. The first of its keys seals; all of
// them open, so that a key can be replaced while the old one still opens.
type Cipher struct {
	keys   []sealingKey
	random io.Reader
}

type sealingKey struct {
	mark [markBytes]byte // the beginning of the key's hash: which key it was
	aead cipher.AEAD
}

// markBytes tell the few keys of one service apart and say nothing about them.
const markBytes = 4

// NewCipher reads keys of 32 bytes in base64, separated by commas, the newest
// first. No text is no key: then nothing can be sealed or opened.
func NewCipher(text string, random io.Reader) (*Cipher, error) {
	c := &Cipher{random: random}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(part)
		if err != nil || len(raw) != 32 {
			return nil, fmt.Errorf("key %d is not 32 bytes in base64; openssl rand -base64 32 makes one", len(c.keys)+1)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		c.keys = append(c.keys, sealingKey{[markBytes]byte(sum[:markBytes]), aead})
	}
	return c, nil
}

// bound is what a token belongs to: moved to another row, it does not open.
func (s AdAccountState) bound() []byte {
	return []byte("ad-account\x00" + s.Partner.String() + "\x00" + string(s.Platform) + "\x00" + s.External)
}

// seal keeps credentials for the account. It fails with ErrNoKey.
func (c *Cipher) seal(s AdAccountState, secret Credentials) ([]byte, error) {
	if len(c.keys) == 0 {
		return nil, ErrNoKey
	}
	plain, err := json.Marshal(secret) //nolint:gosec // it is sealed before it goes anywhere
	if err != nil {
		return nil, err
	}
	key := c.keys[0]
	out := make([]byte, markBytes+key.aead.NonceSize(), 256)
	copy(out, key.mark[:])
	nonce := out[markBytes:]
	if _, err := io.ReadFull(c.random, nonce); err != nil {
		return nil, err
	}
	return key.aead.Seal(out, nonce, plain, s.bound()), nil //nolint:gosec // the nonce was read from random
}

// open reads an account's credentials. It fails with ErrUnsealed when they were
// kept with another key, or are not this account's.
func (c *Cipher) open(s AdAccountState) (Credentials, error) {
	var secret Credentials
	for _, key := range c.keys {
		size := markBytes + key.aead.NonceSize()
		if len(s.Sealed) < size || [markBytes]byte(s.Sealed[:markBytes]) != key.mark {
			continue
		}
		plain, err := key.aead.Open(nil, s.Sealed[markBytes:size], s.Sealed[size:], s.bound())
		if err != nil {
			return secret, ErrUnsealed.Wrap(err)
		}
		err = json.Unmarshal(plain, &secret)
		return secret, err
	}
	return secret, ErrUnsealed
}
