package httpapi

import (
	"context"
	"net/http"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/insight"
)

func (s *Server) registerInsights() {
	op := operation(http.MethodGet, "/campaigns/{id}/targeting/insights", "get-targeting-insights", "Who responds to a campaign, what wastes its money, and what to narrow or widen", partners.ActionRead, http.StatusOK)
	op.Description += " Each part of what was delivered, by audience, age, gender, device and country, is held against the rest of the campaign. " +
		"Ages and genders are those that the audience of a metric event names: `age=25-34|gender=female`. Nothing here is applied: a suggestion's targeting is what to send to refine."
	route(s, op, s.targetingInsights)
}

func (s *Server) targetingInsights(ctx context.Context, in *struct {
	ByID
	Days int `query:"days" minimum:"1" maximum:"90" default:"14" doc:"How many days back the evidence reaches."`
}) (*plain[insight.Campaign], error) {
	found, err := s.Insights.Campaign(ctx, principal(ctx).Partner, in.ID, in.Days)
	if err != nil {
		return nil, err
	}
	return &plain[insight.Campaign]{found}, nil
}
