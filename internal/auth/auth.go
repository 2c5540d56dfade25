// Package auth finds out who sent a request, from its API key or, in a
// browser, from its session cookie.
package auth

import (
	"context"
	"net/http"
	"strings"

	"github.com/hexabuilders/campaignd/partners"
)

// CookieName is the dashboard's session cookie.
const CookieName = "campaignd_session"

// Secrets turns a secret into who it belongs to: partners.Service for keys,
// partners.Sessions for the tokens of sessions.
type Secrets interface {
	Authenticate(ctx context.Context, secret string) (partners.Principal, error)
}

// Authenticator reads credentials from requests.
type Authenticator struct {
	Keys     Secrets
	Sessions Secrets
}

// Authenticate prefers the Authorization header to the cookie. Without either
// the error is partners.ErrUnauthorized. A cookie is only as good as the guard
// against requests from other sites that stands before every handler.
func (a Authenticator) Authenticate(r *http.Request) (partners.Principal, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return partners.Principal{}, partners.ErrUnauthorized
		}
		return a.Keys.Authenticate(r.Context(), strings.TrimSpace(secret))
	}
	if cookie, err := r.Cookie(CookieName); err == nil {
		return a.Sessions.Authenticate(r.Context(), cookie.Value)
	}
	return partners.Principal{}, partners.ErrUnauthorized
}
