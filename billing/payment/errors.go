package payment

import "github.com/hexabuilders/campaignd/fault"

var (
	// ErrNotFound is a missing payment, or another partner's.
	ErrNotFound = fault.New(fault.NotFound, "payment_not_found", "There is no such payment.",
		"Check the id; GET /api/v1/payments lists those of the partner.")
	ErrNotRefundable = fault.New(fault.Conflict, "payment_not_refundable", "Nothing of this payment can be refunded now.",
		"Read the payment: only money that has arrived, and is neither refunded, being refunded nor disputed, can go back.")
	ErrRefundTooLarge = fault.New(fault.Invalid, "refund_too_large", "The refund is more than what is left of the payment.",
		"Refund at most what the payment shows as refundable.")
	ErrForeignMoney = fault.New(fault.Conflict, "payment_currency_differs", "The provider reports another currency than the payment's.",
		"Nothing was posted; compare the payment with the provider's own page.")
)
