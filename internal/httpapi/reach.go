package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

func (s *Server) registerReach() {
	estimate := operation(http.MethodPost, "/reach-estimates", "estimate-reach", "How many people a targeting configuration can be shown to", partners.ActionRead, http.StatusOK)
	estimate.Description += " Counted in the panel that panel_id names, or in the partner's newest automatic panel of these countries; without one from the population by age and gender, Internet use and shares. With a panel neither locations nor interests are needed."
	route(s, atOnceOperation(estimate), s.estimateReach)
	route(s, operation(http.MethodGet, "/reach-factors", "get-reach-factors", "The shares that reach estimates rest on, with their sources: the partner's own, and the defaults", partners.ActionRead, http.StatusOK), s.getReachFactors)
	route(s, atOnceOperation(operation(http.MethodPut, "/reach-factors", "set-reach-factors", "Set the partner's own shares, which hold before all others; replaces those set before", partners.ActionWriteCampaigns, http.StatusOK)), s.setReachFactors)
	route(s, operation(http.MethodGet, "/reach-calibration", "get-reach-calibration", "Past estimates beside what the campaigns really reached", partners.ActionRead, http.StatusOK), s.getReachCalibration)
	budget := operation(http.MethodGet, "/campaigns/{id}/reach-budget", "get-reach-budget", "What budget a reach takes, from the campaign's own cost curve", partners.ActionRead, http.StatusOK)
	budget.Errors = append(budget.Errors, http.StatusConflict) // before it has delivered anything
	route(s, budget, s.getReachBudget)
	route(s, operation(http.MethodGet, "/taxonomies/interests", "find-interests", "Find interests of the IAB Audience Taxonomy by name, or walk its tree", partners.ActionRead, http.StatusOK), s.findInterests)
	route(s, operation(http.MethodGet, "/taxonomies/interests/{interest}", "get-interest", "Read one interest of the taxonomy", partners.ActionRead, http.StatusOK), s.getInterest)
}

type reachRequest struct {
	targeting.Configuration
	// Locations are not needed with a panel; the domain says when they are.
	Locations         []targeting.Location   `json:"locations,omitempty"`
	PanelID           *uuid.UUID             `json:"panel_id,omitempty" format:"uuid" doc:"Count in this panel."`
	Attributes        map[string]panel.Match `json:"attributes,omitempty" doc:"Of a panel: a list of values, or a range of numbers. An attribute narrows, its values are alternatives." example:"{\"occupation\":[\"Exec-managerial\"],\"hours_per_week\":{\"min\":40}}"`
	ExcludeAttributes map[string]panel.Match `json:"exclude_attributes,omitempty" doc:"Who has one of these is left out; who has no value stays."`
	Method            string                 `json:"method,omitempty" enum:"auto,population_shares" doc:"population_shares estimates without a panel, whatever panels there are."`
}

func (r reachRequest) request() reach.Request {
	asked := reach.Request{Configuration: r.Configuration, Attributes: r.Attributes, ExcludeAttributes: r.ExcludeAttributes, Unpanelled: r.Method == string(reach.PopulationShares)}
	asked.Configuration.Locations = r.Locations
	if r.PanelID != nil {
		asked.Panel = *r.PanelID
	}
	return asked
}

type reachBody struct {
	Low         int64            `json:"low" doc:"In one of ten cases fewer people can be reached."`
	Mid         int64            `json:"mid"`
	High        int64            `json:"high" doc:"In one of ten cases more."`
	Confidence  reach.Confidence `json:"confidence" enum:"low,medium,high" doc:"By how wide the range is: high while high is under 1.5 times low, medium under 5."`
	Method      reach.Method     `json:"method" enum:"population_shares,panel_joint_counts,panel_joint_counts_and_shares"`
	Panel       *reachPanel      `json:"panel,omitempty" doc:"What was counted, and how sure it is."`
	Population  int64            `json:"population" doc:"People before anything narrows them: of the ages and genders in the countries, or of the panel there."`
	Factors     []reachFactor    `json:"factors" doc:"What each criterion leaves of those whom the ones above have left, in the order of the configuration."`
	Assumptions []string         `json:"assumptions"`
	Sentence    string           `json:"sentence" doc:"Whom it is for, in plain words."`
	ValidUntil  time.Time        `json:"valid_until"`
}

type reachPanel struct {
	ID            uuid.UUID `json:"id"`
	Name          string    `json:"name"`
	Automatic     bool      `json:"automatic" doc:"It was not named: it is the newest of the countries that answers unasked."`
	Rows          int64     `json:"rows" doc:"Of the panel in the countries asked for."`
	Matching      int64     `json:"matching" doc:"Rows that match what the panel knows."`
	EffectiveSize float64   `json:"effective_size" doc:"(Σw)²/Σw² of those rows: as many of equal weight would say as much (Kish)."`
	DesignEffect  float64   `json:"design_effect" doc:"Rows over effective size."`
	StandardError float64   `json:"standard_error" doc:"Of the people counted, in people: linearised, n/(n-1)·Σw²(y-p)². 0 in a complete panel, and where everybody or nobody matches."`
	Unknown       float64   `json:"unknown" doc:"Share of the people of whom something asked for is missing; they are not counted."`
}

type reachFactor struct {
	Criterion string  `json:"criterion"`
	Factor    float64 `json:"factor" doc:"The share of people that it leaves, a fraction; of past_estimates, what past estimates are off by, which may be above 1."`
	Low       float64 `json:"low" doc:"The range that holds the share in 80 of 100 cases."`
	High      float64 `json:"high"`
	Basis     string  `json:"basis" doc:"What the share rests on."`
}

func (s *Server) estimateReach(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body atOnce[reachRequest]
}) (*plain[reachBody], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	return judge(s, &in.Body, func(body reachRequest, _ bool) (*plain[reachBody], error) {
		asked := body.request()
		e, err := s.Reach.Estimate(ctx, partner, asked)
		if err != nil {
			return nil, err
		}
		return &plain[reachBody]{reachOf(e, asked.Configuration.Called(func(id uuid.UUID) (string, bool) {
			a, err := s.Audiences.Get(ctx, partner, id)
			return a.Name, err == nil
		}))}, nil
	})
}

func reachOf(e reach.Estimate, c targeting.Configuration) reachBody {
	body := reachBody{
		Low: e.Low, Mid: e.Mid, High: e.High, Confidence: e.Confidence, Method: e.Method, Population: e.Population,
		Assumptions: e.Assumptions, Sentence: c.Sentence("en"), ValidUntil: e.ValidUntil, Factors: make([]reachFactor, len(e.Factors)),
	}
	for i, f := range e.Factors {
		body.Factors[i] = reachFactor{f.Criterion, f.Mid, f.Low, f.High, f.Basis}
	}
	if p := e.Panel; p != nil {
		body.Panel = &reachPanel{p.ID, p.Name, p.Automatic, p.Rows, p.Hits, p.EffectiveSize, p.DesignEffect, p.StandardError, p.Unknown}
	}
	return body
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
