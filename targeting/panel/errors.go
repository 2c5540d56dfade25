package panel

import "github.com/hexabuilders/campaignd/fault"

var (
	// ErrNotFound is a missing panel, or another partner's.
	ErrNotFound = fault.New(fault.NotFound, "panel_not_found", "There is no such panel.",
		"Check the id; GET /api/v1/panels lists those of the partner.")
	// ErrStale refuses a change of a revision that is no longer current.
	ErrStale = fault.New(fault.Stale, "stale_revision", "Somebody changed the panel since it was read.",
		"Read it again, look at what changed, and send the change with the new ETag.")
	// ErrTooMany refuses more than MaxPanels of a partner.
	ErrTooMany = fault.New(fault.Conflict, "too_many_panels", "A partner can have 20 panels.",
		"Delete one that is no longer used: DELETE /api/v1/panels/{id}.")
	// ErrNotReady refuses to count in a panel that is loading or has failed.
	ErrNotReady = fault.New(fault.Conflict, "panel_not_ready", "The panel cannot be counted.",
		"Wait until its status is ready, or load the file again when it has failed.")
	// ErrFile refuses a file that cannot be read as people at all.
	ErrFile = fault.New(fault.Malformed, "panel_file_malformed", "The file cannot be read as a panel.",
		"Send CSV with a header row, or NDJSON with an object a line; the columns are weight, country, age, gender and any attributes.")
	// ErrNobody refuses a file without a single row that could be taken.
	ErrNobody = fault.New(fault.Invalid, "panel_empty", "The file has no row that could be taken.",
		"Correct the rows that the answer names and send the file again.")
	// ErrTooLarge refuses a file beyond the limits.
	ErrTooLarge = fault.New(fault.TooLarge, "panel_too_large", "The file is larger than a panel may be.",
		"Send fewer rows, or fewer columns; docs/operations.md names the limits. A sample of the rows with larger weights counts the same.")
	// ErrIdentity refuses a column that names people in place of describing them.
	ErrIdentity = fault.New(fault.Invalid, "panel_identifies_people", "A column of the file names people; a panel describes them.",
		"Leave the column out. Lists of e-mail addresses, phones or ids are custom audiences: POST /api/v1/audiences.")
	// ErrDamaged is stored rows that cannot be read back.
	ErrDamaged = fault.New(fault.Unavailable, "panel_damaged", "The stored rows of the panel cannot be read.",
		"Load the file again, and tell the operators.")
	// errCut is an upload that ended before it was complete.
	errCut = fault.New(fault.Malformed, "panel_upload_cut", "The upload ended before it was complete; nothing of it is kept.",
		"Send the file again from its beginning.")
)
