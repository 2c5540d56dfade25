package live

import (
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	ErrUnknownChannel = fault.New(fault.NotFound, "not_found", "There is no such channel.",
		"Use campaign:<id> or partner:<id> with an id of your own.")
	ErrPosition = fault.New(fault.Malformed, "invalid_last_seq", "The position to resume from is not a sequence number.",
		"Send the seq of the last message you have seen as Last-Event-ID or last_seq, or leave it out for a snapshot.")
	ErrFull = retry(fault.New(fault.Unavailable, "too_many_connections", "This node holds as many live connections as it may.",
		"Close connections that you no longer read, or try again later."), 5*time.Second)
	ErrStopping = retry(fault.New(fault.Unavailable, "stopping", "This node is stopping.",
		"Connect again: another node or the restarted one will answer."), time.Second)
	ErrBusy = retry(fault.New(fault.Unavailable, "channel_busy", "The channel moved faster than a snapshot could be taken.",
		"Connect again."), time.Second)
)

func retry(e *fault.Error, after time.Duration) *fault.Error {
	e.RetryAfter = after
	return e
}
