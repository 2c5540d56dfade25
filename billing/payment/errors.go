package payment

import (
	"time"

	"github.com/hexabuilders/campaignd/fault"
)

var (
	// ErrNotFound is a missing payment, or another partner's.
	ErrNotFound = fault.New(fault.NotFound, "payment_not_found", "There is no such payment.",
		"Check the id; GET /api/v1/payments lists those of the partner.")

	// ErrExists keeps a form that is sent again with another amount from being
	// taken for a repetition.
	ErrExists = fault.New(fault.Conflict, "payment_exists", "There is a payment or refund with this id already, of another amount.",
		"Read the payment; ask for another with an id or Idempotency-Key of its own.")

	ErrNotRefundable = fault.New(fault.Conflict, "payment_not_refundable", "Nothing of this payment can be refunded now.",
		"Read the payment: only money that has arrived, and is neither refunded, being refunded nor disputed, can go back.")

	ErrRefundTooLarge = fault.New(fault.Invalid, "refund_too_large", "The refund is more than what is left of the payment.",
		"Refund at most what the payment shows as refundable.")

	// ErrSpent keeps what was paid in and has been spent from going back.
	ErrSpent = fault.New(fault.Conflict, "refund_exceeds_balance", "The refund is more than what the partner has not spent.",
		"Refund at most what GET /api/v1/balance shows as available.")

	// ErrForeignMoney is a report that is not taken.
	ErrForeignMoney = fault.New(fault.Conflict, "payment_currency_differs", "The provider reports another currency than the payment's.",
		"Nothing was posted; compare the payment with the provider's own page.")

	ErrNotConfigured = fault.New(fault.Conflict, "payment_provider_not_configured", "This payment provider is not configured.",
		"Ask the operators to set the settings named, or use another provider.")

	// ErrSignature refuses a webhook that is not proved to be the provider's.
	ErrSignature = fault.New(fault.Malformed, "webhook_signature_invalid", "The signature of the webhook does not hold, or is too old.",
		"Check that the webhook secret that is configured belongs to this endpoint.")

	// ErrUnreachable makes a provider send its webhook again.
	ErrUnreachable = fault.New(fault.Unavailable, "payment_provider_unreachable", "The payment provider does not answer.",
		"Try again after the time in Retry-After; what is open is looked up until it is known.").After(30 * time.Second)
)
