package budgets

import (
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	ErrNotFound = fault.New(fault.NotFound, "budget_not_found",
		"There is no such budget.", "Check the id; a campaign names its budget in budget_id.")

	// ErrStale says that the settings have changed since they were read.
	ErrStale = fault.New(fault.Stale, "stale_revision",
		"The budget has been changed since it was read.", "Read it again and send the change with its new revision.")

	// ErrExhausted refuses an authorisation. It says which scope has too little
	// and how much is left there.
	ErrExhausted = fault.New(fault.Conflict, "budget_exhausted",
		"Too little is left to authorise this.", "Ask for at most what is available, wait until reservations are released, or raise the limit of the scope named.")

	ErrReservationNotFound = fault.New(fault.NotFound, "reservation_not_found",
		"There is no such reservation.", "Check the id; the answer to the reservation has it.")

	// ErrResolved refuses to end a reservation twice in different ways.
	ErrResolved = fault.New(fault.Conflict, "reservation_resolved",
		"The reservation has come to another end already.", "Read it to see which; report further spend with POST /budgets/{id}/spend.")

	ErrSpendNotFound = fault.New(fault.NotFound, "spend_not_found",
		"No spend of the budget has this id.", "Check the id; what a campaign's metrics report is in GET /campaigns/{id}/metrics.")

	// ErrSpendReused refuses a spend_id that came with another content.
	ErrSpendReused = fault.New(fault.Conflict, "spend_id_reused",
		"This spend_id was recorded with another content.", "Send a correction as a new spend with an id of its own; a negative amount takes back.")

	// ErrBusy and ErrStopping are told before anything is done.
	ErrBusy = fault.New(fault.Throttled, "authorizer_busy",
		"More decisions are waiting than can be held.", "Send the same request again after the time in Retry-After.").After(time.Second)
	ErrStopping = fault.New(fault.Unavailable, "authorizer_stopping",
		"The service is stopping and takes no new decisions.", "Send the same request again after the time in Retry-After.").After(2 * time.Second)
)
