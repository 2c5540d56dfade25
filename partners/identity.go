package partners

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// identities is the namespace of the ids that subjects of issuers have.
var identities = uuid.MustParse("5f4b62b0-a3d5-452b-a214-0398e88e7232")

// Identity is somebody whom a configured issuer of tokens vouches for. That the
// token is genuine, of that issuer and still valid has been verified before.
type Identity struct {
	Issuer, Subject string
	Name            string    // for people, in the history; "" is the subject
	Partner         uuid.UUID // zero for an administrator
	Role            Role
}

// Recognize is the Principal of an identity. The error is ErrNotMapped when the
// role is none of Roles, or the partner is missing or not one of ours.
//
// The same subject is the same author whatever role its token carries, so that
// a person cannot be the second one to approve what she asked for.
func (s *Service) Recognize(ctx context.Context, i Identity) (Principal, error) {
	if !i.Role.Valid() {
		return Principal{}, ErrNotMapped.With("The token gives no role here; there are: %s.", list(Roles))
	}
	if i.Role == RoleAdmin {
		i.Partner = uuid.Nil
	} else if err := s.isPartner(ctx, i.Partner); err != nil {
		return Principal{}, err
	}
	return Principal{Partner: i.Partner, Key: i.id(), Role: i.Role, Name: i.name()}, nil
}

// isPartner is nil for a partner of ours. One that was found is not asked for
// again within CacheFor.
func (s *Service) isPartner(ctx context.Context, id uuid.UUID) error {
	if id == uuid.Nil {
		return ErrNotMapped.With("The token names no partner, and the role it gives is not an administrator's.")
	}
	hash, now := HashOf(id.String()), s.now()
	if _, ok := s.exist.get(hash, now); ok {
		return nil
	}
	if _, err := s.store.Get(ctx, id); errors.Is(err, ErrNotFound) {
		return ErrNotMapped.With("The partner %s that the token names does not exist here.", id)
	} else if err != nil {
		return err
	}
	s.exist.put(hash, id, now, nil)
	return nil
}

// id stays the same for a subject. An issuer's URL has no NUL, so that two
// pairs never meet.
func (i Identity) id() uuid.UUID {
	return uuid.NewSHA1(identities, []byte(i.Issuer+"\x00"+i.Subject))
}

// name is on one line and not long, whatever the issuer lets people call
// themselves.
func (i Identity) name() string {
	clean := strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, i.Name))
	if clean == "" {
		clean = i.Subject
	}
	if runes := []rune(clean); len(runes) > maxName {
		return string(runes[:maxName])
	}
	return clean
}
