package audience

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// Query asks for a part of a partner's audiences.
type Query struct {
	Kinds    []Kind   // any of them; none: all
	Statuses []Status // any of them; none: all
	Limit    int
	Cursor   string
}

// Store keeps audiences, with their events in the same transaction. A partner
// of uuid.Nil is an administrator's and finds every partner's.
type Store interface {
	// Insert fails with ErrTooMany when the partner has MaxAudiences.
	Insert(ctx context.Context, a *Audience) error
	// Get fails with ErrNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Audience, error)
	// Update fails with ErrNotFound, and with ErrStale when revision is not 0
	// and not the current one.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Audience) error) (*Audience, error)
	// Delete removes the audience, its memberships and what was on its way into
	// it; it fails as Update does.
	Delete(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Audience)) error
	// List has the newest first.
	List(ctx context.Context, partner uuid.UUID, q Query) (items []*Audience, next string, err error)
}

// Stage is how far an upload is.
type Stage string

// The stages. What is Sealed is durable as a whole and will be taken in,
// whatever happens; before that nothing of it is.
const (
	Receiving Stage = "receiving"
	Applying  Stage = "applying"
	Applied   Stage = "applied"
	Dropped   Stage = "dropped" // cut off, refused, or its audience was deleted
)

// Upload is one file of members on its way in.
type Upload struct {
	ID         uuid.UUID    `json:"id"`
	Partner    uuid.UUID    `json:"-"`
	Audience   uuid.UUID    `json:"audience_id"`
	By         event.Origin `json:"-"`
	Stage      Stage        `json:"stage"`
	Rows       int64        `json:"rows"`     // lines read, without the header
	Accepted   int64        `json:"accepted"` // of them
	Applied    int64        `json:"applied"`  // rows whose people are numbered and stored
	RejectedN  int64        `json:"rejected_total"`
	Rejected   []Rejection  `json:"rejected"` // the first of them
	IgnoredN   int64        `json:"ignored_total"`
	Ignored    []Rejection  `json:"ignored"` // values left out of rows that were taken, the first
	Added      int64        `json:"added"`   // people who were not in the audience before
	StartedAt  time.Time    `json:"started_at"`
	UpdatedAt  time.Time    `json:"updated_at"`
	FinishedAt *time.Time   `json:"finished_at,omitempty"`
}

// Uploads keeps files of members on their way in.
type Uploads interface {
	// Begin notes an upload and marks its audience as processing. It fails with
	// ErrNotFound and ErrDerived.
	Begin(ctx context.Context, u Upload) error
	// Append keeps one part of it, durably. It fails when the upload was dropped.
	Append(ctx context.Context, u Upload, n int, part []byte) error
	// Seal makes it whole: from here on it is taken in, whatever happens.
	Seal(ctx context.Context, u Upload) error
	// Drop forgets it and all its parts.
	Drop(ctx context.Context, u Upload) error
	// Latest is the last upload of an audience; ok is false without one.
	Latest(ctx context.Context, partner, audience uuid.UUID) (u Upload, ok bool, err error)
	// Open are the uploads that are under way, of all partners.
	Open(ctx context.Context) ([]Upload, error)
}

// People keeps who the members are. Numbers are given once and never again.
type People interface {
	// Step takes in the next rows of a sealed upload; done when there are none
	// left and the members are published. Steps of one partner wait for each
	// other; ErrBusy when that takes too long.
	Step(ctx context.Context, u Upload, now time.Time) (done bool, err error)
	// Members are the people in an audience whose membership lasts today.
	Members(ctx context.Context, partner, audience uuid.UUID, today int32) (*roaring.Bitmap, error)
	// Everyone are all the people in the partner's uploaded audiences.
	Everyone(ctx context.Context, partner uuid.UUID, today int32) (*roaring.Bitmap, error)
	// Replace makes people the members of a computed audience, without those
	// who were erased since the numbers were read.
	Replace(ctx context.Context, partner, audience uuid.UUID, people *roaring.Bitmap, today int32, change func(a *Audience, size int64)) error
}

// Facts are what is known of people.
type Facts interface {
	// Columns are the names of the attributes that are known of some.
	Columns(ctx context.Context, partner uuid.UUID) ([]string, error)
	// Scan reads columns of the blocks in which people are, in order.
	Scan(ctx context.Context, partner uuid.UUID, people *roaring.Bitmap, want Want, visit func(Block) error) error
	// Changed is how often anything about the partner's people has changed, and
	// the blocks in which something is known differently since a version.
	Changed(ctx context.Context, partner uuid.UUID, since int64) (version int64, blocks []int64, err error)
}

// Eraser forgets people.
type Eraser interface {
	// Remove takes persons out of one audience and leaves them in the others.
	Remove(ctx context.Context, by event.Origin, audience uuid.UUID, persons [][]identity.ID, now time.Time) (removed int, err error)
	// Erase forgets persons everywhere: identifiers, attributes, behaviour,
	// memberships, and what is on its way in.
	Erase(ctx context.Context, by event.Origin, persons [][]identity.ID, now time.Time) (Erasure, error)
	// Expire ends the memberships that are over, and forgets the people who are
	// in no audience any more.
	Expire(ctx context.Context, now time.Time) error
}

// Erasure is what an erasure found.
type Erasure struct {
	People    int `json:"people" doc:"How many persons were known and are forgotten now."`
	Audiences int `json:"audiences" doc:"How many audiences they were in."`
}

// Want says which columns are read.
type Want struct {
	Attributes []string
	Behaviour  bool
	Identity   bool // who they are, for platforms that compare hashes
}

// Block is what is known of some consecutive people.
type Block struct {
	First  uint32    // the number of the person in slot 0
	Values []*Values // one for each attribute asked for
	Doings *Doings   // when behaviour was asked for
	IDs    *IDs      // when identity was asked for
}
