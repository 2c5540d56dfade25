package partners

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

// IssueKey makes a key for a partner, or an administrator's for uuid.Nil. The
// secret is returned here and can never be read again. A key that is only to be
// checked has none.
func (s *Service) IssueKey(ctx context.Context, by event.Origin, partner uuid.UUID, in NewKey) (key KeyState, secret string, err error) {
	if err := in.validate(partner, s.now()); err != nil {
		return KeyState{}, "", err
	}
	if partner != uuid.Nil {
		if _, err := s.store.Get(ctx, partner); err != nil {
			return KeyState{}, "", err
		}
	}
	if in.ValidateOnly {
		return issue(by, s.now(), s.ids(), partner, in, "", Hash{}).State(), "", nil
	}
	if secret, err = newSecret(s.random, keyPrefix); err != nil {
		return KeyState{}, "", err
	}
	k := issue(by, s.now(), s.ids(), partner, in, secret[:shownPrefix], HashOf(secret))
	if err := s.keys.InsertKey(ctx, k); err != nil {
		return KeyState{}, "", err
	}
	return k.State(), secret, nil
}

// Key is a key of a partner, without its secret, or ErrKeyNotFound.
func (s *Service) Key(ctx context.Context, partner, id uuid.UUID) (KeyState, error) {
	k, err := s.keys.Key(ctx, partner, id)
	if err != nil {
		return KeyState{}, err
	}
	return k.State(), nil
}

// Keys are all the keys of a partner, revoked ones too.
func (s *Service) Keys(ctx context.Context, partner uuid.UUID) ([]KeyState, error) {
	keys, err := s.keys.Keys(ctx, partner)
	if err != nil {
		return nil, err
	}
	states := make([]KeyState, len(keys))
	for i, k := range keys {
		states[i] = k.State()
	}
	return states, nil
}

// RevokeKey ends a key: here at once, on other nodes within CacheFor. Revoking
// it again is no error; a key that is not the partner's is ErrKeyNotFound.
func (s *Service) RevokeKey(ctx context.Context, by event.Origin, partner, id uuid.UUID) error {
	k, err := s.keys.UpdateKey(ctx, partner, id, func(k *Key) error {
		k.Revoke(by, s.now())
		return nil
	})
	if err != nil {
		return err
	}
	s.known.drop(k.state.Hash)
	return nil
}

// adminKeyName marks the administrator's key that the program's start sets.
const adminKeyName = "administrator"

// EnsureAdminKey is called when the program starts. With a secret it makes that
// the administrator's key and revokes the one that an earlier start had set, so
// that changing the configuration ends a leaked key. Without one it keeps what
// there is, or makes a random key when there is none and returns it to be shown,
// once. A secret that had been revoked is ErrAdminKey.
func (s *Service) EnsureAdminKey(ctx context.Context, secret string) (made string, err error) {
	by := event.Origin{Kind: event.ActorOperator, ID: "start", From: "configuration"}
	if secret == "" {
		return s.firstAdminKey(ctx, by)
	}
	if !plausible(secret) {
		return "", ErrAdminKey
	}
	hash := HashOf(secret)
	in := NewKey{Role: RoleAdmin, Name: adminKeyName}
	// Nothing of a chosen secret is shown: its beginning may be half of it.
	err = s.keys.InsertKey(ctx, issue(by, s.now(), s.ids(), uuid.Nil, in, "configured", hash))
	if errors.Is(err, ErrExists) {
		err = s.checkAdminKey(ctx, hash)
	}
	if err != nil {
		return "", err
	}
	return "", s.revokeOtherAdminKeys(ctx, by, hash)
}

func (s *Service) firstAdminKey(ctx context.Context, by event.Origin) (string, error) {
	keys, err := s.keys.Keys(ctx, uuid.Nil)
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if k.state.usable(s.now()) {
			return "", nil
		}
	}
	_, secret, err := s.IssueKey(ctx, by, uuid.Nil, NewKey{Role: RoleAdmin, Name: adminKeyName})
	return secret, err
}

func (s *Service) checkAdminKey(ctx context.Context, hash Hash) error {
	k, err := s.keys.KeyByHash(ctx, hash)
	if err != nil {
		return err
	}
	if k.state.Role != RoleAdmin || !k.state.usable(s.now()) {
		return ErrAdminKey.With("The configured administrator's key has been revoked or belongs to a partner.")
	}
	return nil
}

func (s *Service) revokeOtherAdminKeys(ctx context.Context, by event.Origin, current Hash) error {
	keys, err := s.keys.Keys(ctx, uuid.Nil)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.state.Hash == current || k.state.Name != adminKeyName || k.state.RevokedAt != nil {
			continue
		}
		if err := s.RevokeKey(ctx, by, uuid.Nil, k.state.ID); err != nil {
			return err
		}
	}
	return nil
}
