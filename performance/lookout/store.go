package lookout

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/anomaly"
)

// Hour is an hour of a campaign as it was when it was judged. One without
// delivery has no sums.
type Hour struct {
	Start   int64 // microseconds since 1970 UTC
	KnownAt int64 // what had been recorded by then is in it
	Sums    performance.Sums
}

// delivered reports whether anything was shown or paid; conversions of earlier
// clicks alone are no delivery.
func (h *Hour) delivered() bool {
	return h.Sums[performance.Impressions] > 0 || h.Sums[performance.Clicks] > 0 || h.Sums[performance.Spend] > 0
}

// Judgement is what one look at a campaign came to.
type Judgement struct {
	Partner, Campaign uuid.UUID
	Hours             []Hour // in order
	Found             []Anomaly
	// Forget is the start of the first hour that is still needed.
	Forget int64
}

// Campaign names a campaign and whose it is.
type Campaign struct{ Partner, ID uuid.UUID }

// Query asks for a part of a list. The zero value is the first page of all.
type Query struct {
	Campaign uuid.UUID // zero: all
	From, To time.Time // of the hours' starts, half-open; zero: no bound
	KPIs     []string  // any of them; none: all
	Kinds    []anomaly.Kind
	MinScore float64
	Limit    int    // 0: the store's usual
	Cursor   string // from the page before; "" begins
}

// ErrMoved says that an hour has been judged before, by another node.
var ErrMoved = errors.New("lookout: the hour is judged already")

// Store keeps the journal and the anomalies.
type Store interface {
	// Save stores hours, anomalies and their events in one transaction. It fails
	// with ErrMoved, and then nothing is stored, when one of the hours is there.
	// An anomaly that is there is left as it is, without a second event.
	Save(ctx context.Context, j Judgement) error
	// Hours are a campaign's judged hours with From <= Start < To, in order.
	Hours(ctx context.Context, partner, campaign uuid.UUID, from, to int64) ([]Hour, error)
	// LastHour is the start of the last hour that was judged; ok is false when
	// none was.
	LastHour(ctx context.Context, partner, campaign uuid.UUID) (start int64, ok bool, err error)
	// Campaigns are all that have data, of all partners.
	Campaigns(ctx context.Context) ([]Campaign, error)
	// List has the latest hours first. A partner of uuid.Nil is an
	// administrator's and finds every partner's.
	List(ctx context.Context, partner uuid.UUID, q Query) (items []Anomaly, next string, err error)
}

// Numbers is the part of performance.Reader that is looked at.
type Numbers interface {
	Rollups(ctx context.Context, partner, campaign uuid.UUID, width performance.Bucket, from, to int64) ([]performance.Rollup, error)
	Settled(ctx context.Context, partner uuid.UUID) (int64, error)
}

// Period is a time in which a campaign was ACTIVE; a zero To is not over.
type Period struct{ From, To time.Time }

// Activity knows when campaigns were ACTIVE.
type Activity interface {
	// Active returns the periods in order.
	Active(ctx context.Context, partner, campaign uuid.UUID) ([]Period, error)
}
