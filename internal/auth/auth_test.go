package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hexabuilders/campaignd/partners"
)

// known is the one secret of a kind.
type known struct {
	secret string
	who    partners.Principal
}

func (k known) Authenticate(_ context.Context, secret string) (partners.Principal, error) {
	if secret != k.secret {
		return partners.Principal{}, partners.ErrUnauthorized
	}
	return k.who, nil
}

func TestAuthenticate(t *testing.T) {
	key := partners.Principal{Role: partners.RoleManager, Name: "key"}
	session := partners.Principal{Role: partners.RoleAnalyst, Name: "session"}
	a := Authenticator{Keys: known{"k", key}, Sessions: known{"s", session}}
	for _, tc := range []struct {
		name, header, cookie string
		want                 partners.Principal
		refused              bool
	}{
		{"key", "Bearer k", "", key, false},
		{"scheme in any case", "bearer k", "", key, false},
		{"session", "", "s", session, false},
		{"header before cookie", "Bearer k", "s", key, false},
		{"a wrong key is not saved by a cookie", "Bearer x", "s", partners.Principal{}, true},
		{"a session token is no key", "Bearer s", "", partners.Principal{}, true},
		{"another scheme", "Basic k", "", partners.Principal{}, true},
		{"nothing", "", "", partners.Principal{}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if tc.header != "" {
				r.Header.Set("Authorization", tc.header)
			}
			if tc.cookie != "" {
				r.AddCookie(&http.Cookie{Name: CookieName, Value: tc.cookie})
			}
			got, err := a.Authenticate(r)
			if got != tc.want || errors.Is(err, partners.ErrUnauthorized) != tc.refused {
				t.Fatalf("got %+v, %v", got, err)
			}
		})
	}
}
