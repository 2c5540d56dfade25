package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/reach"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

func (s *Server) registerReach() {
	route(s, operation(http.MethodPost, "/reach-estimates", "estimate-reach", "How many people a targeting configuration can be shown to", partners.ActionRead, http.StatusOK), s.estimateReach)
	route(s, operation(http.MethodGet, "/taxonomies/interests", "find-interests", "Find interests of the IAB Audience Taxonomy by name, or walk its tree", partners.ActionRead, http.StatusOK), s.findInterests)
	route(s, operation(http.MethodGet, "/taxonomies/interests/{interest}", "get-interest", "Read one interest of the taxonomy", partners.ActionRead, http.StatusOK), s.getInterest)
}

type reachBody struct {
	Low         int64            `json:"low" doc:"In one of ten cases fewer people can be reached."`
	Mid         int64            `json:"mid"`
	High        int64            `json:"high" doc:"In one of ten cases more."`
	Confidence  reach.Confidence `json:"confidence" enum:"low,medium,high" doc:"By how wide the range is: high while high is under 1.5 times low, medium under 5."`
	Method      string           `json:"method"`
	Population  int64            `json:"population" doc:"People of the ages and genders in the countries, before anything else narrows them."`
	Factors     []reachFactor    `json:"factors" doc:"What each criterion leaves, in the order of the configuration."`
	Assumptions []string         `json:"assumptions"`
	Sentence    string           `json:"sentence" doc:"Whom it is for, in plain words."`
	ValidUntil  time.Time        `json:"valid_until"`
}

type reachFactor struct {
	Criterion string  `json:"criterion"`
	Factor    float64 `json:"factor" doc:"The share of people that it leaves, a fraction."`
	Low       float64 `json:"low" doc:"The range that holds the share in 80 of 100 cases."`
	High      float64 `json:"high"`
	Basis     string  `json:"basis" doc:"What the share rests on."`
}

func (s *Server) estimateReach(_ context.Context, in *struct {
	Write
	Retryable
	Body targeting.Configuration
}) (*plain[reachBody], error) {
	e, err := s.Reach.Estimate(in.Body)
	if err != nil {
		return nil, err
	}
	body := reachBody{
		Low: e.Low, Mid: e.Mid, High: e.High, Confidence: e.Confidence, Method: "population_shares", Population: e.Population,
		Assumptions: e.Assumptions, Sentence: in.Body.Sentence("en"), ValidUntil: e.ValidUntil, Factors: make([]reachFactor, len(e.Factors)),
	}
	for i, f := range e.Factors {
		body.Factors[i] = reachFactor{f.Criterion, f.Mid, f.Low, f.High, f.Basis}
	}
	return &plain[reachBody]{body}, nil
}

type interestBody struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	ParentID string   `json:"parent_id,omitempty" doc:"Absent at the three roots."`
	Path     []string `json:"path" doc:"From the root, its own name last."`
	Children int      `json:"children" doc:"How many lie directly below."`
}

func interestOf(n taxonomy.Node) interestBody {
	return interestBody{n.ID, n.Name(), n.Parent, n.Path, n.Children}
}

func (s *Server) findInterests(_ context.Context, in *struct {
	Query  string `query:"q" maxLength:"100" doc:"Words of the name or its path; case and accents do not matter."`
	Parent string `query:"parent_id" maxLength:"20" doc:"What lies directly below this one; without q and parent_id the roots."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}) (*plain[list[interestBody]], error) {
	nodes := taxonomy.Children(in.Parent)
	if in.Query != "" {
		nodes = taxonomy.Search(in.Query, in.Limit)
	}
	out := list[interestBody]{Items: []interestBody{}}
	for _, n := range nodes[:min(len(nodes), in.Limit)] {
		out.Items = append(out.Items, interestOf(n))
	}
	return &plain[list[interestBody]]{out}, nil
}

var errNoInterest = fault.New(fault.NotFound, "interest_not_found", "The taxonomy has no interest with this id.",
	"Find ids by name with GET /api/v1/taxonomies/interests?q=...")

func (s *Server) getInterest(_ context.Context, in *struct {
	Interest string `path:"interest" maxLength:"20"`
}) (*plain[interestBody], error) {
	n, ok := taxonomy.Get(in.Interest)
	if !ok {
		return nil, errNoInterest.With("The %s has no interest %q.", taxonomy.Version, in.Interest)
	}
	return &plain[interestBody]{interestOf(n)}, nil
}
