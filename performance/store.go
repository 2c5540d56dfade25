package performance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Subject is what the hot path knows of a campaign. Currency and zone never
// change; targets may, and are at most a few seconds old.
type Subject struct {
	Partner  uuid.UUID
	Campaign uuid.UUID
	Currency string
	Zone     *time.Location
	Targets  Targets
	Type     string // of the campaign, such as search; it never changes
}

// Targets are a campaign's goals by KPI or metric name; money, ratios and
// counts alike in micros (a target of 1000 clicks is 1 000 000 000).
type Targets map[string]int64

// Directory finds campaigns.
type Directory interface {
	// Subjects returns those of the ids that are campaigns of the partner;
	// the others are missing from the answer. uuid.Nil finds every partner's.
	Subjects(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]Subject, error)
}

// Bucket is the width of a rollup.
type Bucket uint8

// The widths. Minutes and hours are UTC; days are the campaign's local days.
const (
	Total Bucket = iota
	Minute
	Hour
	Day
)

// Stamp is the place of a commit in its partner's log.
type Stamp struct {
	RecordedAt time.Time
	Seq        int64 // of its performance.metrics_updated event
}

// Span chooses events by both clocks, in microseconds; every range is
// half-open.
type Span struct {
	From, To           int64 // of occurred_at
	KnownFrom, KnownTo int64 // of recorded_at
}

// Everything is the span of all events.
var Everything = Span{From: minMicros, To: maxMicros, KnownFrom: minMicros, KnownTo: maxMicros}

const (
	minMicros = -1 << 61
	maxMicros = 1 << 61
)

// Writer is the log's writing side.
type Writer interface {
	// Append writes a commit in one transaction: ids, chunks, rollups, totals,
	// spend and events, with what Commit.Follow adds. When it returns nil all of
	// it is durable and Commit.Stamps is filled in. It fails with ErrSeen when an
	// id is already there and with a *Refusal when a total would leave its
	// range; after any error nothing was written.
	Append(ctx context.Context, c *Commit) error
	// Known returns the fingerprints of those keys that are already there.
	Known(ctx context.Context, partner uuid.UUID, keys []Key) (map[Key]uint32, error)
}

// Series answers what the sums by minute, hour and local day are. The store has
// them; a mirror of it may answer as well, and must give the same.
type Series interface {
	// Rollups returns a campaign's cells with From <= Start < To, in the order
	// of Start and Channel. Days are counted as localday.Day.
	Rollups(ctx context.Context, partner, campaign uuid.UUID, width Bucket, from, to int64) ([]Rollup, error)
}

// Reader is the log's reading side.
type Reader interface {
	Series
	// Totals returns the running totals of one campaign, or with uuid.Nil of
	// all the partner's campaigns. A campaign's Totals are the Sum of its cells:
	// one without a channel has the sums, those of channels the rest.
	Totals(ctx context.Context, partner, campaign uuid.UUID) ([]ChannelTotal, error)
	// Replay calls f with the events of a campaign commit by commit, in the
	// order of recorded_at and within a commit of compareEvents, with at least
	// the events of the span: f leaves out those whose OccurredAt lies outside.
	// limit bounds the number of commits; 0 means all. f must not keep events.
	Replay(ctx context.Context, partner, campaign uuid.UUID, span Span, limit int, f func(recordedAt int64, events []Event) error) error
	// Tally adds the events of a span to t. It reads one moment's state of the
	// log, and sums that were made of many events where it can. It fails with
	// what t fails with.
	Tally(ctx context.Context, partner, campaign uuid.UUID, span Span, t *Tally) error
	// Settled is the greatest recorded_at of a partner that is visible: no
	// later commit can have one that is not greater.
	Settled(ctx context.Context, partner uuid.UUID) (int64, error)
}

// ChannelTotal is one cell of a campaign's running total.
type ChannelTotal struct {
	Campaign uuid.UUID
	Channel  string
	Cell
}

// ErrSeen means that some ids of a commit are already in the log.
var ErrSeen = errors.New("performance: some event ids are already recorded")

// Refusal means that a commit would take a campaign's total out of its range:
// below zero, or so high that it could no longer be added up.
type Refusal struct {
	Campaign uuid.UUID
	Metric   Metric
	Negative bool
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("performance: the total of %s of campaign %s would leave its range", r.Metric, r.Campaign)
}
