package payment

import (
	"context"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
)

// Gateway is a payment provider. An error that is no Refusal leaves open what
// has happened there.
type Gateway interface {
	// Fits refuses an amount that the provider cannot take, and says why.
	Fits(m money.Money) error
	// Create makes the payment there, once for its Key.
	Create(ctx context.Context, s State) (Report, error)
	// Capture takes the money that the payer has approved, once for its Key.
	Capture(ctx context.Context, s State) (Report, error)
	// Lookup is all that the provider knows of the payment; found is false when
	// it has none.
	Lookup(ctx context.Context, s State) (r Report, found bool, err error)
	// Refund gives money back, once for the refund's Key.
	Refund(ctx context.Context, s State, r Refund) (Report, error)
	// Verify reads a webhook; header gives the value of a header. The error is
	// ErrSignature, or another when the proof could not be fetched.
	Verify(ctx context.Context, body []byte, header func(name string) string) (Notice, error)
}

// Refusal is a provider's definite no: nothing has happened there.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return "the provider refused: " + r.Reason }

// Notice is a verified webhook.
type Notice struct {
	Reference  uuid.UUID // our payment, when the provider says it
	ProviderID string    // the session or the order, when it says it
	Charge     string    // the capture that it is about, when it says it
	Report     Report
	LookUp     bool // the report is not all: ask the provider
}
