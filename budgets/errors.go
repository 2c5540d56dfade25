package budgets

import "github.com/hexabuilders/campaignd/fault"

var (
	ErrNotFound = fault.New(fault.NotFound, "budget_not_found",
		"There is no such budget.", "Check the id; a campaign names its budget in budget_id.")

	// ErrStale says that the settings have changed since they were read.
	ErrStale = fault.New(fault.Stale, "stale_revision",
		"The budget has been changed since it was read.", "Read it again and send the change with its new revision.")
)
