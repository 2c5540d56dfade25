package performance

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// Query asks for a campaign's numbers. The zero value asks for the total of
// everything as known now.
type Query struct {
	// From and To bound occurred_at, half-open; zero means without a bound. With
	// a granularity other than total, zero means up to the present bucket, and
	// the last 60 minutes, 48 hours or 30 local days before To.
	From, To    time.Time
	Granularity string   // "minute", "hour", "day" or "total"; empty is total
	GroupBy     []string // dimensions: channel, source, ad, creative, audience, country, device
	// At counts only what had happened by then, KnownAt only what had been
	// recorded by then. Zero means no bound.
	At, KnownAt time.Time
}

// Result answers a Query.
type Result struct {
	Campaign    uuid.UUID
	Currency    string
	At          time.Time // zero when none was asked for
	KnownAt     time.Time // as asked, or cut back to what is settled
	Granularity string
	Items       []Item
}

// Item is one bucket and group. Empty buckets have no item.
type Item struct {
	From, To time.Time // zero for a total without bounds
	Group    map[string]string
	Totals
}

// RawEvent is an event of the log with its second clock.
type RawEvent struct {
	Event
	RecordedAt time.Time
}

// Errors of queries.
var (
	ErrRange = fault.New(fault.Invalid, "invalid_range", "The range cannot be answered.",
		"Give from before to, and a coarser granularity for a long range.")
	ErrGranularity = fault.New(fault.Invalid, "invalid_granularity", "The granularity is not known.",
		"Use minute, hour, day or total.")
	ErrGroupBy = fault.New(fault.Invalid, "invalid_group_by", "A dimension of group_by is not known.",
		"Use channel, source, ad, creative, audience, country or device, separated by commas.")
	ErrCursor = fault.New(fault.Malformed, "invalid_cursor", "The cursor is not one of ours.",
		"Use next_cursor of the page before, or none for the first page.")
	ErrNotFound = fault.New(fault.NotFound, "campaign_not_found", "There is no such campaign.",
		"Check the id; GET /campaigns lists what the key can see.")
)

// MaxItems bounds the items of one answer.
const MaxItems = 10_000
