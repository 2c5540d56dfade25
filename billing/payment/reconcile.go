package payment

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

const (
	soonest = 30 * time.Second // between two look-ups of what is open, at first
	latest  = time.Hour        // and when it has grown old

	// vigil is how long money that has arrived is looked up once a day: cards
	// can be disputed for 120 days, PayPal's payments for 180.
	vigil = 180 * 24 * time.Hour

	// repeatFor is how long a provider is sure to know a key again: PayPal keeps
	// those of orders for 6 hours, Stripe all for 24. Later, what a look-up does
	// not find is given up rather than sent a second time.
	repeatFor = 5 * time.Hour
)

// DueAt is when the payment has to be looked up at the provider, zero for never;
// open says that something is under way, and not only watched.
func (s *State) DueAt() (at time.Time, open bool) {
	seen := s.lastSeen()
	switch {
	case s.open() || !s.confirmed():
		return seen.Add(min(max(seen.Sub(s.CreatedAt)/10, soonest), latest)), true
	case len(s.Facts) > 0 && seen.Sub(s.CreatedAt) < vigil:
		return seen.Add(24 * time.Hour), false
	}
	return time.Time{}, false
}

// open reports whether something is under way: here, or with the payer. Each
// provider ends by itself what nobody pays.
func (s *State) open() bool {
	for i := range s.Asked {
		if s.Asked[i].open() {
			return true
		}
	}
	switch s.Status() {
	case Pending, Unknown, RequiresAction, Approved, Processing:
		return true
	case Failed: // the payer may try again, unless the provider never took it
		return s.ProviderID != ""
	}
	return false
}

// lastSeen is when the payment was last changed or looked up.
func (s *State) lastSeen() time.Time {
	if s.LookedAt.After(s.UpdatedAt) {
		return s.LookedAt
	}
	return s.UpdatedAt
}

// Look notes that the provider is asked now. It is no change that is told.
func (p *Payment) Look(at time.Time) { p.state.LookedAt = at }

// Reconcile looks up what is due. Payments that cannot be looked up now are
// logged and come again.
func (s *Service) Reconcile(ctx context.Context) error {
	due, err := s.Queue.Due(ctx, s.Now(), 100)
	if err != nil {
		return err
	}
	by := event.Origin{Kind: event.ActorScheduler, ID: "payments.reconcile", From: "scheduler"}
	for _, p := range due {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := s.settle(ctx, by, p.State()); err != nil {
			slog.WarnContext(ctx, "payment not reconciled, trying again", "payment", p.state.ID, "partner", p.state.Partner, "error", err)
		}
	}
	return nil
}

// Recover makes everything due that is open: what happened while nobody
// listened is then known within the first look-ups.
func (s *Service) Recover(ctx context.Context) error { return s.Queue.Hasten(ctx, s.Now()) }

// Check looks a payment up now. The errors are ErrNotFound, ErrNotConfigured
// and ErrUnreachable.
func (s *Service) Check(ctx context.Context, by event.Origin, partner, id uuid.UUID) (*Payment, error) {
	p, err := s.Store.Get(ctx, partner, id)
	if err != nil {
		return nil, err
	}
	if p.state.Phase == Pending && s.Now().Sub(p.state.UpdatedAt) < patience {
		return p, nil // it is being called for
	}
	p, err = s.settle(ctx, by, p.State())
	if err != nil && !errors.Is(err, ErrNotConfigured) {
		return nil, ErrUnreachable.Wrap(err)
	}
	return p, err
}

// settle finds out what has become of a payment and of its refunds, and goes on
// from there. Only what the provider is sure not to have is sent again, with the
// key that it had.
func (s *Service) settle(ctx context.Context, by event.Origin, st State) (*Payment, error) {
	g, err := s.gateway(st.Provider)
	if err != nil {
		return nil, err
	}
	p, err := s.Store.Update(ctx, st.Partner, st.ID, func(p *Payment) error { p.Look(s.Now()); return nil })
	if err != nil {
		return nil, err
	}
	call, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, found, err := g.Lookup(call, p.State())
	switch {
	case err != nil:
		return nil, err
	case !found:
		return s.missing(ctx, by, p.State(), g)
	}
	r.Whole = true
	if p, err = s.apply(ctx, by, st, r); err != nil {
		return nil, err
	}
	if p.state.Status() == Approved {
		if p, err = s.capture(ctx, by, p.State(), g); err != nil {
			return nil, err
		}
	}
	return s.repeatRefunds(ctx, by, p, g)
}

// missing goes on with a payment that the provider does not have.
func (s *Service) missing(ctx context.Context, by event.Origin, st State, g Gateway) (*Payment, error) {
	if st.ProviderID == "" && s.Now().Sub(st.CreatedAt) < repeatFor {
		return s.create(ctx, by, st, g)
	}
	return s.Store.Update(ctx, st.Partner, st.ID, func(p *Payment) error {
		if st.ProviderID == "" {
			p.Refuse(by, s.Now(), "never_arrived")
		} else {
			p.Vanish(by, s.Now())
		}
		return nil
	})
}

// repeatRefunds sends refunds again that a look-up has not found.
func (s *Service) repeatRefunds(ctx context.Context, by event.Origin, p *Payment, g Gateway) (_ *Payment, err error) {
	for _, r := range p.State().Asked {
		if !r.open() {
			continue
		}
		if s.Now().Sub(r.At) < repeatFor {
			p, err = s.refund(ctx, by, p.State(), r, g)
		} else {
			p, err = s.Store.Update(ctx, p.state.Partner, p.state.ID, func(p *Payment) error {
				p.CloseRefund(by, s.Now(), r.ID, RefundRefused, "never_arrived")
				return nil
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}
