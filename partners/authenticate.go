package partners

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync"
	"time"
)

// CacheFor is how long a credential that held is believed without asking the
// store again: the longest that a revoked key still works on another node.
const CacheFor = 5 * time.Second

// cacheSize bounds the memory of a node: more keys than this in 5 seconds are
// looked up more often, nothing else.
const cacheSize = 4096

// Authenticate finds whose secret it is. The error is ErrUnauthorized whatever
// is wrong with the secret, or the store's own.
//
// The store is asked by the hash, so that how long it takes says nothing about
// how much of a guess was right.
func (s *Service) Authenticate(ctx context.Context, secret string) (Principal, error) {
	if !plausible(secret) {
		return Principal{}, ErrUnauthorized
	}
	hash, now := HashOf(secret), s.now()
	if p, ok := s.known.get(hash, now); ok {
		return p, nil
	}
	k, err := s.keys.KeyByHash(ctx, hash)
	if err != nil {
		return Principal{}, refuse(err)
	}
	if subtle.ConstantTimeCompare(k.state.Hash[:], hash[:]) != 1 || !k.state.usable(now) {
		return Principal{}, ErrUnauthorized
	}
	p := k.state.principal()
	s.known.put(hash, p, now, k.state.ExpiresAt)
	return p, nil
}

// refuse hides which part of a credential is missing; other failures stay.
func refuse(err error) error {
	if errors.Is(err, ErrKeyNotFound) {
		return ErrUnauthorized
	}
	return err
}

// cache remembers for CacheFor what held. What did not hold is never kept: a
// guesser could fill it.
type cache[T any] struct {
	mu      sync.Mutex
	entries map[Hash]entry[T]
}

type entry[T any] struct {
	value T
	until time.Time
}

func newCache[T any]() *cache[T] { return &cache[T]{entries: map[Hash]entry[T]{}} }

func (c *cache[T]) get(h Hash, now time.Time) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[h]
	return e.value, ok && now.Before(e.until)
}

// put keeps a value until CacheFor has passed, or until expires when that is
// sooner.
func (c *cache[T]) put(h Hash, v T, now time.Time, expires *time.Time) {
	until := now.Add(CacheFor)
	if expires != nil && expires.Before(until) {
		until = *expires
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= cacheSize {
		c.makeRoom(now)
	}
	c.entries[h] = entry[T]{v, until}
}

// makeRoom forgets what is over, and everything when that was nothing.
func (c *cache[T]) makeRoom(now time.Time) {
	for h, e := range c.entries {
		if !now.Before(e.until) {
			delete(c.entries, h)
		}
	}
	if len(c.entries) >= cacheSize {
		clear(c.entries)
	}
}

func (c *cache[T]) drop(h Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, h)
}
