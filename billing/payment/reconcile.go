package payment

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hexabuilders/campaignd/event"
)

// Looking up goes from every 30 seconds to every hour as a payment grows old
// without news, and ends after KeepAsking.
const (
	soonest    = 30 * time.Second
	latest     = time.Hour
	KeepAsking = 48 * time.Hour
)

// repeatFor is how long a provider is sure to know a key again: Stripe keeps
// keys for at least 24 hours.
const repeatFor = 23 * time.Hour

// DueAt is when the payment has to be looked up at the provider; false when
// nothing about it is open.
func (s State) DueAt() (time.Time, bool) {
	open := false
	for _, r := range s.Asked {
		open = open || r.Status == RefundPending || r.Status == RefundUnknown
	}
	switch s.Status() {
	case Pending, Unknown:
		open = true
	case RequiresAction, Processing:
		open = open || s.Seen().Sub(s.CreatedAt) < KeepAsking
	}
	wait := min(max(s.Seen().Sub(s.CreatedAt)/10, soonest), latest)
	return s.Seen().Add(wait), open
}

// Seen is when the payment was last changed or looked up.
func (s State) Seen() time.Time {
	if s.LookedAt.After(s.UpdatedAt) {
		return s.LookedAt
	}
	return s.UpdatedAt
}

// Look notes that the provider is asked now. It is no change that is told.
func (p *Payment) Look(at time.Time) { p.state.LookedAt = at }

// Reconcile looks up what is due.
func (s *Service) Reconcile(ctx context.Context) error {
	due, err := s.store.Due(ctx, s.now(), 100)
	if err != nil {
		return err
	}
	by := event.Origin{Kind: event.ActorScheduler, ID: "payments.reconcile", From: "scheduler"}
	for _, p := range due {
		st := p.State()
		g, err := s.gateway(st.Provider)
		if err == nil {
			err = s.reconcile(ctx, by, st, g)
		}
		if err != nil {
			slog.WarnContext(ctx, "payment not reconciled, trying again", "payment", st.ID, "partner", st.Partner, "error", err)
		}
	}
	return ctx.Err()
}

// reconcile finds out what has become of a payment and of its refunds. Only
// what the provider is sure not to have is sent again, with the key it had.
func (s *Service) reconcile(ctx context.Context, by event.Origin, st State, g Gateway) error {
	looked, err := s.store.Update(ctx, st.Partner, st.ID, func(p *Payment) error { p.Look(s.now()); return nil })
	if err != nil {
		return err
	}
	st = looked.State()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, found, err := g.Lookup(ctx, st)
	switch {
	case err != nil:
		return err
	case found:
		if looked, err = s.store.Update(ctx, st.Partner, st.ID, func(p *Payment) error { return p.Apply(by, r) }); err != nil {
			return err
		}
	case s.now().Sub(st.CreatedAt) < repeatFor:
		_, err := s.call(ctx, by, st, g)
		return err
	default:
		_, err := s.store.Update(ctx, st.Partner, st.ID, func(p *Payment) error { p.Refuse(by, s.now(), "never_arrived"); return nil })
		return err
	}
	return s.repeatRefunds(ctx, by, looked.State(), g)
}

// repeatRefunds sends refunds again that a look-up has not found.
func (s *Service) repeatRefunds(ctx context.Context, by event.Origin, st State, g Gateway) error {
	var failed error
	for _, r := range st.Asked {
		switch {
		case r.Status != RefundPending && r.Status != RefundUnknown:
		case s.now().Sub(r.At) < repeatFor:
			_, err := s.callRefund(ctx, by, st, r, g)
			failed = errors.Join(failed, err)
		default:
			_, err := s.store.Update(ctx, st.Partner, st.ID, func(p *Payment) error {
				p.CloseRefund(by, s.now(), r.ID, RefundRefused, "never_arrived")
				return nil
			})
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
