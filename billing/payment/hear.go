package payment

import (
	"context"
	"errors"
	"log/slog"

	"github.com/hexabuilders/campaignd/event"
)

// Hear takes a webhook. One that is about no payment of ours changes nothing,
// and one that comes again changes nothing either. The errors are
// ErrNotConfigured, ErrSignature, and ErrUnreachable when the provider has to
// send it again.
func (s *Service) Hear(ctx context.Context, provider Provider, body []byte, header func(name string) string) error {
	g, err := s.gateway(provider)
	if err != nil {
		return err
	}
	n, err := g.Verify(ctx, body, header)
	switch {
	case errors.Is(err, ErrSignature):
		return err
	case err != nil:
		return ErrUnreachable.Wrap(err)
	}
	p, err := s.Queue.Find(ctx, provider, n)
	if errors.Is(err, ErrNotFound) {
		slog.DebugContext(ctx, "webhook about no payment of ours", "provider", provider, "charge", n.Charge, "id", n.ProviderID)
		return nil
	}
	if err != nil {
		return err
	}
	// A provider that has been told of a webhook's arrival stops waiting.
	return s.take(context.WithoutCancel(ctx), provider, p.State(), n)
}

// take applies what the webhook says and asks for what it leaves open. Money
// that it tells of is posted first: the question may fail without losing it.
func (s *Service) take(ctx context.Context, provider Provider, st State, n Notice) error {
	by := event.Origin{Kind: event.ActorReaction, ID: string(provider), From: "webhook"}
	p, err := s.apply(ctx, by, st, n.Report)
	if err != nil {
		return err
	}
	now := p.State()
	if !n.LookUp && now.confirmed() && now.Status() != Approved {
		return nil
	}
	if _, err := s.settle(ctx, by, now); err != nil {
		slog.WarnContext(ctx, "webhook taken and its payment not looked up, trying again", "payment", st.ID, "error", err)
		if n.LookUp {
			return ErrUnreachable.Wrap(err)
		}
	}
	return nil
}
