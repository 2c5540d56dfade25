package partners

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Page asks for a part of a list.
type Page struct {
	Limit  int    // 0: the store's usual
	Cursor string // from the page before; "" begins
}

// Store keeps partners. Every write stores the aggregate's State and the events
// of its PullEvents in one transaction.
type Store interface {
	// Insert fails with ErrExists when the id is taken.
	Insert(context.Context, *Partner) error
	// Get fails with ErrNotFound.
	Get(context.Context, uuid.UUID) (*Partner, error)
	// List is in the order of creation.
	List(context.Context, Page) (items []*Partner, next string, err error)
	// Update calls change with the stored partner and stores the result. A
	// revision other than 0 must be the stored one, or it is ErrStale. An error
	// of change is returned as it is and nothing is stored; a change that left
	// the revision as it was is not written.
	Update(ctx context.Context, id uuid.UUID, revision int64, change func(*Partner) error) (*Partner, error)
}

// KeyStore keeps keys, with their events in the same transaction. A partner of
// uuid.Nil holds the administrators' keys.
type KeyStore interface {
	// InsertKey fails with ErrExists when the hash is taken.
	InsertKey(context.Context, *Key) error
	// Key fails with ErrKeyNotFound, also for another partner's.
	Key(ctx context.Context, partner, id uuid.UUID) (*Key, error)
	// KeyByHash fails with ErrKeyNotFound. It finds a key of any partner.
	KeyByHash(context.Context, Hash) (*Key, error)
	// Keys are all the keys of a partner, revoked ones too, oldest first.
	Keys(ctx context.Context, partner uuid.UUID) ([]*Key, error)
	// UpdateKey is to keys what Store.Update is to partners, without a revision.
	UpdateKey(ctx context.Context, partner, id uuid.UUID, change func(*Key) error) (*Key, error)
}

// SessionStore keeps sessions and sign-in links. They have no events: who
// signed in is seen in what they then do.
type SessionStore interface {
	InsertSession(context.Context, Session) error
	// Session fails with ErrUnauthorized when there is none.
	Session(context.Context, Hash) (Session, error)
	// TouchSession notes a use. A session that is gone is no error.
	TouchSession(ctx context.Context, token Hash, seen time.Time) error
	DeleteSession(context.Context, Hash) error
	InsertLink(context.Context, Link) error
	// TakeLink returns a link that expires after now and, unless it is
	// Reusable, removes it in the same statement, so that of two takers one
	// gets ErrLink.
	TakeLink(ctx context.Context, token Hash, now time.Time) (Link, error)
	// DeleteExpired forgets the sessions last seen before idle or opened before
	// opened, and the links that expire before now.
	DeleteExpired(ctx context.Context, now, idle, opened time.Time) error
}
