package partners

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Sessions signs people in to the dashboard.
type Sessions struct {
	store  SessionStore
	keys   KeyStore
	now    func() time.Time
	random io.Reader
	known  *cache[Principal]
}

// NewSessions is the sign-in over a store; random must be crypto/rand.Reader
// outside tests.
func NewSessions(store SessionStore, keys KeyStore, clock func() time.Time, random io.Reader) *Sessions {
	return &Sessions{store: store, keys: keys, now: micros(clock), random: random, known: newCache[Principal]()}
}

// Open begins a session for a principal that has just authenticated with its
// key. The token is for an HttpOnly, SameSite cookie and is not kept.
func (s *Sessions) Open(ctx context.Context, p Principal) (token string, session Session, err error) {
	if token, err = newSecret(s.random, sessionPrefix); err != nil {
		return "", Session{}, err
	}
	now := s.now()
	session = Session{Token: HashOf(token), Partner: p.Partner, Key: p.Key, OpenedAt: now, SeenAt: now}
	if err := s.store.InsertSession(ctx, session); err != nil {
		return "", Session{}, err
	}
	return token, session, nil
}

// Authenticate finds who a session's token belongs to, and keeps the session
// from idling out. The error is ErrUnauthorized when the session is over or its
// key no longer holds.
func (s *Sessions) Authenticate(ctx context.Context, token string) (Principal, error) {
	if !strings.HasPrefix(token, sessionPrefix) || !plausible(token) {
		return Principal{}, ErrUnauthorized
	}
	hash, now := HashOf(token), s.now()
	if p, ok := s.known.get(hash, now); ok {
		return p, nil
	}
	session, err := s.store.Session(ctx, hash)
	if err != nil {
		return Principal{}, err
	}
	end := session.ExpiresAt()
	if !now.Before(end) {
		return Principal{}, ErrUnauthorized
	}
	key, err := s.key(ctx, session.Partner, session.Key)
	if err != nil {
		return Principal{}, err
	}
	if key.ExpiresAt != nil && key.ExpiresAt.Before(end) {
		end = *key.ExpiresAt
	}
	s.known.put(hash, key.principal(), now, &end)
	return key.principal(), s.touch(ctx, session, now)
}

// key is a key that may be used now.
func (s *Sessions) key(ctx context.Context, partner, id uuid.UUID) (KeyState, error) {
	k, err := s.keys.Key(ctx, partner, id)
	if err != nil {
		return KeyState{}, refuse(err)
	}
	if !k.state.usable(s.now()) {
		return KeyState{}, ErrUnauthorized
	}
	return k.state, nil
}

func (s *Sessions) touch(ctx context.Context, session Session, now time.Time) error {
	if now.Sub(session.SeenAt) < touchEvery {
		return nil
	}
	return s.store.TouchSession(ctx, session.Token, now)
}

// Close ends a session. One that is not there is no error.
func (s *Sessions) Close(ctx context.Context, token string) error {
	hash := HashOf(token)
	s.known.drop(hash)
	return s.store.DeleteSession(ctx, hash)
}

// NewLink makes a sign-in link's token for a key of a partner. Only the demo
// asks for a reusable one; see Link.
func (s *Sessions) NewLink(ctx context.Context, partner, key uuid.UUID, reusable bool) (token string, err error) {
	if _, err := s.key(ctx, partner, key); err != nil {
		return "", err
	}
	if token, err = newSecret(s.random, linkPrefix); err != nil {
		return "", err
	}
	link := Link{
		Token: HashOf(token), Partner: partner, Key: key,
		ExpiresAt: s.now().Add(LinkLife), Reusable: reusable,
	}
	return token, s.store.InsertLink(ctx, link)
}

// Follow exchanges a link's token for a session. Whoever answers the request
// sets the cookie and redirects, so that the token leaves the address bar. The
// errors are ErrLink, and ErrUnauthorized when the link's key no longer holds.
func (s *Sessions) Follow(ctx context.Context, linkToken string) (token string, session Session, err error) {
	if !strings.HasPrefix(linkToken, linkPrefix) || !plausible(linkToken) {
		return "", Session{}, ErrLink
	}
	link, err := s.store.TakeLink(ctx, HashOf(linkToken), s.now())
	if err != nil {
		return "", Session{}, err
	}
	key, err := s.key(ctx, link.Partner, link.Key)
	if err != nil {
		return "", Session{}, err
	}
	return s.Open(ctx, key.principal())
}

// Sweep forgets the sessions and links that are over. It is for timed work;
// they would not be accepted anyway.
func (s *Sessions) Sweep(ctx context.Context) error {
	now := s.now()
	return s.store.DeleteExpired(ctx, now, now.Add(-SessionIdle), now.Add(-SessionLife))
}
