package httpapi

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// reachShare is a share that estimates rest on.
type reachShare struct {
	Criterion targeting.Criterion `json:"criterion" doc:"As a targeting configuration names it." example:"platforms"`
	Value     string              `json:"value" minLength:"1" maxLength:"200" doc:"* is any value without a share of its own; interests also go by their depth in the taxonomy, as level:2 or intent:2." example:"linkedin"`
	Share     float64             `json:"share" doc:"Of the people, a fraction." example:"0.3"`
	Low       float64             `json:"low" doc:"The range that holds it in 80 of 100 cases." example:"0.2"`
	High      float64             `json:"high" example:"0.4"`
	Source    string              `json:"source" maxLength:"300" doc:"Who measured it, and when." example:"Our panel of buyers, March 2026"`
}

type reachFactorsBody struct {
	Revision int64        `json:"revision"`
	Factors  []reachShare `json:"factors" doc:"The partner's own."`
	Defaults []reachShare `json:"defaults" doc:"What holds where the partner, and no data provider, says otherwise."`
}

func reachShares(all []reach.Assumed) []reachShare {
	out := make([]reachShare, len(all))
	for i, a := range all {
		out[i] = reachShare{a.Criterion, a.Value, a.Mid, a.Low, a.High, a.Source}
	}
	return out
}

func (s *Server) reachFactors(f reach.FactorsState, err error) (*found[reachFactorsBody], error) {
	if err != nil {
		return nil, err
	}
	return &found[reachFactorsBody]{etag(f.Revision), reachFactorsBody{f.Revision, reachShares(f.Factors), reachShares(s.Reach.DefaultFactors())}}, nil
}

func (s *Server) getReachFactors(ctx context.Context, in *ForPartner) (*found[reachFactorsBody], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	return s.reachFactors(s.Reach.OwnFactors(ctx, partner))
}

// newFactors are a partner's own shares, in place of those set before.
type newFactors struct {
	Factors []reachShare `json:"factors" maxItems:"500"`
}

func (n newFactors) assumed() []reach.Assumed {
	all := make([]reach.Assumed, len(n.Factors))
	for i, f := range n.Factors {
		all[i] = reach.Assumed{Criterion: f.Criterion, Value: f.Value, Share: reach.Share{Mid: f.Share, Low: f.Low, High: f.High}, Source: f.Source}
	}
	return all
}

func (s *Server) setReachFactors(ctx context.Context, in *struct {
	ForPartner
	IfMatch
	Write
	Body atOnce[newFactors]
}) (*found[reachFactorsBody], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return judge(s, &in.Body, func(body newFactors, rehearse bool) (*found[reachFactorsBody], error) {
		return s.reachFactors(s.Reach.SetFactors(ctx, author, revision, body.assumed(), in.ValidateOnly || rehearse))
	})
}

type calibrationBody struct {
	Judged    int            `json:"judged" doc:"Campaigns whose delivery says how many people there are."`
	Inside    int            `json:"inside" doc:"Of them, those whose range holds it."`
	Meant     float64        `json:"meant" doc:"The share of cases that a range is meant to hold."`
	Ratio     *float64       `json:"ratio" doc:"How many people the deliveries imply for each that was estimated, as a geometric mean; null while none does."`
	Applied   []reachLesson  `json:"applied" doc:"What estimates of the same kind are corrected by; empty while fewer than 5 finished campaigns of any kind tell."`
	Campaigns []comparedBody `json:"campaigns"`
}

type reachLesson struct {
	Networks  []targeting.Platform `json:"networks" doc:"Of the campaigns; empty for those that name none."`
	Method    reach.Method         `json:"method" enum:"population_shares,panel_joint_counts,panel_joint_counts_and_shares"`
	Campaigns int                  `json:"campaigns" doc:"Finished ones whose delivery says how many people there are, and whose targeting was not refined."`
	From      []uuid.UUID          `json:"campaign_ids" doc:"Which they are, the one estimated last first."`
	Factor    float64              `json:"factor" doc:"People there were for each that was estimated: a geometric mean, drawn towards 1 by how few the campaigns are and how they differ, 1/3 to 3."`
	Spread    float64              `json:"spread" doc:"Deviation of the logarithms; ranges of estimates are at least as wide."`
}

func lessonsOf(all []reach.Lesson) []reachLesson {
	out := make([]reachLesson, len(all))
	for i, l := range all {
		out[i] = reachLesson{append([]targeting.Platform{}, l.Networks...), l.Method, l.Campaigns, l.From, l.Factor, l.Spread}
	}
	return out
}

type comparedBody struct {
	reach.Stored
	Name        string        `json:"name"`
	Reached     int64         `json:"reached" doc:"People, as the platforms last reported."`
	Impressions int64         `json:"impressions" doc:"By then."`
	Implied     *int64        `json:"implied" doc:"How many people there are by the campaign's own delivery: the N of reached = N (1 - exp(-impressions/N)). null while the same person has seen it fewer than 1.3 times."`
	Verdict     reach.Verdict `json:"verdict" enum:"inside,above,below,open" doc:"Where the delivery lies to the estimated range; open while it does not tell."`
}

func (s *Server) getReachCalibration(ctx context.Context, in *ForPartner) (*plain[calibrationBody], error) {
	partner, err := onePartner(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	c, err := s.Reach.Calibration(ctx, partner)
	if err != nil {
		return nil, err
	}
	body := calibrationBody{Judged: c.Judged, Inside: c.Inside, Meant: reach.Meant, Applied: lessonsOf(c.Lessons), Campaigns: make([]comparedBody, len(c.Campaigns))}
	if c.Ratio > 0 {
		body.Ratio = &c.Ratio
	}
	for i, one := range c.Campaigns {
		body.Campaigns[i] = comparedBody{Stored: one.Stored, Name: one.Name, Reached: one.Reached, Impressions: one.Impressions, Verdict: one.Verdict}
		if one.Implied > 0 {
			body.Campaigns[i].Implied = &one.Implied
		}
	}
	return &plain[calibrationBody]{body}, nil
}

type reachBudgetBody struct {
	CampaignID uuid.UUID    `json:"campaign_id"`
	Target     int64        `json:"target_reach"`
	Reached    int64        `json:"reached" doc:"People, as reported so far; 0 when none was."`
	Spent      money.Money  `json:"spent"`
	Low        money.Money  `json:"low" doc:"Budget in all, what is spent included, when the audience is large."`
	Mid        money.Money  `json:"mid"`
	High       *money.Money `json:"high" doc:"When it is small; null when it may have fewer people than are asked for."`
	CPM        money.Money  `json:"cpm" doc:"Of the campaign so far."`
	NextCost   money.Money  `json:"cost_of_one_more" doc:"Of one more person, at the target."`
	People     int64        `json:"audience" doc:"How many people mid takes the audience to have."`
	Observed   bool         `json:"observed" doc:"The audience's size is read from the campaign's own reach, not estimated."`
	Method     string       `json:"method"`
	ValidUntil time.Time    `json:"valid_until"`
}

func (s *Server) getReachBudget(ctx context.Context, in *struct {
	ByID
	Target int64 `query:"target_reach" maximum:"10000000000" doc:"People that the campaign is to reach in all; at least 1."`
}) (*plain[reachBudgetBody], error) {
	c, err := s.Reach.Budget(ctx, principal(ctx).Partner, in.ID, in.Target)
	if err != nil {
		return nil, err
	}
	return &plain[reachBudgetBody]{reachBudgetBody{
		c.Campaign, c.Target, c.Reached, c.Spent, c.Low, c.Mid, c.High, c.CPM, c.NextCost, c.People, c.Observed, c.Method, c.Audience.ValidUntil,
	}}, nil
}
