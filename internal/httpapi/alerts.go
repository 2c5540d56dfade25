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
	route(s, operation(http.MethodGet, "/alerts/{id}/history", "get-alert-history", "Everything that happened to an alert: fired, acknowledged, resolved, by whom", partners.ActionRead, http.StatusOK), s.alertHistory)
	route(s, operation(http.MethodPost, "/alerts/{id}/acknowledge", "acknowledge-alert", "Say that an alert has been seen", acknowledge, http.StatusOK), s.decide((*performance.Alerts).Acknowledge))
	route(s, operation(http.MethodPost, "/alerts/{id}/resolve", "resolve-alert", "End an alert whose cause is over", acknowledge, http.StatusOK), s.decide((*performance.Alerts).Resolve))
}

// History reads the events of one thing, oldest first, those after a sequence
// number.
type History interface {
	History(ctx context.Context, partner, aggregate uuid.UUID, after int64, limit int) ([]event.Event, error)
}

func describeAlert(a *performance.Alert) performance.AlertRecord { return a.State() }

func (s *Server) listAlerts(ctx context.Context, in *struct {
	Page
	Projected
	ForPartner
	Campaign uuid.UUID                `query:"campaign_id"`
	Rule     uuid.UUID                `query:"rule_id" doc:"Fired by this alert rule."`
	State    []performance.AlertState `query:"state" doc:"Any of these, separated by commas."`
	Kind     []performance.AlertKind  `query:"kind" doc:"Any of these, separated by commas."`
	Severity []performance.Severity   `query:"severity" doc:"Any of these, separated by commas."`
}) (*plain[list[partial[performance.AlertRecord]]], error) {
	author, err := byWithin(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Alerts.List(ctx, author, performance.AlertQuery{
		Campaign: in.Campaign, Rule: in.Rule, States: in.State, Kinds: in.Kind, Severities: in.Severity, Limit: in.Limit, Cursor: in.Cursor,
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
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"500" doc:"Kept with the alert and in its history."`
	}
}

// decide is a handler that does one thing to an alert.
func (s *Server) decide(do func(*performance.Alerts, context.Context, event.Origin, uuid.UUID, string) (*performance.Alert, error)) func(context.Context, *decision) (*found[performance.AlertRecord], error) {
	return func(ctx context.Context, in *decision) (*found[performance.AlertRecord], error) {
		if in.ValidateOnly {
			return s.getAlert(ctx, &in.ByID)
		}
		note := ""
		if in.Body != nil {
			note = in.Body.Note
		}
		return foundAlert(do(s.Alerts, ctx, by(ctx), in.ID, note))
	}
}

func (s *Server) alertHistory(ctx context.Context, in *struct {
	ByID
	Page
	Projected
}) (*plain[list[partial[feedEvent]]], error) {
	a, err := s.Alerts.Get(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	events, err := s.Log.History(ctx, a.State().Partner, in.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	shown, next := in.untilLimit(events)
	return page(s, shown, describeEvent, in.Fields, next)
}
