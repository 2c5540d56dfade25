package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/webhooks"
)

func (s *Server) registerWebhooks() {
	manage := partners.ActionManageWebhooks
	const at = "/webhook-endpoints"
	route(s, operation(http.MethodPost, at, "create-webhook", "Tell an address of yours what happens; the signing secret is shown once", manage, http.StatusCreated), s.createWebhook)
	route(s, operation(http.MethodGet, at, "list-webhooks", "List webhook endpoints, the newest first", manage, http.StatusOK), s.listWebhooks)
	route(s, operation(http.MethodGet, at+"/{id}", "get-webhook", "Read a webhook endpoint, without its secret", manage, http.StatusOK), s.getWebhook)
	route(s, operation(http.MethodPatch, at+"/{id}", "change-webhook", "Change a webhook endpoint, or switch it on or off", manage, http.StatusOK), s.changeWebhook)
	route(s, operation(http.MethodDelete, at+"/{id}", "delete-webhook", "Delete a webhook endpoint and all that is on its way to it", manage, http.StatusNoContent), s.deleteWebhook)
	route(s, operation(http.MethodPost, at+"/{id}/rotate-secret", "rotate-webhook-secret", "Make a new signing secret; the old one signs beside it for 24 hours", manage, http.StatusOK), s.rotateWebhook)
	route(s, operation(http.MethodPost, at+"/{id}/test", "test-webhook", "Send a webhook.test now and see what comes back", manage, http.StatusOK), s.testWebhook)
	route(s, operation(http.MethodGet, at+"/{id}/deliveries", "list-webhook-deliveries", "What was sent to an endpoint in the last 30 days, the newest event first", manage, http.StatusOK), s.listDeliveries)
	route(s, operation(http.MethodPost, at+"/{id}/redeliver", "redeliver-webhook", "Send one delivery, or all that failed since a moment, once more", manage, http.StatusOK), s.redeliver)
}

type newWebhook struct {
	URL         string   `json:"url" maxLength:"2000" doc:"An https address of the public internet." example:"https://example.com/hooks/campaigns"`
	Description string   `json:"description,omitempty" maxLength:"200"`
	Events      []string `json:"events" minItems:"1" maxItems:"50" doc:"Event types as in GET /events: a type, a beginning such as alert.*, or * for all. performance.metrics_updated, which follows every ingest, has to be named." example:"[\"alert.*\",\"campaign.paused\"]"`
}

type secretBody struct {
	webhooks.State
	Secret string `json:"secret,omitempty" doc:"Verifies the webhook-signature header (Standard Webhooks). Shown this once." example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw4Zu8zzkBIZ0="`
}

type webhookMade struct {
	Location     string `header:"Location" doc:"Where the new endpoint is read."`
	ETag         string `header:"ETag" doc:"Its revision, for If-Match."`
	CacheControl string `header:"Cache-Control"`
	Body         secretBody
}

func (s *Server) createWebhook(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body newWebhook
}) (*webhookMade, error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	state, secret, err := s.Webhooks.Create(ctx, author, webhooks.New{
		ID: reservedID(ctx), Partner: author.Partner, URL: in.Body.URL, Description: in.Body.Description, Events: in.Body.Events, ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return &webhookMade{Base + "/webhook-endpoints/" + state.ID.String(), etag(state.Revision), "no-store", secretBody{state, secret}}, nil
}

func (s *Server) listWebhooks(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
}) (*plain[list[partial[webhooks.State]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	found, err := s.Webhooks.List(ctx, partner)
	if err != nil {
		return nil, err
	}
	return pageOf(s, found, in.Page, func(w webhooks.State) string { return w.ID.String() }, same, in.Fields)
}

func foundWebhook(state webhooks.State, err error) (*found[webhooks.State], error) {
	if err != nil {
		return nil, err
	}
	return &found[webhooks.State]{etag(state.Revision), state}, nil
}

func (s *Server) getWebhook(ctx context.Context, in *ByID) (*found[webhooks.State], error) {
	return foundWebhook(s.Webhooks.Get(ctx, by(ctx).Partner, in.ID))
}

type webhookPatch struct {
	URL         *string  `json:"url,omitempty" maxLength:"2000"`
	Description *string  `json:"description,omitempty" maxLength:"200"`
	Events      []string `json:"events,omitempty" minItems:"1" maxItems:"50"`
	Enabled     *bool    `json:"enabled,omitempty" doc:"What is pending waits while it is off, and is sent when it is on again."`
}

func (s *Server) changeWebhook(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body webhookPatch
}) (*found[webhooks.State], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	b := in.Body
	return foundWebhook(s.Webhooks.Change(ctx, by(ctx), in.ID, revision, webhooks.Patch{
		URL: b.URL, Description: b.Description, Events: b.Events, Enabled: b.Enabled, ValidateOnly: in.ValidateOnly,
	}))
}

func (s *Server) deleteWebhook(ctx context.Context, in *deletion) (*struct{}, error) {
	return deletes(ctx, in, webhooks.Patch{ValidateOnly: true}, s.Webhooks.Change, s.Webhooks.Delete)
}

// aboutWebhook is a request about one endpoint.
type aboutWebhook struct {
	ByID
	Write
	Retryable
}

type rotated struct {
	ETag         string `header:"ETag" doc:"The revision, for If-Match."`
	CacheControl string `header:"Cache-Control"`
	Body         secretBody
}

func (s *Server) rotateWebhook(ctx context.Context, in *aboutWebhook) (*rotated, error) {
	if in.ValidateOnly {
		state, err := s.Webhooks.Get(ctx, by(ctx).Partner, in.ID)
		return &rotated{etag(state.Revision), "no-store", secretBody{state, ""}}, err
	}
	state, secret, err := s.Webhooks.Rotate(ctx, by(ctx), in.ID)
	return &rotated{etag(state.Revision), "no-store", secretBody{state, secret}}, err
}

func (s *Server) testWebhook(ctx context.Context, in *aboutWebhook) (*plain[webhooks.Try], error) {
	if in.ValidateOnly {
		_, err := s.Webhooks.Get(ctx, by(ctx).Partner, in.ID)
		return &plain[webhooks.Try]{}, err
	}
	try, err := s.Webhooks.Test(ctx, by(ctx), in.ID)
	return &plain[webhooks.Try]{try}, err
}

func (s *Server) listDeliveries(ctx context.Context, in *struct {
	ByID
	Page
	Projected
	Status []webhooks.Status `query:"status" doc:"Any of these, separated by commas."`
}) (*plain[list[partial[webhooks.Delivery]]], error) {
	items, next, err := s.Webhooks.Deliveries(ctx, by(ctx).Partner, in.ID, webhooks.DeliveryQuery{Statuses: in.Status, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(s, items, same, in.Fields, next)
}

type redelivery struct {
	DeliveryID  *uuid.UUID `json:"delivery_id,omitempty" format:"uuid" doc:"One delivery, whatever became of it."`
	FailedSince *time.Time `json:"failed_since,omitempty" doc:"All that failed since this moment."`
}

type redelivered struct {
	Queued int `json:"queued" doc:"How many are sent once more, with the webhook-id they had."`
}

func (s *Server) redeliver(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body redelivery
}) (*plain[redelivered], error) {
	b := in.Body
	if (b.DeliveryID == nil) == (b.FailedSince == nil) {
		return nil, errMalformed.With("Say which delivery: either delivery_id, or failed_since.")
	}
	if b.DeliveryID != nil {
		_, err := s.Webhooks.Redeliver(ctx, by(ctx), in.ID, *b.DeliveryID, in.ValidateOnly)
		return &plain[redelivered]{redelivered{1}}, err
	}
	queued, err := s.Webhooks.RedeliverFailed(ctx, by(ctx), in.ID, *b.FailedSince, in.ValidateOnly)
	return &plain[redelivered]{redelivered{queued}}, err
}
