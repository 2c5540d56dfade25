package app

import (
	"context"
	"errors"
	"net/url"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/webhooks"
)

// alertEndpoint calls the owner of an endpoint that was disabled because it
// failed: the endpoint itself is told nothing any more, and nobody else would
// notice the silence. It goes by how the endpoint now is, and is over when that
// is switched on, or off by hand, or deleted.
func (r *reactions) alertEndpoint(ctx context.Context, by event.Origin, e event.Event, _ struct{}) error {
	s, err := r.webhooks.Get(ctx, e.Partner, e.AggregateID)
	deleted := errors.Is(err, webhooks.ErrNotFound)
	if err != nil && !deleted {
		return err
	}
	if deleted || s.Enabled || s.Because == webhooks.ByHand {
		return r.alerts.Settle(ctx, by, e.Partner, uuid.Nil, performance.AlertWebhookDisabled, e.AggregateID.String())
	}
	host := s.URL
	if u, err := url.Parse(s.URL); err == nil {
		host = u.Host
	}
	why := "Every try of a delivery failed, over three days."
	if s.Because == webhooks.Gone {
		why = "It answered 410 Gone."
	}
	return r.alerts.Notify(ctx, by, e, performance.Notice{
		Kind: performance.AlertWebhookDisabled, Subject: s.ID.String(), Severity: performance.SeverityHigh,
		Title: "Nothing is sent to " + host + " any more", Detail: why + " Mend the program, switch the endpoint on, and send again what failed.",
		Facts: map[string]any{"webhook_id": s.ID, "host": host, "because": s.Because},
	})
}
