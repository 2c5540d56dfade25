package platforms

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// AccountStore keeps ad accounts, with their events in the same transaction. A
// partner of uuid.Nil is an administrator's and finds every partner's.
type AccountStore interface {
	// Insert fails with ErrAccountConnected when the partner has the platform's
	// account already.
	Insert(ctx context.Context, a *Account) error
	// Get fails with ErrAccountNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Account, error)
	// Update fails with ErrAccountNotFound, and with ErrStale when revision is
	// not 0 and not the current one. Also a change without an event is stored.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Account) error) (*Account, error)
	// Delete removes the account; it fails as Update does, and with
	// ErrAccountInUse while a placement has not ended.
	Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Account)) error
	// List has the newest first; they are few.
	List(ctx context.Context, partner uuid.UUID) ([]*Account, error)
	// Due are accounts whose pull is due, the longest due first.
	Due(ctx context.Context, now time.Time, limit int) ([]Ref, error)
}

// PlacementStore keeps placements, with their events in the same transaction.
type PlacementStore interface {
	// Insert fails with ErrPlaced when the campaign is on the account already.
	Insert(ctx context.Context, p *Placement) error
	// Get fails with ErrPlacementNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Placement, error)
	// Update fails as that of AccountStore does.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Placement) error) (*Placement, error)
	// Of are the placements of a campaign or an account, the newest first; they
	// are few, or for an account as many as it has campaigns.
	Of(ctx context.Context, partner uuid.UUID, q Whose) ([]*Placement, error)
	// Due are placements that are due, the longest due first.
	Due(ctx context.Context, now time.Time, limit int) ([]Ref, error)
}

// Whose asks for the placements of a campaign, of an account, or of both.
type Whose struct{ Campaign, Account uuid.UUID }

// Ref names an account or a placement.
type Ref struct{ Partner, ID uuid.UUID }

// RowKey names one row of an account: a hash of what the row is about.
type RowKey = uuid.UUID

// Known is what has been posted of a row, and what is being posted.
type Known struct {
	Figures
	Version int64    // how many differences have been posted
	Pending *Figures // what the row will be when the one under way is posted
}

// RowStore remembers what has been posted of each row of an account. The Ref is
// the account's book, which outlives the connection.
type RowStore interface {
	// Reserve makes figures the pending ones of their rows, unless others are
	// pending, and returns what then holds. What is returned as pending has to
	// be posted as it is, whoever reserved it.
	Reserve(ctx context.Context, a Ref, rows map[RowKey]Reservation) (map[RowKey]Known, error)
	// Settle makes what is pending known, for rows still at these versions.
	Settle(ctx context.Context, a Ref, versions map[RowKey]int64) error
	// Drop gives up what is pending, for rows still at these versions.
	Drop(ctx context.Context, a Ref, versions map[RowKey]int64) error
	// Forget removes rows of days before one, which are no longer pulled.
	Forget(ctx context.Context, a Ref, before int64) error
}

// Reservation is what a row of a day is now reported to be.
type Reservation struct {
	Day int64
	Figures
}

// Campaigns are the partner's, as drafts for a platform.
type Campaigns interface {
	// Draft is the campaign with percent of its budget; missing and another
	// partner's are errors of kind fault.NotFound.
	Draft(ctx context.Context, partner, campaign uuid.UUID, percent int) (Draft, error)
}

// Metrics takes delivery in; *performance.Service does.
type Metrics interface {
	Record(ctx context.Context, by event.Origin, events []performance.Event) (performance.Receipt, error)
}
