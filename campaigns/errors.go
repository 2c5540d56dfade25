package campaigns

import "github.com/hexabuilders/campaignd/fault"

var (
	ErrNotFound = fault.New(fault.NotFound, "campaign_not_found",
		"There is no such campaign.", "Check the id; GET /api/v1/campaigns lists the campaigns that this key sees.")

	// ErrStale says that the campaign has changed since it was read.
	ErrStale = fault.New(fault.Stale, "stale_revision",
		"The campaign has been changed since it was read.", "Read it again and send the change with its new revision.")

	// ErrExists says that the id is taken.
	ErrExists = fault.New(fault.Conflict, "campaign_exists",
		"There is a campaign with this id already.", "Read the one that exists, or send the request with another Idempotency-Key.")

	// ErrInvalidTransition carries "campaign_status" and "valid_actions".
	ErrInvalidTransition = fault.New(fault.Conflict, "invalid_transition",
		"The campaign's status does not allow this.", "Choose one of valid_actions.")

	// ErrMustBeScheduledFirst carries "campaign_status" and "valid_actions".
	ErrMustBeScheduledFirst = fault.New(fault.Conflict, "must_be_scheduled_first",
		"A draft cannot be launched: it has no schedule yet.", "Schedule it with a start and an end, then launch it.")

	// ErrNotReady carries "checks", the whole list.
	ErrNotReady = fault.New(fault.Conflict, "not_ready",
		"The campaign is not ready.", "Correct what is named by each check that blocks, then try again.")

	// ErrTargetingLocked refuses to replace the targeting of a launched campaign.
	ErrTargetingLocked = fault.New(fault.Conflict, "targeting_locked",
		"The targeting of a launched campaign is not replaced.",
		"Refine it: POST /api/v1/campaigns/{id}/targeting/refine keeps the value before, and can be rolled back.")

	// ErrNotLaunched refuses to refine what nobody has delivered on yet.
	ErrNotLaunched = fault.New(fault.Conflict, "not_launched",
		"Only the targeting of a campaign that is ACTIVE or PAUSED is refined.",
		"Set it instead: PUT /api/v1/campaigns/{id}/targeting.")

	// ErrNothingToRollBack says that the targeting has not been refined.
	ErrNothingToRollBack = fault.New(fault.Conflict, "nothing_to_roll_back",
		"The targeting has not been refined, so there is no value before it.", "Refine it, or leave it as it is.")

	// ErrLocked refuses a change that the status no longer allows; the fields
	// say which and what is allowed.
	ErrLocked = fault.New(fault.Conflict, "field_locked",
		"Some fields can no longer be changed.", "Leave out the fields listed, or clone the campaign and change the clone.")
)
