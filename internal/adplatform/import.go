package adplatform

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// State is how far an import is.
type State string

const (
	Running     State = "running"
	Completed   State = "completed"   // every row was taken, known already, or refused by line
	Failed      State = "failed"      // Problem says why; rows before it are taken
	Interrupted State = "interrupted" // the program stopped; send the file again
)

// Silence is how long a running import may be without news until it counts as
// interrupted: its process is gone.
const Silence = 2 * time.Minute

// MaxRejections bounds the list in an Import; the others are only counted.
const MaxRejections = 100

// Import is one report on its way in. Sending its file again is always safe:
// what was taken before is counted as duplicates.
type Import struct {
	ID         uuid.UUID   `json:"id"`
	Partner    uuid.UUID   `json:"partner_id"`
	Platform   string      `json:"platform"`
	State      State       `json:"state"`
	Progress   Progress    `json:"progress"`
	Totals     Totals      `json:"totals"`
	Campaigns  []Placed    `json:"campaigns"`
	Rejections []Rejection `json:"rejections"` // the first MaxRejections
	Problem    *Problem    `json:"error,omitempty"`
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
	FinishedAt *time.Time  `json:"finished_at,omitempty"`
}

// Progress counts bytes and rows of the file. Rows is the sum of Accepted,
// Duplicates, Rejected and those just being written.
type Progress struct {
	Bytes      int64 `json:"bytes"`
	BytesTotal int64 `json:"bytes_total"`
	Rows       int   `json:"rows"`
	Accepted   int   `json:"accepted"`
	Duplicates int   `json:"duplicates"` // taken by an earlier import
	Rejected   int   `json:"rejected"`
}

// Totals are the sums over the rows that are accepted or duplicates, to be held
// against what the platform shows. Spend and Revenue are null until the first
// row says the currency, Conversions and Revenue also when no row has any: the
// platform's report does not speak of them.
type Totals struct {
	Spend       *money.Money `json:"spend"`
	Impressions int64        `json:"impressions"`
	Clicks      int64        `json:"clicks"`
	Conversions *int64       `json:"conversions"`
	Revenue     *money.Money `json:"revenue"`
}

// Placed says under which campaign of ours a platform's campaign was filed.
type Placed struct {
	External string    `json:"external"` // the platform's campaign, or where the report has none its account
	Campaign uuid.UUID `json:"campaign_id"`
	Name     string    `json:"name"`
	Created  bool      `json:"created"` // as a draft, by this import
	Rows     int       `json:"rows"`
}

// Rejection is a row that was refused.
type Rejection struct {
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Problem is why an import failed.
type Problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// Store keeps imports.
type Store interface {
	// Save inserts or replaces an import, by partner and id.
	Save(ctx context.Context, i Import) error
	// Get returns ErrNotFound for what is missing or another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (Import, error)
}

// Links remember which campaign of ours was created for a platform's.
type Links interface {
	// Link ties external to campaign unless it is tied already, in one step,
	// and returns the campaign that it is then tied to.
	Link(ctx context.Context, partner uuid.UUID, platform, external string, campaign uuid.UUID) (uuid.UUID, error)
	// Linked is the campaign that external is tied to, or uuid.Nil.
	Linked(ctx context.Context, partner uuid.UUID, platform, external string) (uuid.UUID, error)
}

// Campaigns are the partner's.
type Campaigns interface {
	// Campaign returns an error of kind fault.NotFound for what is missing or
	// another partner's.
	Campaign(ctx context.Context, partner, id uuid.UUID) (Campaign, error)
	// CreateDraft creates a campaign in DRAFT with the id given; when that id
	// is one already, of the same partner, it is the answer.
	CreateDraft(ctx context.Context, by event.Origin, d Draft) (Campaign, error)
}

// Campaign is what filing a row needs to know of a campaign.
type Campaign struct {
	ID       uuid.UUID
	Name     string
	Currency money.Currency
	Zone     *time.Location
}

// Draft is a campaign to be created for one that exists at a platform.
type Draft struct {
	ID       uuid.UUID
	Name     string
	Platform string
	Channel  string // of its first row: search, display, social, video
	Currency string // empty: the partner's
	Timezone string // empty: the partner's
}

// Metrics takes delivery facts in; *performance.Service does.
type Metrics interface {
	Record(ctx context.Context, by event.Origin, events []performance.Event) (performance.Receipt, error)
}
