package payment

import (
	"context"
	"errors"

	"github.com/hexabuilders/campaignd/event"
)

// outcome stores what came of a call: what the provider says, its definite no,
// or that the answer was lost.
func (s *Service) outcome(ctx context.Context, by event.Origin, st State, r Report, err error, refused func(p *Payment, reason string), lost func(*Payment)) (*Payment, error) {
	if err == nil {
		return s.apply(ctx, by, st, r)
	}
	return s.Store.Update(ctx, st.Partner, st.ID, func(p *Payment) error {
		var no *Refusal
		if errors.As(err, &no) {
			refused(p, no.Reason)
		} else {
			lost(p)
		}
		return nil
	})
}

// create makes the payment at the provider. ctx must outlive the request.
func (s *Service) create(ctx context.Context, by event.Origin, st State, g Gateway) (*Payment, error) {
	call, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := g.Create(call, st)
	return s.outcome(ctx, by, st, r, err,
		func(p *Payment, reason string) { p.Refuse(by, s.Now(), reason) },
		func(p *Payment) { p.Lose(by, s.Now()) })
}

// capture takes what the payer has approved. A lost answer changes nothing: the
// payment stays approved and is looked up before it is captured again.
func (s *Service) capture(ctx context.Context, by event.Origin, st State, g Gateway) (*Payment, error) {
	call, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := g.Capture(call, st)
	return s.outcome(ctx, by, st, r, err,
		func(p *Payment, reason string) { p.Decline(by, s.Now(), reason) },
		func(*Payment) {})
}

// refund gives money back at the provider.
func (s *Service) refund(ctx context.Context, by event.Origin, st State, asked Refund, g Gateway) (*Payment, error) {
	call, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := g.Refund(call, st, asked)
	return s.outcome(ctx, by, st, r, err,
		func(p *Payment, reason string) { p.CloseRefund(by, s.Now(), asked.ID, RefundRefused, reason) },
		func(p *Payment) { p.CloseRefund(by, s.Now(), asked.ID, RefundUnknown, "") })
}
