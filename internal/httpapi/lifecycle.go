package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
)

func (s *Server) registerLifecycle() {
	read, write := partners.ActionRead, partners.ActionWriteCampaigns
	route(s, operation(http.MethodPost, "/campaigns/{id}/schedule", "schedule-campaign", "Date a campaign, or date it anew before its launch", write, http.StatusOK), s.schedule)
	route(s, operation(http.MethodGet, "/campaigns/{id}/readiness", "get-readiness", "Everything that a launch needs, and what is missing", read, http.StatusOK), s.readiness)
	route(s, operation(http.MethodGet, "/campaigns/{id}/history", "get-history", "Every change: who, when, from where, before and after", read, http.StatusOK), s.history)
	route(s, atOnceOperation(operation(http.MethodPost, "/campaigns/{id}/targeting/refine", "refine-targeting", "Change the targeting of a launched campaign", write, http.StatusOK)), s.refineTargeting)

	s.act("launch", "Launch a campaign that is ready; 409 not_ready has the whole checklist", write,
		func(c *campaigns.Service, ctx context.Context, in *action) (*campaigns.Campaign, error) {
			return c.Launch(ctx, by(ctx), in.ID, in.at)
		})
	s.act("resume", "Take delivery up again", write,
		func(c *campaigns.Service, ctx context.Context, in *action) (*campaigns.Campaign, error) {
			return c.Resume(ctx, by(ctx), in.ID, in.at)
		})
	s.act("pause", "Stop delivery for now", partners.ActionPause,
		func(c *campaigns.Service, ctx context.Context, in *action) (*campaigns.Campaign, error) {
			return c.Pause(ctx, by(ctx), in.ID, in.at, in.reason())
		})
	s.act("complete", "End a campaign and fix its outcome", write,
		func(c *campaigns.Service, ctx context.Context, in *action) (*campaigns.Campaign, error) {
			return c.Complete(ctx, by(ctx), in.ID, in.at, in.reason())
		})
	s.act("cancel", "Give up a campaign that was never launched", write,
		func(c *campaigns.Service, ctx context.Context, in *action) (*campaigns.Campaign, error) {
			return c.Cancel(ctx, by(ctx), in.ID, in.at, in.reason())
		})
	s.act("targeting/rollback", "Take back the last refinement of the targeting", write,
		func(c *campaigns.Service, ctx context.Context, in *action) (*campaigns.Campaign, error) {
			return c.RollBackTargeting(ctx, by(ctx), in.ID, in.at, in.reason())
		})
}

// action is a request to take a step in a campaign's life.
type action struct {
	ByID
	MayMatch
	Write
	Retryable
	Body *struct {
		Reason string `json:"reason,omitempty" doc:"Kept in the history, where the action takes one."`
	}

	at int64 // the revision of If-Match; 0 is whichever it is
}

func (a *action) reason() string {
	if a.Body == nil {
		return ""
	}
	return a.Body.Reason
}

// act registers POST /campaigns/{id}/<name>, which answers with the campaign as
// it then is.
func (s *Server) act(name, summary string, needs partners.Action, do func(*campaigns.Service, context.Context, *action) (*campaigns.Campaign, error)) {
	id := name + "-campaign"
	if name == "targeting/rollback" {
		id = "roll-back-targeting"
	}
	route(s, operation(http.MethodPost, "/campaigns/{id}/"+name, id, summary, needs, http.StatusOK), func(ctx context.Context, in *action) (_ *found[campaignBody], err error) {
		if in.at, err = in.revision(); err != nil {
			return nil, err
		}
		return foundCampaign(do(s.campaignsFor(in.Write), ctx, in))
	})
}

func (s *Server) schedule(ctx context.Context, in *struct {
	ByID
	MayMatch
	Write
	Retryable
	Body struct {
		Start  time.Time            `json:"start"`
		End    time.Time            `json:"end" doc:"Exclusive."`
		Launch campaigns.LaunchMode `json:"launch,omitempty" enum:"auto,manual" default:"auto" doc:"Who launches at the start: the scheduler or a person."`
	}
}) (*found[campaignBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return foundCampaign(s.campaignsFor(in.Write).Schedule(ctx, by(ctx), in.ID, revision, campaigns.Schedule(in.Body)))
}

// refinement is a targeting, and why.
type refinement struct {
	targeting.Configuration
	Reason string `json:"reason,omitempty"`
}

func (s *Server) refineTargeting(ctx context.Context, in *struct {
	ByID
	MayMatch
	Write
	Retryable
	Body atOnce[refinement]
}) (*found[campaignBody], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return judge(s, &in.Body, func(r refinement, rehearse bool) (*found[campaignBody], error) {
		return foundCampaign(s.campaignsFor(in.rehearsed(rehearse)).RefineTargeting(ctx, by(ctx), in.ID, revision, r.Configuration, r.Reason))
	})
}

func (s *Server) readiness(ctx context.Context, in *ByID) (*plain[campaigns.Readiness], error) {
	readiness, err := s.Campaigns.Readiness(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &plain[campaigns.Readiness]{readiness}, nil
}

// historyEntry is one change of a campaign.
type historyEntry struct {
	ID       uuid.UUID       `json:"id" format:"uuid"`
	Seq      int64           `json:"seq"`
	Type     string          `json:"type" example:"campaign.paused"`
	Revision int64           `json:"revision" doc:"Of the campaign after the change."`
	At       time.Time       `json:"at"`
	By       originBody      `json:"by" doc:"Who did it, and from where."`
	Changes  []event.Change  `json:"changes" doc:"Each field before and after."`
	Data     json.RawMessage `json:"data" doc:"The event's own facts."`
}

func describeChange(e event.Event) historyEntry {
	o := e.Origin
	entry := historyEntry{
		ID: e.ID, Seq: e.Seq, Type: e.Type, Revision: e.Revision, At: e.OccurredAt,
		By: originBody{o.Kind, o.ID, o.Name, o.From, o.CorrelationID}, Changes: []event.Change{}, Data: e.Data,
	}
	var data struct{ Changes []event.Change }
	if json.Unmarshal(e.Data, &data) == nil && data.Changes != nil {
		entry.Changes = data.Changes
	}
	return entry
}

func (s *Server) history(ctx context.Context, in *struct {
	ByID
	Page
	Projected
}) (*plain[list[partial[historyEntry]]], error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	events, err := s.Campaigns.History(ctx, by(ctx), in.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	shown, next := in.untilLimit(events)
	return page(s, shown, describeChange, in.Fields, next)
}
