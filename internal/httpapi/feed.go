package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

// Feed is the log of everything that happened to one partner.
type Feed interface {
	// Read returns events after a sequence number, in order.
	Read(ctx context.Context, partner uuid.UUID, after int64, limit int) ([]event.Event, error)
}

func (s *Server) registerFeed() {
	route(s, operation(http.MethodGet, "/events", "read-feed", "Read the partner's event feed", partners.ActionRead, http.StatusOK), s.readFeed)
}

// feedEvent is an event as clients see it.
type feedEvent struct {
	ID          uuid.UUID       `json:"id" format:"uuid"`
	PartnerID   uuid.UUID       `json:"partner_id" format:"uuid"`
	Seq         int64           `json:"seq" doc:"1, 2, 3, ... without gaps for each partner."`
	Type        string          `json:"type" example:"campaign.launched"`
	Aggregate   string          `json:"aggregate" example:"campaign"`
	AggregateID uuid.UUID       `json:"aggregate_id" format:"uuid"`
	Revision    int64           `json:"revision" doc:"Of the aggregate after the event."`
	OccurredAt  time.Time       `json:"occurred_at"`
	RecordedAt  time.Time       `json:"recorded_at"`
	Origin      originBody      `json:"origin" doc:"Who did it, and from where."`
	Data        json.RawMessage `json:"data"`
}

type originBody struct {
	Kind          event.ActorKind `json:"kind" enum:"key,scheduler,reaction,optimizer,operator"`
	ID            string          `json:"id"`
	Name          string          `json:"name,omitempty"`
	From          string          `json:"from,omitempty" example:"api"`
	CorrelationID string          `json:"correlation_id,omitempty" doc:"The request it belongs to."`
}

func describeEvent(e event.Event) feedEvent {
	o := e.Origin
	return feedEvent{
		ID: e.ID, PartnerID: e.Partner, Seq: e.Seq, Type: e.Type, Aggregate: e.Aggregate, AggregateID: e.AggregateID,
		Revision: e.Revision, OccurredAt: e.OccurredAt, RecordedAt: e.RecordedAt, Data: e.Data,
		Origin: originBody{o.Kind, o.ID, o.Name, o.From, o.CorrelationID},
	}
}

// feedPage is the answer to a reader that comes again with next_after.
type feedPage struct {
	Items     []feedEvent `json:"items"`
	NextAfter int64       `json:"next_after" doc:"Where to go on, also when there is nothing more for now."`
}

func (s *Server) readFeed(ctx context.Context, in *struct {
	ForPartner
	After int64 `query:"after" minimum:"0" doc:"The sequence number of the last event that was seen."`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}) (*plain[feedPage], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	events, err := s.Feed.Read(ctx, partner, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	page := feedPage{Items: make([]feedEvent, len(events)), NextAfter: in.After}
	for i, e := range events {
		page.Items[i], page.NextAfter = describeEvent(e), e.Seq
	}
	return &plain[feedPage]{page}, nil
}
