package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// Integration is what this service hears from others, and through which
// brokers.
type Integration interface {
	// Receive takes in one CloudEvent in structured mode.
	Receive(ctx context.Context, by event.Origin, body []byte, validateOnly bool) (event.Inbound, error)
	// Received is a page of a partner's, of uuid.Nil everybody's, the latest first.
	Received(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []event.Inbound, next string, err error)
	Brokers(ctx context.Context) ([]event.BrokerStatus, error)
	// List, Get, Replay and Drop are about messages that could not be taken in.
	List(ctx context.Context, partner uuid.UUID, states []event.LetterState, limit int, cursor string) ([]event.Letter, string, error)
	Get(ctx context.Context, partner, id uuid.UUID) (event.Letter, error)
	Replay(ctx context.Context, partner, id uuid.UUID) (event.Letter, error)
	Drop(ctx context.Context, partner, id uuid.UUID) (event.Letter, error)
}

func (s *Server) registerIntegration() {
	operate := partners.ActionOperateBrokers
	route(s, operation(http.MethodGet, "/inbound-events", "list-inbound-events", "Events of other services that were taken in, the latest first", operate, http.StatusOK), s.listInbound)
	route(s, operation(http.MethodGet, "/brokers", "list-brokers", "How each broker stands, and how many events it lacks", operate, http.StatusOK), s.listBrokers)
	const at = "/dead-letters"
	route(s, operation(http.MethodGet, at, "list-dead-letters", "Messages from brokers that could not be taken in, the newest first", operate, http.StatusOK), s.listLetters)
	route(s, operation(http.MethodGet, at+"/{id}", "get-dead-letter", "Read such a message, with its body", operate, http.StatusOK), s.getLetter)
	route(s, operation(http.MethodPost, at+"/{id}/replay", "replay-dead-letter", "Take the message in now; what waits behind it follows", operate, http.StatusOK), s.replayLetter)
	route(s, operation(http.MethodPost, at+"/{id}/drop", "drop-dead-letter", "Close the message without taking it in; what waits behind it goes on", operate, http.StatusOK), s.dropLetter)
}

// mostEvent is the longest event that is read, in bytes; one more is refused
// with where the bound lies.
const mostEvent = 1 << 20

// receiveEvent is POST /events. It is outside huma, which would read the
// attributes of an extension as unknown fields.
func (s *Server) receiveEvent(w http.ResponseWriter, r *http.Request) {
	in, err := s.receive(w, r)
	if err == nil {
		status := http.StatusOK
		if in.Outcome == event.Applied {
			status = http.StatusAccepted
		}
		err = writeJSON(w, status, in)
	}
	if err != nil {
		WriteProblem(w, r, err)
	}
}

func (s *Server) receive(w http.ResponseWriter, r *http.Request) (event.Inbound, error) {
	if err := principal(r.Context()).Require(partners.ActionOperateBrokers); err != nil {
		return event.Inbound{}, err
	}
	query, err := readQuery(r, "validate_only")
	if err != nil {
		return event.Inbound{}, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostEvent))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return event.Inbound{}, errBodyTooLarge
	}
	if err != nil {
		return event.Inbound{}, errMalformed.With("The body ended before it was complete.").Wrap(err)
	}
	return s.Integration.Receive(r.Context(), by(r.Context()), body, query.validateOnly)
}

// describeReceiveEvent writes the operation into the contract by hand.
func (s *Server) describeReceiveEvent() {
	op := operation(http.MethodPost, "/events", "receive-event", "Take in an event of another service", partners.ActionOperateBrokers, http.StatusAccepted)
	op.Description += " CloudEvents 1.0 in structured mode: onboarding/contract-activated and partner-management/partner-validation. 202 when something followed from it; 200 when it was taken in before (`duplicate`), newer ones have set all that it says (`superseded`), or it says nothing that is acted on (`ignored`)."
	op.Parameters = []*huma.Param{validateOnlyParam, idempotencyKeyParam}
	registry := s.api.OpenAPI().Components.Schemas
	event := schemaOf[newEvent](registry)
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/cloudevents+json": {Schema: event}, "application/json": {Schema: event},
	}}
	s.describe(&op, "202", schemaOf[inboundBody](registry))
	op.Responses["200"] = &huma.Response{Description: "Nothing followed from it", Content: op.Responses["202"].Content}
}

// newEvent only describes what package integration reads.
type newEvent struct {
	_ struct{} `additionalProperties:"true"`

	SpecVersion string         `json:"specversion" enum:"1.0"`
	ID          string         `json:"id" minLength:"1" doc:"Unique for the source; the same on every repetition." example:"7f1f6a52-6a5f-4f0e-9c2d-1f4b8f0a7f11"`
	Source      string         `json:"source" minLength:"1" example:"/onboarding"`
	Type        string         `json:"type" enum:"onboarding/contract-activated,partner-management/partner-validation"`
	Time        string         `json:"time,omitempty" format:"date-time" doc:"When it happened. Of two events about one term the newer holds, in whatever order they come."`
	Sequence    string         `json:"sequence,omitempty" doc:"Counts the events of this type about this partner; it goes before the time."`
	Data        map[string]any `json:"data" doc:"partner_id, and by type: contract_id, campaign_permissions, budget_limits, feature_flags; or validation_status." example:"{\"partner_id\":\"01a2139c-e0bb-7426-a1eb-3eff9af7a36b\",\"validation_status\":\"FULLY_VALIDATED\"}"`
}

// inboundBody describes event.Inbound.
type inboundBody struct {
	Source     string     `json:"source"`
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	PartnerID  uuid.UUID  `json:"partner_id" format:"uuid"`
	Time       *time.Time `json:"time,omitempty" doc:"As its sender gave it."`
	Outcome    string     `json:"outcome" enum:"applied,duplicate,superseded,ignored"`
	Campaign   *uuid.UUID `json:"welcome_campaign_id,omitempty" format:"uuid" doc:"The welcome campaign that the contract asked for."`
	ReceivedAt time.Time  `json:"received_at"`
}

func (s *Server) listInbound(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
}) (*plain[list[partial[inboundBody]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Integration.Received(ctx, partner, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(s, found, func(x event.Inbound) inboundBody {
		return inboundBody{x.Source, x.ID, x.Type, x.Partner, x.Time, string(x.Outcome), x.Campaign, x.ReceivedAt}
	}, in.Fields, next)
}

func (s *Server) listBrokers(ctx context.Context, in *struct {
	Page
	Projected
}) (*plain[list[partial[event.BrokerStatus]]], error) {
	found, err := s.Integration.Brokers(ctx)
	if err != nil {
		return nil, err
	}
	return pageOf(s, found, in.Page, func(b event.BrokerStatus) string { return b.Name }, same, in.Fields)
}

// deadLetter is a message as operators see it.
type deadLetter struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	PartnerID   *uuid.UUID `json:"partner_id" format:"uuid" doc:"Null while it is not known whose it is."`
	State       string     `json:"state" enum:"retrying,dead,waiting,replayed,dropped" doc:"waiting: behind an earlier one of its key."`
	Broker      string     `json:"broker"`
	Topic       string     `json:"topic" example:"onboarding.contract-activated"`
	Key         string     `json:"key,omitempty" doc:"Messages of this key wait until this one is settled."`
	MessageID   string     `json:"message_id,omitempty"`
	ContentType string     `json:"content_type,omitempty"`
	Code        string     `json:"code,omitempty" doc:"Of the last failure."`
	Reason      string     `json:"reason,omitempty"`
	Tries       int        `json:"tries"`
	NextAt      *time.Time `json:"next_at,omitempty" doc:"When it is tried again by itself."`
	ArrivedAt   time.Time  `json:"arrived_at"`
	ChangedAt   time.Time  `json:"changed_at"`
	Body        string     `json:"body,omitempty" doc:"The message, when it is text."`
	Binary      string     `json:"body_base64,omitempty" doc:"The message, when it is not text."`
}

func describeLetter(l event.Letter) deadLetter {
	d := deadLetter{
		ID: l.ID, State: string(l.State), Broker: l.Broker, Topic: l.Message.Topic, Key: l.Message.Key, MessageID: l.Message.ID,
		ContentType: l.Message.ContentType, Code: l.Code, Reason: l.Reason, Tries: l.Tries, NextAt: l.NextAt, ArrivedAt: l.ArrivedAt, ChangedAt: l.ChangedAt,
	}
	if l.Partner != uuid.Nil {
		d.PartnerID = &l.Partner
	}
	return d
}

// wholeLetter is one with its body.
func wholeLetter(l event.Letter, err error) (*plain[deadLetter], error) {
	if err != nil {
		return nil, err
	}
	d := describeLetter(l)
	if utf8.Valid(l.Message.Body) {
		d.Body = string(l.Message.Body)
	} else {
		d.Binary = base64.StdEncoding.EncodeToString(l.Message.Body)
	}
	return &plain[deadLetter]{d}, nil
}

func (s *Server) listLetters(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
	State []event.LetterState `query:"state" doc:"Any of these, separated by commas."`
}) (*plain[list[partial[deadLetter]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	found, next, err := s.Integration.List(ctx, partner, in.State, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(s, found, describeLetter, in.Fields, next)
}

func (s *Server) getLetter(ctx context.Context, in *ByID) (*plain[deadLetter], error) {
	return wholeLetter(s.Integration.Get(ctx, by(ctx).Partner, in.ID))
}

// aboutLetter is a decision about one letter.
type aboutLetter struct {
	ByID
	Write
	Retryable
}

func (s *Server) replayLetter(ctx context.Context, in *aboutLetter) (*plain[deadLetter], error) {
	if in.ValidateOnly {
		return wholeLetter(s.Integration.Get(ctx, by(ctx).Partner, in.ID))
	}
	return wholeLetter(s.Integration.Replay(ctx, by(ctx).Partner, in.ID))
}

func (s *Server) dropLetter(ctx context.Context, in *aboutLetter) (*plain[deadLetter], error) {
	if in.ValidateOnly {
		return wholeLetter(s.Integration.Get(ctx, by(ctx).Partner, in.ID))
	}
	return wholeLetter(s.Integration.Drop(ctx, by(ctx).Partner, in.ID))
}
