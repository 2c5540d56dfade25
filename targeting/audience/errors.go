package audience

import "github.com/hexabuilders/campaignd/fault"

var (
	// ErrNotFound is a missing audience, or another partner's.
	ErrNotFound = fault.New(fault.NotFound, "audience_not_found", "There is no such audience.",
		"Check the id; GET /api/v1/audiences lists those of the partner.")
	ErrStale = fault.New(fault.Stale, "stale_revision", "Somebody changed the audience since it was read.",
		"Read it again, look at what changed, and send the change with the new ETag.")
	ErrTooMany = fault.New(fault.Conflict, "too_many_audiences", "A partner can have 1000 audiences.",
		"Delete one that is no longer used.")
	ErrDerived = fault.New(fault.Conflict, "audience_is_derived", "The members of this audience are computed, not uploaded.",
		"Create an audience with POST /api/v1/audiences and upload to that one.")
	ErrOfSegment = fault.New(fault.Conflict, "audience_of_segment", "The audience holds the members of a segment and ends with it.",
		"Delete the segment with DELETE /api/v1/segments/{id}; it has the same id.")
	ErrBusy = fault.New(fault.Unavailable, "people_busy", "An upload of the partner is being taken in and holds its people.",
		"Send the same request again after the time in Retry-After.")
	// ErrCorrupt is a stored block whose checksum or structure is wrong. It is
	// internal: nothing of the block is served.
	ErrCorrupt = fault.New(fault.Internal, "audience_data_corrupt", "Stored data about people is damaged.", "Restore the store from a backup.")

	ErrLongLine = fault.New(fault.TooLarge, "line_too_long", "A line is longer than 64 KiB.",
		"Send one person a line, as CSV or NDJSON; nothing of this upload was taken.")
	ErrOpenQuote = fault.New(fault.Malformed, "open_quotation_mark", "A quotation mark is never closed.",
		"Close it, or write a mark that belongs to a cell twice inside quotation marks; nothing of this upload was taken.")
	ErrEncoding = fault.New(fault.Malformed, "wrong_encoding", "The file is not UTF-8.",
		"Save it as UTF-8 and send it again; nothing of this upload was taken.")
	ErrMediaType = fault.New(fault.Malformed, "unsupported_media_type", "Members come as CSV or NDJSON.",
		"Send text/csv with a header line, or application/x-ndjson.")
	ErrHeader = fault.New(fault.Invalid, "bad_header", "The first line does not say which column names a person.",
		"Begin with a header line that has at least one of email, phone, external_id and device_id.")
	ErrCut = fault.New(fault.Malformed, "upload_cut", "The upload ended before it was complete; nothing of it was taken.",
		"Send the whole file again.")
	ErrNobody = fault.New(fault.Invalid, "nobody_named", "The request names nobody.",
		"Name a person with email, phone, external_id or device_id, raw or as SHA-256.")
)
