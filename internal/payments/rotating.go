package payments

import (
	"context"
	"sync/atomic"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
)

// Rotating is a payment.Gateway whose keys may be replaced while it is in use:
// a call under way goes on with those that it began with.
type Rotating struct {
	with atomic.Pointer[payment.Gateway]
}

// Use has the calls that come from now on made through g.
func (r *Rotating) Use(g payment.Gateway) { r.with.Store(&g) }

func (r *Rotating) now() payment.Gateway { return *r.with.Load() }

// Fits implements payment.Gateway.
func (r *Rotating) Fits(m money.Money) error { return r.now().Fits(m) }

// Create implements payment.Gateway.
func (r *Rotating) Create(ctx context.Context, s payment.State) (payment.Report, error) {
	return r.now().Create(ctx, s)
}

// Capture implements payment.Gateway.
func (r *Rotating) Capture(ctx context.Context, s payment.State) (payment.Report, error) {
	return r.now().Capture(ctx, s)
}

// Lookup implements payment.Gateway.
func (r *Rotating) Lookup(ctx context.Context, s payment.State) (payment.Report, bool, error) {
	return r.now().Lookup(ctx, s)
}

// Refund implements payment.Gateway.
func (r *Rotating) Refund(ctx context.Context, s payment.State, back payment.Refund) (payment.Report, error) {
	return r.now().Refund(ctx, s, back)
}

// Verify implements payment.Gateway.
func (r *Rotating) Verify(ctx context.Context, body []byte, header func(string) string) (payment.Notice, error) {
	return r.now().Verify(ctx, body, header)
}

var _ payment.Gateway = (*Rotating)(nil)
