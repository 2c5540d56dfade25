package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/partners"
)

func (s *Server) registerReview() {
	route(s, operation(http.MethodGet, "/campaigns/{id}/analysis", "get-analysis", "How a campaign stands against its goals: what needs attention, what is fine, and what too little is known of", partners.ActionRead, http.StatusOK), s.getReview)
}

type reviewBody struct {
	CampaignID uuid.UUID      `json:"campaign_id"`
	Currency   string         `json:"currency,omitempty"`
	From       *time.Time     `json:"from,omitempty" doc:"The last 14 complete local days; 28 for creatives and audiences. Absent before the launch and after the end."`
	To         *time.Time     `json:"to,omitempty"`
	KnownAt    *time.Time     `json:"known_at,omitempty"`
	Result     string         `json:"result,omitempty" enum:"conversions,leads,clicks" doc:"What counts as a result: by the objective, or clicks where there is too little of that."`
	Items      []reviewedBody `json:"items" doc:"Every area, in the same order; none of a campaign that has not been launched, or is over."`
}

type reviewedBody struct {
	Area     optimization.Area      `json:"area" enum:"engagement,efficiency,bids,pacing,creatives,audiences"`
	Standing optimization.Standing  `json:"standing" enum:"fine,attention,too_little,no_goal"`
	Reason   string                 `json:"reason" enum:"sample,goal,within,worse,no_bid,no_plan,under,over,nothing_better,suggested" doc:"Suggested: see GET /campaigns/{id}/suggestions."`
	Text     string                 `json:"text"`
	Value    *optimization.Estimate `json:"value,omitempty" doc:"With its 80 % interval: rates of events are Gamma distributed, n + 1/2 over the exposure. A bid and what was spent are known, and have none."`
	Goal     *float64               `json:"goal,omitempty"`
	Unit     string                 `json:"unit" enum:"money,fraction,"`
	Of       string                 `json:"sample_of" enum:"results,clicks,days,creatives"`
	Sample   int64                  `json:"sample"`
	Minimum  int64                  `json:"minimum_sample"`
}

func (s *Server) getReview(ctx context.Context, in *struct {
	ByID
	Lang           string `query:"lang" enum:"en,es" doc:"Of the sentences; what Accept-Language prefers unless given."`
	AcceptLanguage string `header:"Accept-Language"`
}) (*plain[reviewBody], error) {
	r, err := s.Optimizer.Review(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	lang := cmp.Or(in.Lang, preferred(in.AcceptLanguage))
	b := reviewBody{CampaignID: in.ID, Items: []reviewedBody{}, Result: r.Result, Currency: string(r.Currency)}
	if !r.KnownAt.IsZero() {
		b.From, b.To, b.KnownAt = &r.From, &r.To, &r.KnownAt
	}
	for _, a := range r.Areas {
		b.Items = append(b.Items, reviewedBody{a.Area, a.Standing, a.Reason, a.Say(optimization.Plain(lang), r.Currency), a.Value, a.Against, a.Unit, a.Of, a.Sample, a.Minimum})
	}
	return &plain[reviewBody]{b}, nil
}
