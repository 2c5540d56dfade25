package httpapi

import (
	"context"
	"net/http"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
)

func (s *Server) registerAccountInterests() {
	manage := partners.ActionManagePlatforms
	const all = "/ad-accounts/{id}/interests"
	const one = all + "/{interest}"
	route(s, operation(http.MethodGet, all, "find-ad-account-interests", "Search the platform's own interests by name, and see which of the campaigns' are none of them yet", manage, http.StatusOK), s.findAccountInterests)
	route(s, operation(http.MethodPut, one, "choose-ad-account-interest", "Say which of the platform's interests one of the taxonomy is; campaigns on the account follow", manage, http.StatusOK), s.chooseAccountInterest)
	route(s, operation(http.MethodDelete, one, "forget-ad-account-interest", "Say that an interest of the taxonomy is none of the platform's; campaigns on the account follow", manage, http.StatusOK), s.forgetAccountInterest)
}

type accountInterests struct {
	Items   []platforms.PlatformInterest `json:"items" doc:"What the platform finds, the best first."`
	Unnamed []string                     `json:"unnamed" doc:"Interests of the IAB Audience Taxonomy that campaigns on the account are for and that are none of the platform's yet. While a campaign has one of them, none of its interests is said to the platform."`
}

func (s *Server) findAccountInterests(ctx context.Context, in *struct {
	ByID
	Words string `query:"q" maxLength:"100" doc:"Words of the interest's name; without them nothing is searched." example:"climbing"`
}) (*plain[accountInterests], error) {
	partner := by(ctx).Partner
	unnamed, err := s.Platforms.Unnamed(ctx, partner, in.ID)
	if err != nil {
		return nil, err
	}
	out := accountInterests{Items: []platforms.PlatformInterest{}, Unnamed: orEmpty(unnamed)}
	if in.Words != "" {
		if out.Items, err = s.Platforms.Interests(ctx, partner, in.ID, in.Words); err != nil {
			return nil, err
		}
	}
	return &plain[accountInterests]{out}, nil
}

// AccountInterest names an interest of the taxonomy on an account.
type AccountInterest struct {
	ByID
	MayMatch
	Write
	Interest string `path:"interest" maxLength:"20" doc:"An id of the IAB Audience Taxonomy." example:"410"`
}

type interestChoice struct {
	ID   string `json:"id" minLength:"1" maxLength:"30" pattern:"^[0-9]+$" doc:"The platform's." example:"6003106646578"`
	Name string `json:"name" minLength:"1" maxLength:"300" doc:"As the platform calls it." example:"Climbing"`
}

func (s *Server) chooseAccountInterest(ctx context.Context, in *struct {
	AccountInterest
	Body interestChoice
}) (*found[platforms.AdAccountState], error) {
	return s.means(ctx, in.AccountInterest, &platforms.PlatformInterest{ID: in.Body.ID, Name: in.Body.Name})
}

func (s *Server) forgetAccountInterest(ctx context.Context, in *struct{ AccountInterest }) (*found[platforms.AdAccountState], error) {
	return s.means(ctx, in.AccountInterest, nil)
}

func (s *Server) means(ctx context.Context, in AccountInterest, theirs *platforms.PlatformInterest) (*found[platforms.AdAccountState], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return foundAdAccount(s.Platforms.Means(ctx, by(ctx), in.ID, revision, in.Interest, theirs, in.ValidateOnly))
}
