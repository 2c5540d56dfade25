package rule

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
)

// Query asks for a part of a list. The zero value is the first page of all.
type Query struct {
	Campaign uuid.UUID // rules that name it, or name none; zero: all
	Enabled  *bool     // nil: both
	Limit    int       // 0: the store's usual
	Cursor   string    // from the page before; "" begins
}

// Store keeps rules with their events. A partner of uuid.Nil is an
// administrator's and finds every partner's.
type Store interface {
	// Insert fails with ErrExists when the id is taken, and with ErrTooMany at
	// MaxRules.
	Insert(ctx context.Context, r *Rule) error
	// Get fails with ErrNotFound, also for another partner's.
	Get(ctx context.Context, partner, id uuid.UUID) (*Rule, error)
	// Update fails with ErrNotFound, and with ErrStale when revision is neither
	// 0 nor the stored one.
	Update(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Rule) error) (*Rule, error)
	// Remove is Update for a rule that is then gone.
	Remove(ctx context.Context, partner, id uuid.UUID, revision int64, change func(*Rule) error) (*Rule, error)
	// List has the newest first.
	List(ctx context.Context, partner uuid.UUID, q Query) (items []*Rule, next string, err error)
}

// Decision is what a judgement makes of a standing: alerts that end or begin are
// stored with it, in one transaction.
type Decision struct {
	Standing Standing
	Ended    *performance.Alert // the open one, resolved
	Begun    *performance.Alert
}

// Standings keeps how rules stand.
type Standings interface {
	// Standings are those of one rule, or with uuid.Nil of all the partner's.
	Standings(ctx context.Context, partner, rule uuid.UUID) ([]Standing, error)
	// Decide calls decide with the stored standing and the rule's open alert
	// about the campaign, nil when there is none, and stores what it returns.
	// Two decisions about one rule and campaign wait for each other. decide may
	// be called more than once.
	Decide(ctx context.Context, of Standing, decide func(stored Standing, open *performance.Alert) Decision) (Standing, error)
	// Firing are the standings with an alert of now, of all partners, those
	// after one given, in the order of their keys.
	Firing(ctx context.Context, after Standing, limit int) ([]Standing, error)
	// Forget drops the standings of a rule that is gone.
	Forget(ctx context.Context, partner, rule uuid.UUID) error
	// Watched are the partners that have enabled rules about the metrics.
	Watched(ctx context.Context, metrics []Metric) ([]uuid.UUID, error)
}

// Campaigns finds what rules need to know of campaigns.
type Campaigns interface {
	// Campaign fails with a fault of kind NotFound, also for another partner's.
	Campaign(ctx context.Context, partner, id uuid.UUID) (Campaign, error)
	// Latest are the partner's campaigns, the newest first, at most limit. With
	// active they are those that deliver now.
	Latest(ctx context.Context, partner uuid.UUID, active bool, limit int) ([]Campaign, error)
}

// Log reads delivery facts as they were recorded: performance.Reader.
type Log interface {
	Replay(ctx context.Context, partner, campaign uuid.UUID, span performance.Span, limit int, f func(recordedAt int64, events []performance.Event) error) error
}

// History reads the events of one aggregate, oldest first, those after a
// sequence number.
type History interface {
	History(ctx context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error)
}

// Alerts is what the engine needs of alerts that no rule asked for:
// performance.Alerts.
type Alerts interface {
	Notify(ctx context.Context, by event.Origin, cause event.Event, n performance.Notice) error
	List(ctx context.Context, by event.Origin, q performance.AlertQuery) ([]*performance.Alert, string, error)
	Resolve(ctx context.Context, by event.Origin, id uuid.UUID, note string) (*performance.Alert, error)
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func moment(recordedAt int64) time.Time { return time.UnixMicro(recordedAt).UTC() }
