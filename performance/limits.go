package performance

import "time"

// What one event and one request may hold. They bound memory, and they keep
// sums far enough from the ends of int64 that one commit cannot cross them.
const (
	MaxEvents        = 10_000 // of one JSON request; streams have no limit
	MaxIDBytes       = 128
	MaxTextBytes     = 128 // of a dimension or correlation id
	MaxMetadataBytes = 4 << 10
	MaxCustom        = 32 // named values of one event
	MaxNameBytes     = 64 // of a named value

	MaxCount = 1_000_000_000_000         // of a count or gauge of people, either sign
	MaxMoney = 1_000_000_000 * 1_000_000 // micros: a thousand million units, either sign

	// FutureTolerance is how far ahead of our clock a sender's may be. There
	// is no limit into the past: what happened long ago is still counted, on
	// the day it happened.
	FutureTolerance = 5 * time.Minute
)
