package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/overlap"
)

func (s *Server) registerOverlap() {
	op := operation(http.MethodPost, "/audiences/overlap", "audience-overlap", "What audiences, configurations or campaigns have in common", partners.ActionRead, http.StatusOK)
	op.Description += " Of audiences the sizes are exact, of the sets of their members. Of configurations, and of the targeting of campaigns, they are estimates on the population that reach is estimated on, with the range that holds them in 80 of 100 cases; the union of campaigns is their deduplicated reach."
	route(s, op, s.audienceOverlap)
}

type overlapQuestion struct {
	Audiences      []uuid.UUID               `json:"audiences,omitempty" maxItems:"10" doc:"2 to 10 audiences."`
	Configurations []targeting.Configuration `json:"configurations,omitempty" maxItems:"10" doc:"Or 2 to 10 configurations."`
	Campaigns      []uuid.UUID               `json:"campaigns,omitempty" maxItems:"10" doc:"Or 2 to 10 campaigns, by their targeting."`
}

type overlapAnswer struct {
	Method       string         `json:"method" enum:"exact,population_model"`
	Error        float64        `json:"error" doc:"Relative error of the sizes: 0 when they are exact. Of estimates, half the width of the union's range."`
	Items        []overlapItem  `json:"items" doc:"In the order of the question."`
	Pairs        []overlapPair  `json:"pairs" doc:"Each two once."`
	Intersection int64          `json:"intersection" doc:"People in all of them."`
	Union        int64          `json:"union" doc:"People in any, everybody once."`
	UnionRange   *overlapBounds `json:"union_range,omitempty"`
	Assumptions  []string       `json:"assumptions" doc:"What the estimates of what they share rest on; none where people are counted."`
}

type overlapItem struct {
	ID    *uuid.UUID     `json:"id,omitempty" doc:"Of the audience or campaign."`
	Name  string         `json:"name,omitempty"`
	Size  int64          `json:"size"`
	Range *overlapBounds `json:"range,omitempty"`
	Only  int64          `json:"only" doc:"People in this one and no other."`

	Assumptions []string `json:"assumptions" doc:"What its own estimate rests on; none where people are counted."`
}

type overlapPair struct {
	A            int            `json:"a" doc:"Place in items, from 0."`
	B            int            `json:"b"`
	Intersection int64          `json:"intersection"`
	Range        *overlapBounds `json:"range,omitempty"`
	Union        int64          `json:"union"`
	ShareOfA     *float64       `json:"share_of_a" doc:"The part of a that is in b too, a fraction; null of nobody."`
	ShareOfB     *float64       `json:"share_of_b"`
	Jaccard      *float64       `json:"jaccard" doc:"Intersection over union."`
	Similarity   *float64       `json:"similarity,omitempty" doc:"Of two configurations: how alike their words are, demographics .3, geography .2, interests .3, professional .2."`
}

type overlapBounds struct {
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

func (s *Server) audienceOverlap(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body overlapQuestion
}) (*plain[overlapAnswer], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	kinds := 0
	for path, n := range map[string]int{"audiences": len(b.Audiences), "configurations": len(b.Configurations), "campaigns": len(b.Campaigns)} {
		if n > 0 {
			kinds++
		}
		if n == 1 {
			return nil, fault.ErrInvalid.WithFields(fault.Field{Path: path, Code: "too_few", Detail: "One alone has nothing in common.", Allow: "2 to 10"})
		}
	}
	if kinds != 1 {
		return nil, fault.ErrInvalid.WithFields(fault.Field{Path: "audiences", Code: "one_of", Detail: "Say what is compared.", Allow: "exactly one of audiences, configurations and campaigns"})
	}
	var answer overlapAnswer
	switch {
	case len(b.Audiences) > 0:
		answer, err = s.overlapOfAudiences(ctx, author.Partner, b.Audiences)
	case len(b.Configurations) > 0:
		answer, err = s.overlapOfConfigurations(ctx, author.Partner, make([]overlapItem, len(b.Configurations)), b.Configurations)
	default:
		answer, err = s.overlapOfCampaigns(ctx, author, b.Campaigns)
	}
	return &plain[overlapAnswer]{answer}, err
}

func (s *Server) overlapOfAudiences(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (overlapAnswer, error) {
	var wrong fault.Fields
	items, sets := make([]overlapItem, len(ids)), make([]*roaring.Bitmap, len(ids))
	for i, id := range ids {
		state, members, err := s.Audiences.Members(ctx, partner, id)
		if errors.Is(err, audience.ErrNotFound) {
			wrong.Add(fmt.Sprintf("audiences[%d]", i), audience.ErrNotFound.Code, "There is no such audience.", "ids of the partner's audiences")
			continue
		}
		if err != nil {
			return overlapAnswer{}, err
		}
		items[i], sets[i] = overlapItem{ID: &ids[i], Name: state.Name}, members
	}
	if err := wrong.Err(); err != nil {
		return overlapAnswer{}, err
	}
	return describeOverlap("exact", items, overlap.OfSets(sets)), nil
}

func (s *Server) overlapOfConfigurations(ctx context.Context, partner uuid.UUID, items []overlapItem, all []targeting.Configuration) (overlapAnswer, error) {
	model, err := s.Reach.Model(ctx, partner, all)
	if err != nil {
		return overlapAnswer{}, err
	}
	r, err := overlap.OfConfigurations(model, all)
	return describeOverlap("population_model", items, r), err
}

func (s *Server) overlapOfCampaigns(ctx context.Context, by event.Origin, ids []uuid.UUID) (overlapAnswer, error) {
	var wrong fault.Fields
	items, all := make([]overlapItem, len(ids)), make([]targeting.Configuration, len(ids))
	for i, id := range ids {
		path := fmt.Sprintf("campaigns[%d]", i)
		c, err := s.Campaigns.Get(ctx, by, id)
		switch {
		case errors.Is(err, campaigns.ErrNotFound):
			wrong.Add(path, "campaign_not_found", "There is no such campaign.", "ids of the partner's campaigns")
			continue
		case err != nil:
			return overlapAnswer{}, err
		}
		state := c.State()
		if state.Targeting == nil {
			wrong.Add(path, "no_targeting", "The campaign has no targeting yet.", "campaigns with a targeting")
			continue
		}
		items[i], all[i] = overlapItem{ID: &ids[i], Name: state.Name}, *state.Targeting
	}
	if err := wrong.Err(); err != nil {
		return overlapAnswer{}, err
	}
	return s.overlapOfConfigurations(ctx, by.Partner, items, all)
}

func describeOverlap(method string, items []overlapItem, r overlap.Result) overlapAnswer {
	bounds := func(c overlap.Count) *overlapBounds {
		if method == "exact" {
			return nil
		}
		return &overlapBounds{c.Low, c.High}
	}
	out := overlapAnswer{
		Method: method, Items: items, Pairs: make([]overlapPair, len(r.Pairs)), Intersection: r.Intersection.Mid, Union: r.Union.Mid, UnionRange: bounds(r.Union),
		Assumptions: append([]string{}, r.Assumptions...),
	}
	if r.Union.Mid > 0 {
		out.Error = float64(r.Union.High-r.Union.Low) / 2 / float64(r.Union.Mid)
	}
	for i := range r.Sizes {
		items[i].Size, items[i].Range, items[i].Only = r.Sizes[i].Mid, bounds(r.Sizes[i]), r.Only[i].Mid
		items[i].Assumptions = []string{}
		if r.OfEach != nil {
			items[i].Assumptions = r.OfEach[i]
		}
	}
	share := func(p overlap.Pair, size overlap.Count) *float64 {
		if part, ok := p.Share(size); ok {
			return &part
		}
		return nil
	}
	for i, p := range r.Pairs {
		out.Pairs[i] = overlapPair{
			A: p.A, B: p.B, Intersection: p.Intersection.Mid, Range: bounds(p.Intersection), Union: p.Union.Mid,
			ShareOfA: share(p, r.Sizes[p.A]), ShareOfB: share(p, r.Sizes[p.B]), Jaccard: share(p, p.Union), Similarity: p.Similarity,
		}
	}
	return out
}
