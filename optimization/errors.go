package optimization

import "github.com/hexabuilders/campaignd/fault"

var (
	ErrNotFound = fault.New(fault.NotFound, "suggestion_not_found",
		"There is no such suggestion.", "Check the id; GET /suggestions lists those that this key sees.")
	// ErrExists says that there is an open suggestion about the same already.
	ErrExists = fault.New(fault.Conflict, "suggestion_exists",
		"There is an open suggestion about the same.", "Apply or dismiss that one.")
	ErrStale = fault.New(fault.Stale, "stale_revision",
		"The suggestion has changed since it was read.", "Read it again and base the request on its new ETag.")
	// ErrState refuses what the suggestion's state does not allow.
	ErrState = fault.New(fault.Conflict, "suggestion_state",
		"The suggestion's state does not allow this.", "Read it; valid_actions lists what can be done.")
	// ErrMovedOn refuses to change what has changed since it was looked at.
	ErrMovedOn = fault.New(fault.Conflict, "changed_meanwhile",
		"What the suggestion is about has been changed by somebody else since.", "Look at it as it now is; the next analysis makes a new suggestion.")
	// ErrNotCaptured refuses a change whose state before cannot be kept.
	ErrNotCaptured = fault.New(fault.Unavailable, "state_not_captured",
		"The state before the change could not be captured, so nothing was changed.", "Send the request again.")
	// ErrAbsurd is why a model's answer became no suggestion.
	ErrAbsurd = fault.New(fault.Invalid, "absurd_model_output",
		"The model's answer is not a finite number within what can be, so nothing is changed.", "Look at the campaign's data.")
	// ErrLimit refuses what a limit of the partner's does not allow; the error's
	// limit, limit_field and limit_allows say which and how much.
	ErrLimit = fault.New(fault.Invalid, "partner_limit",
		"A limit that the partner has set does not allow this.", "Apply it with an amount that the limit allows, or change the limits: PUT /optimizer-settings.")
	ErrStaleSettings = fault.New(fault.Stale, "stale_revision",
		"The settings of the optimiser have changed since they were read.", "Read them again and base the change on their new ETag.")
)
