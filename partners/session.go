package partners

import (
	"time"

	"github.com/google/uuid"
)

const (
	// SessionIdle is how long a session lasts without being used.
	SessionIdle = 12 * time.Hour
	// SessionLife is how long a session lasts at most.
	SessionLife = 7 * 24 * time.Hour
	// LinkLife is how long a sign-in link can be followed.
	LinkLife = 24 * time.Hour
	// touchEvery spares the store a write at every request of a page.
	touchEvery = 5 * time.Minute
)

// Session is a person signed in with a key, as it is stored: the token itself
// stands only in the browser's cookie.
type Session struct {
	Token    Hash
	Partner  uuid.UUID // the key's
	Key      uuid.UUID
	OpenedAt time.Time
	SeenAt   time.Time
}

// ExpiresAt is when the session ends if it is not used again.
func (s Session) ExpiresAt() time.Time {
	idle, end := s.SeenAt.Add(SessionIdle), s.OpenedAt.Add(SessionLife)
	if end.Before(idle) {
		return end
	}
	return idle
}

// Link opens one session for a key without showing the key.
//
// Its token stands in a URL, where histories and logs may keep it. So it is
// exchanged for a cookie at once, it cannot be used twice, and it dies with its
// key. Reusable lifts the second for `campaignd demo` alone: its data is made
// up and it listens on this machine, and whoever opens its one printed link in
// a second browser should not be locked out.
type Link struct {
	Token     Hash
	Partner   uuid.UUID
	Key       uuid.UUID
	ExpiresAt time.Time
	Reusable  bool
}
