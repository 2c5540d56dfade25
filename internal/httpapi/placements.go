package httpapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
)

func (s *Server) registerPlacements() {
	read, write := partners.ActionRead, partners.ActionWriteCampaigns
	route(s, operation(http.MethodPost, "/campaigns/{id}/placements", "place-campaign", "Run a campaign on an ad account; from then on the platform follows the campaign", write, http.StatusCreated), s.placeCampaign)
	route(s, operation(http.MethodGet, "/campaigns/{id}/placements", "list-placements", "List where a campaign runs, with every object that it has there", read, http.StatusOK), s.listPlacements)
	const at = "/placements/{id}"
	route(s, operation(http.MethodGet, at, "get-placement", "Read one placement of a campaign", read, http.StatusOK), s.getPlacement)
	route(s, operation(http.MethodDelete, at, "end-placement", "Take a campaign from an ad account: what runs there is stopped, and then the placement ends", write, http.StatusAccepted), s.endPlacement)
	route(s, operation(http.MethodPost, at+"/resolve", "resolve-placement", "Decide about an object whose creation is unknown, in conflict or refused", write, http.StatusOK), s.resolvePlacement)
}

type newPlacement struct {
	AdAccount uuid.UUID `json:"ad_account_id" format:"uuid"`
	Percent   int       `json:"budget_percent,omitempty" minimum:"1" maximum:"100" doc:"The part of the campaign's limit that this platform may spend; all of a campaign's placements together have 100 at most. 100 without it."`
}

func (s *Server) placeCampaign(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body newPlacement
}) (*created[platforms.PlacementState], error) {
	state, err := s.Platforms.Place(ctx, by(ctx), platforms.NewPlacement{
		ID: reservedID(ctx), Campaign: in.ID, Account: in.Body.AdAccount, Percent: cmp.Or(in.Body.Percent, 100), ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return &created[platforms.PlacementState]{Base + "/placements/" + state.ID.String(), etag(state.Revision), state}, nil
}

// placementQuery asks for the placements of a campaign or an account.
type placementQuery struct {
	ByID
	Page
	Projected
}

func (s *Server) listPlacements(ctx context.Context, in *placementQuery) (*plain[list[partial[platforms.PlacementState]]], error) {
	c, err := s.Campaigns.Get(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return s.placements(ctx, platforms.Whose{Campaign: c.State().ID}, in)
}

func (s *Server) listAccountPlacements(ctx context.Context, in *placementQuery) (*plain[list[partial[platforms.PlacementState]]], error) {
	a, err := s.Platforms.Account(ctx, by(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return s.placements(ctx, platforms.Whose{Account: a.ID}, in)
}

func (s *Server) placements(ctx context.Context, q platforms.Whose, in *placementQuery) (*plain[list[partial[platforms.PlacementState]]], error) {
	all, err := s.Platforms.PlacementsOf(ctx, by(ctx).Partner, q)
	if err != nil {
		return nil, err
	}
	return pageOf(s, all, in.Page, func(p platforms.PlacementState) string { return p.ID.String() }, same, in.Fields)
}

func foundPlacement(state platforms.PlacementState, err error) (*found[platforms.PlacementState], error) {
	if err != nil {
		return nil, err
	}
	return &found[platforms.PlacementState]{etag(state.Revision), state}, nil
}

func (s *Server) getPlacement(ctx context.Context, in *ByID) (*found[platforms.PlacementState], error) {
	return foundPlacement(s.Platforms.Placement(ctx, by(ctx).Partner, in.ID))
}

func (s *Server) endPlacement(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
}) (*found[platforms.PlacementState], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return foundPlacement(s.Platforms.End(ctx, by(ctx), in.ID, revision, in.ValidateOnly))
}

type resolutionBody struct {
	Object     string           `json:"object" minLength:"1" maxLength:"300" doc:"The key of one of the placement's objects." example:"campaign"`
	Action     platforms.Action `json:"action" enum:"adopt,release,retry" doc:"adopt: external_id is the one, and others with our reference are stopped. release: it does not exist there and may be created again. retry: send again what was refused."`
	ExternalID string           `json:"external_id,omitempty" maxLength:"100" doc:"Of adopt."`
}

func (s *Server) resolvePlacement(ctx context.Context, in *struct {
	ByID
	MayMatch
	Write
	Retryable
	Body resolutionBody
}) (*found[platforms.PlacementState], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	b := in.Body
	return foundPlacement(s.Platforms.Resolve(ctx, by(ctx), in.ID, revision, platforms.Resolution{
		Key: b.Object, Action: b.Action, External: b.ExternalID, ValidateOnly: in.ValidateOnly,
	}))
}
