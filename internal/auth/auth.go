// Package auth finds out who sent a request: from its API key, from a token of
// an OpenID Connect issuer or, in a browser, from its session cookie.
//
// What always holds of tokens:
//
//   - Nothing in a token is believed before its signature, by a key that its
//     issuer publishes, is verified; what it says of its issuer before that only
//     chooses whose keys these are.
//   - Signatures are by private keys only; neither "none" nor a shared secret.
//   - An issuer that is bound to a partner speaks for that partner alone, and
//     names no administrator.
//   - An issuer that is down costs its tokens nothing for a day: the keys at
//     hand stay. Without any, the answer is 503 and never 200.
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
// Tokens for those of issuers, partners.Sessions for those of sessions.
type Secrets interface {
	Authenticate(ctx context.Context, secret string) (partners.Principal, error)
}

// Authenticator reads credentials from requests.
type Authenticator struct {
	Keys     Secrets
	Tokens   Secrets // nil without issuers
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
		secret = strings.TrimSpace(secret)
		if a.Tokens != nil && isToken(secret) {
			return a.Tokens.Authenticate(r.Context(), secret)
		}
		return a.Keys.Authenticate(r.Context(), secret)
	}
	if cookie, err := r.Cookie(CookieName); err == nil {
		return a.Sessions.Authenticate(r.Context(), cookie.Value)
	}
	return partners.Principal{}, partners.ErrUnauthorized
}
