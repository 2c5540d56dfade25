package report

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"
)

// Query asks for a part of the list of reports. The zero value is the first
// page of all.
type Query struct {
	States   []State   // any of them; none: all
	Schedule uuid.UUID // zero: all
	Limit    int       // 0: the store's usual
	Cursor   string
}

// Store keeps reports. A partner of uuid.Nil is an administrator's and finds
// every partner's.
type Store interface {
	// Add stores a new report and, unless there are some under its key, its
	// facts. A report of the same id that is there already is left as it is and
	// returned.
	Add(ctx context.Context, r Report, facts Facts) (Report, error)
	// Get fails with ErrNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (Report, error)
	// List has the newest first.
	List(ctx context.Context, partner uuid.UUID, q Query) (items []Report, next string, err error)
	// Facts are those kept under a key; ok is false when there are none.
	Facts(ctx context.Context, partner uuid.UUID, key string) (facts Facts, ok bool, err error)
	// Cancel ends a report that is not over, or fails with ErrOver.
	Cancel(ctx context.Context, partner, id uuid.UUID, at time.Time) (Report, error)
	// Delete forgets a report and its file. Its facts stay.
	Delete(ctx context.Context, partner, id uuid.UUID) error
}

// Queue hands reports to workers. Each claim is an attempt; what an earlier
// attempt still tries to write fails with ErrLost.
type Queue interface {
	// Claim takes the oldest report that waits, or whose worker has not been
	// heard of; ok is false when there is none.
	Claim(ctx context.Context, now, until time.Time) (r Report, ok bool, err error)
	// Renew stores the progress and keeps the claim until then.
	Renew(ctx context.Context, r Report, until time.Time) error
	// AddPiece stores the file's next piece, from 0.
	AddPiece(ctx context.Context, r Report, number int, body []byte) error
	// Finish stores the outcome and forgets the pieces of other attempts.
	Finish(ctx context.Context, r Report) error
	// Expire forgets the files that are due.
	Expire(ctx context.Context, now time.Time) error
}

// Files reads what workers wrote.
type Files interface {
	// Open reads a ready report's file piece by piece.
	Open(ctx context.Context, r Report) io.Reader
}

// Renderer writes a document in its format.
type Renderer interface {
	Render(ctx context.Context, w io.Writer, d *Document) error
}
