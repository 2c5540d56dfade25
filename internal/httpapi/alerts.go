package httpapi

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

func (s *Server) registerAlerts() {
	acknowledge := partners.ActionAcknowledgeAlerts
	route(s, operation(http.MethodGet, "/alerts", "list-alerts", "List alerts, the newest first", partners.ActionRead, http.StatusOK), s.listAlerts)
	route(s, operation(http.MethodGet, "/alerts/{id}", "get-alert", "Read an alert", partners.ActionRead, http.StatusOK), s.getAlert)
	route(s, operation(http.MethodPost, "/alerts/{id}/acknowledge", "acknowledge-alert", "Say that an alert has been seen", acknowledge, http.StatusOK), s.decide((*performance.Alerts).Acknowledge))
	route(s, operation(http.MethodPost, "/alerts/{id}/resolve", "resolve-alert", "End an alert whose cause is over", acknowledge, http.StatusOK), s.decide((*performance.Alerts).Resolve))
}

func describeAlert(a *performance.Alert) performance.AlertRecord { return a.State() }

func (s *Server) listAlerts(ctx context.Context, in *struct {
	Page
	Projected
	ForPartner
	Campaign uuid.UUID                `query:"campaign_id"`
	State    []performance.AlertState `query:"state" doc:"Any of these, separated by commas."`
}) (*plain[list[partial[performance.AlertRecord]]], error) {
	author, err := byWithin(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Alerts.List(ctx, author, performance.AlertQuery{
		Campaign: in.Campaign, States: in.State, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return page(s, items, describeAlert, in.Fields, next)
}

func (s *Server) getAlert(ctx context.Context, in *ByID) (*found[performance.AlertRecord], error) {
	return foundAlert(s.Alerts.Get(ctx, by(ctx), in.ID))
}

func foundAlert(a *performance.Alert, err error) (*found[performance.AlertRecord], error) {
	if err != nil {
		return nil, err
	}
	return &found[performance.AlertRecord]{etag(a.State().Revision), a.State()}, nil
}

// decision is a request about one alert. Doing it twice does it once.
type decision struct {
	ByID
	Write
	Retryable
}

// decide is a handler that does one thing to an alert.
func (s *Server) decide(do func(*performance.Alerts, context.Context, event.Origin, uuid.UUID) (*performance.Alert, error)) func(context.Context, *decision) (*found[performance.AlertRecord], error) {
	return func(ctx context.Context, in *decision) (*found[performance.AlertRecord], error) {
		if in.ValidateOnly {
			return s.getAlert(ctx, &in.ByID)
		}
		return foundAlert(do(s.Alerts, ctx, by(ctx), in.ID))
	}
}
