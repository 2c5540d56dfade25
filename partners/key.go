package partners

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

// KeyState is a key as it is stored. It holds no secret.
type KeyState struct {
	ID        uuid.UUID  `json:"id"`
	Partner   uuid.UUID  `json:"partner_id"` // zero for an administrator's
	Role      Role       `json:"role"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix"` // the first characters, to recognise it by
	Hash      Hash       `json:"-"`      // unique
	Revision  int64      `json:"revision"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at"`
}

// NewKey asks for a key.
type NewKey struct {
	Role      Role
	Name      string
	ExpiresAt *time.Time // nil: it does not expire

	ValidateOnly bool // check everything, issue nothing
}

// Key speaks for a partner, or for HexaBuilders' operators.
type Key struct {
	state KeyState
	rec   event.Recorder
}

// RestoreKey is a stored key.
func RestoreKey(s KeyState) *Key { return &Key{state: s} }

// State is what the store keeps.
func (k *Key) State() KeyState { return k.state }

// PullEvents hands the pending events to the store.
func (k *Key) PullEvents() []event.Event { return k.rec.Pull() }

// issue makes a key for a secret that its owner holds.
func issue(by event.Origin, at time.Time, id, partner uuid.UUID, in NewKey, prefix string, hash Hash) *Key {
	k := &Key{state: KeyState{
		ID: id, Partner: partner, Role: in.Role, Name: in.Name, Prefix: prefix, Hash: hash,
		CreatedAt: at, ExpiresAt: in.ExpiresAt,
	}}
	k.record(by, at, KeyIssued{Key: id, Role: in.Role, Name: in.Name, Prefix: prefix, ExpiresAt: in.ExpiresAt})
	return k
}

func (n NewKey) validate(partner uuid.UUID, now time.Time) error {
	var wrong fault.Fields
	switch {
	case !n.Role.Valid():
		wrong.Add("role", "unknown_role", "There is no such role.", list(Roles))
	case (n.Role == RoleAdmin) != (partner == uuid.Nil):
		wrong.Add("role", "role_not_allowed", "An administrator's key belongs to no partner, and every other key belongs to one.", list(Roles[1:]))
	}
	checkText(&wrong, "name", n.Name, 0)
	if n.ExpiresAt != nil && !n.ExpiresAt.After(now) {
		wrong.Add("expires_at", "in_the_past", "The key would have expired before its first use.", "a time in the future, or null")
	}
	return wrong.Err()
}

// Revoke ends the key for good. Revoking it again changes nothing.
func (k *Key) Revoke(by event.Origin, at time.Time) {
	if k.state.RevokedAt != nil {
		return
	}
	k.state.RevokedAt = &at
	k.record(by, at, KeyRevoked{Key: k.state.ID})
}

// usable reports whether the key may be used at a moment.
func (s KeyState) usable(at time.Time) bool {
	return s.RevokedAt == nil && (s.ExpiresAt == nil || at.Before(*s.ExpiresAt))
}

func (s KeyState) principal() Principal {
	return Principal{Partner: s.Partner, Key: s.ID, Role: s.Role, Name: s.Name}
}

func (k *Key) record(by event.Origin, at time.Time, data event.Data) {
	by.Partner = k.state.Partner
	k.state.Revision++
	k.rec.Record("key", k.state.ID, k.state.Revision, at, by, data)
}

const maxName = 200

// checkText refuses a name that is shorter than least characters, too long, or
// that could not be shown.
func checkText(wrong *fault.Fields, path, s string, least int) {
	const allow = "at most 200 characters of text"
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		wrong.Add(path, "not_text", "It contains characters that cannot be shown.", allow)
	case utf8.RuneCountInString(strings.TrimSpace(s)) < least:
		wrong.Add(path, "required", "It must not be empty.", allow)
	case utf8.RuneCountInString(s) > maxName:
		wrong.Add(path, "too_long", "It is too long.", allow)
	}
}
