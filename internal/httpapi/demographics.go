package httpapi

import (
	"context"
	"net/http"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/insight"
)

func (s *Server) registerDemographics() {
	op := operation(http.MethodGet, "/audiences/{id}/insights", "get-audience-insights", "How an audience differs from other people, group by group", partners.ActionRead, http.StatusOK)
	op.Description += " Each group's index is 100 times its share of the audience over its share of the population, with the interval of a ratio of shares. " +
		"A difference is significant when at most 5 % of those called so are expected to be false (Benjamini and Hochberg)."
	route(s, op, s.audienceInsights)
}

type audienceInsights struct {
	Members    int64           `json:"members" doc:"Of the audience."`
	Looked     int64           `json:"members_looked_at" doc:"All of them, or a sample of 200000."`
	People     int64           `json:"people_looked_at" doc:"Of those it is compared with; 0 against a census."`
	Against    string          `json:"against" enum:"people,population"`
	Population string          `json:"population" doc:"What it is compared with, in a sentence."`
	Groups     []insight.Group `json:"groups" doc:"The most telling first."`
	Compared   int             `json:"compared" doc:"Groups that were tested, for which the p-values are adjusted."`
	Skipped    []string        `json:"skipped" doc:"Attributes that divide nobody."`
}

func (s *Server) audienceInsights(ctx context.Context, in *struct {
	ByID
	Against string `query:"against" enum:"people,population" doc:"people: all of the partner's; population: everybody who lives in the members' countries, by age, gender and country. Without it people, when there are 100 besides the audience."`
}) (*plain[audienceInsights], error) {
	d, err := s.Studies.Describe(ctx, principal(ctx).Partner, in.ID, in.Against)
	if err != nil {
		return nil, err
	}
	return &plain[audienceInsights]{audienceInsights{
		Members: d.Members, Looked: d.Looked, People: d.People, Against: d.Against, Population: d.Selected,
		Groups: d.Groups, Compared: d.Compared, Skipped: d.Skipped,
	}}, nil
}
