package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hexabuilders/campaignd/internal/auth"
)

// SignIn is what can be set of the identity providers whose tokens are taken
// beside API keys.
type SignIn struct {
	OIDCIssuers      string `name:"oidc-issuers" placeholder:"LIST" help:"OpenID Connect issuers whose tokens (JWT) are accepted, separated by semicolons: https://login.example.com, or https://login.acme.example=PARTNER for one that speaks for that partner alone."`
	OIDCAudience     string `name:"oidc-audience" default:"campaignd" help:"What the tokens' aud has to contain."`
	OIDCPartnerClaim string `name:"oidc-partner-claim" default:"partner_id" help:"The claim with the partner's id; a.b is b inside a."`
	OIDCRoleClaim    string `name:"oidc-role-claim" default:"roles" help:"The claim with the role or roles, of which the mightiest counts."`
	OIDCRoles        string `name:"oidc-roles" placeholder:"MAP" help:"What the claim's names mean, as platform-team=admin; marketing=manager. Without it roles go by their own names and nobody is an administrator."`
}

func (c SignIn) check() error {
	if _, err := auth.ParseIssuers(c.OIDCIssuers); err != nil {
		return fmt.Errorf("oidc-issuers: %w", err)
	}
	if _, err := auth.ParseRoles(c.OIDCRoles); err != nil {
		return fmt.Errorf("oidc-roles: %w", err)
	}
	if strings.TrimSpace(c.OIDCIssuers) != "" && (c.OIDCAudience == "" || c.OIDCPartnerClaim == "" || c.OIDCRoleClaim == "") {
		return errors.New("oidc-audience, oidc-partner-claim and oidc-role-claim: tokens cannot be read without them; the usual are campaignd, partner_id and roles")
	}
	return nil
}

// newAuthenticator takes keys and sessions, and tokens where issuers are set.
func (a *App) newAuthenticator() auth.Authenticator {
	who := auth.Authenticator{Keys: a.services.partners, Sessions: a.services.sessions}
	issuers, _ := auth.ParseIssuers(a.cfg.OIDCIssuers) // New has validated both
	roles, _ := auth.ParseRoles(a.cfg.OIDCRoles)
	if len(issuers) > 0 {
		a.tokens = auth.NewTokens(auth.TokenConfig{
			Issuers: issuers, Audience: a.cfg.OIDCAudience, Now: a.cfg.clock(),
			Claims: auth.Claims{Partner: a.cfg.OIDCPartnerClaim, Role: a.cfg.OIDCRoleClaim, Roles: roles},
		}, a.services.partners)
		who.Tokens = a.tokens
	}
	return who
}
