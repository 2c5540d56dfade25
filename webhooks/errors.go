package webhooks

import "github.com/hexabuilders/campaignd/fault"

var (
	// ErrNotFound is a missing endpoint or delivery, or another partner's.
	ErrNotFound = fault.New(fault.NotFound, "webhook_not_found", "There is no such webhook endpoint.",
		"Check the id; GET /api/v1/webhook-endpoints lists those of the partner.")
	ErrStale = fault.New(fault.Stale, "stale_revision", "Somebody changed the endpoint since it was read.",
		"Read it again, look at what changed, and send the change with the new ETag.")
	ErrTooMany = fault.New(fault.Conflict, "too_many_webhooks", "A partner can have 20 webhook endpoints.",
		"Delete one that is no longer used, or let one endpoint take more event types.")
	ErrDisabled = fault.New(fault.Conflict, "webhook_disabled", "The endpoint is disabled.",
		"Mend the receiver, then enable the endpoint with PATCH {\"enabled\":true}.")
)
