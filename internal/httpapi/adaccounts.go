package httpapi

import (
	"context"
	"net/http"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/platforms"
)

func (s *Server) registerAdAccounts() {
	read, manage := partners.ActionRead, partners.ActionManagePlatforms
	const at = "/ad-accounts"
	route(s, operation(http.MethodPost, at, "connect-ad-account", "Connect an account at an ad platform; the platform is asked for it before it is kept", manage, http.StatusCreated), s.connectAdAccount)
	route(s, operation(http.MethodGet, at, "list-ad-accounts", "List connected ad accounts, the newest first", read, http.StatusOK), s.listAdAccounts)
	route(s, operation(http.MethodGet, at+"/{id}", "get-ad-account", "Read an ad account with its last pull, without its token", read, http.StatusOK), s.getAdAccount)
	route(s, operation(http.MethodPatch, at+"/{id}", "change-ad-account", "Give an ad account a new token or other settings; the platform is asked before", manage, http.StatusOK), s.changeAdAccount)
	route(s, operation(http.MethodDelete, at+"/{id}", "disconnect-ad-account", "Forget an ad account and its token; no campaign may be placed on it", manage, http.StatusNoContent), s.disconnectAdAccount)
	route(s, operation(http.MethodPost, at+"/{id}/pull", "pull-ad-account", "Pull delivery of the last 28 days now rather than at the next turn", manage, http.StatusAccepted), s.pullAdAccount)
	route(s, operation(http.MethodGet, at+"/{id}/placements", "list-ad-account-placements", "List the campaigns on an ad account, the newest first", read, http.StatusOK), s.listAccountPlacements)
	s.registerAccountInterests()
	s.registerPlacements()
}

type credentialsBody struct {
	Token          string `json:"token" minLength:"1" maxLength:"2000" doc:"Meta: an access token of a system user. Google: a refresh token." example:"EAAB..."`
	ClientID       string `json:"client_id,omitempty" maxLength:"500" doc:"Google: of the program that the refresh token was given to."`
	ClientSecret   string `json:"client_secret,omitempty" maxLength:"500" doc:"Google: its secret."`
	DeveloperToken string `json:"developer_token,omitempty" maxLength:"200" doc:"Google: from the API Center of a manager account."`
}

func (b credentialsBody) secret() platforms.Credentials {
	return platforms.Credentials{Token: b.Token, ClientID: b.ClientID, ClientSecret: b.ClientSecret, DeveloperToken: b.DeveloperToken}
}

type platformSettings struct {
	Website   string `json:"website,omitempty" maxLength:"2000" doc:"Where ads lead to whose creative is a picture or a video." example:"https://andes-outdoor.example/"`
	Page      string `json:"page_id,omitempty" maxLength:"40" doc:"Meta: the page that ads speak for." example:"104000000000001"`
	Pixel     string `json:"pixel_id,omitempty" maxLength:"40" doc:"Meta: the pixel that counts conversions; without it, campaigns for sales are delivered for clicks."`
	Login     string `json:"login_customer_id,omitempty" maxLength:"20" doc:"Google: the manager account that the token is for, when it is not the account itself."`
	Landscape string `json:"landscape_asset,omitempty" maxLength:"20" pattern:"^[0-9]*$" doc:"Google: the number of a picture of 1.91:1 in the account's asset library. Display ads are made with it."`
	Square    string `json:"square_asset,omitempty" maxLength:"20" pattern:"^[0-9]*$" doc:"Google: the number of one of 1:1."`
}

func (b platformSettings) settings() platforms.Settings {
	return platforms.Settings{Website: b.Website, Page: b.Page, Pixel: b.Pixel, Login: b.Login, Landscape: b.Landscape, Square: b.Square}
}

type newAdAccount struct {
	Platform    platforms.Platform `json:"platform" enum:"meta_ads,google_ads"`
	ExternalID  string             `json:"external_id" maxLength:"40" doc:"The account's number at the platform." example:"act_1000200030004000"`
	Credentials credentialsBody    `json:"credentials" doc:"Kept encrypted, and never shown again."`
	Settings    platformSettings   `json:"settings"`
}

func (s *Server) connectAdAccount(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body newAdAccount
}) (*created[platforms.AdAccountState], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	state, err := s.Platforms.Connect(ctx, author, platforms.NewAccount{
		ID: reservedID(ctx), Partner: author.Partner, Platform: b.Platform, External: b.ExternalID, Settings: b.Settings.settings(),
		Secret: b.Credentials.secret(), ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return &created[platforms.AdAccountState]{Base + "/ad-accounts/" + state.ID.String(), etag(state.Revision), state}, nil
}

func (s *Server) listAdAccounts(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
}) (*plain[list[partial[platforms.AdAccountState]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	all, err := s.Platforms.List(ctx, partner)
	if err != nil {
		return nil, err
	}
	return pageOf(s, all, in.Page, func(a platforms.AdAccountState) string { return a.ID.String() }, same, in.Fields)
}

func foundAdAccount(state platforms.AdAccountState, err error) (*found[platforms.AdAccountState], error) {
	if err != nil {
		return nil, err
	}
	return &found[platforms.AdAccountState]{etag(state.Revision), state}, nil
}

func (s *Server) getAdAccount(ctx context.Context, in *ByID) (*found[platforms.AdAccountState], error) {
	return foundAdAccount(s.Platforms.Account(ctx, by(ctx).Partner, in.ID))
}

type adAccountPatch struct {
	Credentials *credentialsBody  `json:"credentials,omitempty" doc:"In place of those that are kept. What has expired goes on from here."`
	Settings    *platformSettings `json:"settings,omitempty" doc:"In place of those that are kept, all of them."`
}

func (s *Server) changeAdAccount(ctx context.Context, in *struct {
	ByID
	IfMatch
	Write
	Body adAccountPatch
}) (*found[platforms.AdAccountState], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	patch := platforms.AccountPatch{ValidateOnly: in.ValidateOnly}
	if c := in.Body.Credentials; c != nil {
		secret := c.secret()
		patch.Secret = &secret
	}
	if p := in.Body.Settings; p != nil {
		settings := p.settings()
		patch.Settings = &settings
	}
	return foundAdAccount(s.Platforms.Change(ctx, by(ctx), in.ID, revision, patch))
}

func (s *Server) disconnectAdAccount(ctx context.Context, in *deletion) (*struct{}, error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	return nil, s.Platforms.Disconnect(ctx, by(ctx), in.ID, revision, in.ValidateOnly)
}

func (s *Server) pullAdAccount(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
}) (*found[platforms.AdAccountState], error) {
	if in.ValidateOnly {
		return foundAdAccount(s.Platforms.Account(ctx, by(ctx).Partner, in.ID))
	}
	return foundAdAccount(s.Platforms.PullNow(ctx, by(ctx), in.ID))
}
