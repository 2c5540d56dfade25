package performance

import (
	"context"
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
}

// Targets are a campaign's goals by KPI or metric name; money, ratios and
// counts alike in micros (a target of 1000 clicks is 1 000 000 000).
type Targets map[string]int64

// Directory finds campaigns.
type Directory interface {
	// Subjects returns those of the ids that are campaigns of the partner;
	// the others are missing from the answer.
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

// Totals are a campaign's values over some range.
type Totals struct {
	Campaign uuid.UUID
	Currency string
	Events   int64
	Metrics
	Custom []Custom // by name
}
