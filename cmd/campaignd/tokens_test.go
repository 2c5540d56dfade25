package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// provider is an OpenID Connect provider on this machine.
type provider struct {
	*httptest.Server
	t   testing.TB
	key *ecdsa.PrivateKey
}

func newProvider(t testing.TB) *provider {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var body any = map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"}
		if r.URL.Path == "/keys" {
			body = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Use: "sig", Algorithm: "ES256"}}}
		}
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(p.Close)
	return p
}

// token is somebody's, valid for so long.
func (p *provider) token(life time.Duration, subject, partner string, roles ...string) string {
	p.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": "k"}})
	if err != nil {
		p.t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{
		"iss": p.URL, "aud": []string{"campaignd"}, "sub": subject, "name": subject, "exp": time.Now().Add(life).Unix(),
		"partner_id": partner, "groups": roles,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return raw
}

// People of an identity provider work with its tokens as others do with keys,
// through the whole program: their roles, their partner, their name in the
// history, and the second person who has to be another one.
func TestTokensOfAnIdentityProvider(t *testing.T) {
	idp := newProvider(t)
	p := start(t, t.TempDir(), "--oidc-issuers", idp.URL, "--oidc-role-claim", "groups",
		"--oidc-roles", "platform=admin; marketing=manager; board=approver; readers=analyst")
	operator := p.as(idp.token(time.Hour, "Olga", "", "platform"))
	partner := operator.must("POST", "/partners", map[string]any{"name": "Andes", "timezone": "America/Bogota", "currency": "USD"})["id"].(string)
	other := operator.must("POST", "/partners", map[string]any{"name": "Pampa", "timezone": "America/Bogota", "currency": "USD"})["id"].(string)

	ana := p.as(idp.token(time.Hour, "Ana", partner, "marketing", "readers"))
	campaign := ana.campaign("100.00", false)
	if got := ana.must("GET", "/campaigns/"+campaign, nil)["partner_id"]; got != partner {
		t.Errorf("the campaign is of %v", got)
	}
	if _, history, err := ana.try("GET", "/campaigns/"+campaign+"/history", nil); err != nil || !strings.Contains(string(history), `"name":"Ana"`) {
		t.Errorf("the history does not name her: %s, %v", history, err)
	}
	refused := func(token, method, path string, body any, status int, code string) {
		t.Helper()
		got, answer, err := p.as(token).try(method, path, body)
		if err != nil || got != status || !strings.Contains(string(answer), `"code":"`+code+`"`) {
			t.Errorf("%s %s: %d %s, %v; want %d %s", method, path, got, answer, err, status, code)
		}
	}
	refused(idp.token(time.Hour, "Eva", other, "marketing"), "GET", "/campaigns/"+campaign, nil, http.StatusNotFound, "campaign_not_found")
	refused(idp.token(time.Hour, "Leo", partner, "readers"), "POST", "/campaigns/"+campaign+"/cancel", map[string]any{"reason": "no"}, http.StatusForbidden, "role_not_allowed")
	refused(idp.token(time.Hour, "Max", partner, "others"), "GET", "/campaigns", nil, http.StatusForbidden, "identity_not_mapped")
	refused(idp.token(-time.Hour, "Ana", partner, "marketing"), "GET", "/campaigns", nil, http.StatusUnauthorized, "invalid_token")
	refused(newProvider(t).token(time.Hour, "Ana", partner, "marketing"), "GET", "/campaigns", nil, http.StatusUnauthorized, "invalid_token")

	budget := ana.must("GET", "/campaigns/"+campaign+"/budget", nil)["id"].(string)
	asked := ana.must("POST", "/budgets/"+budget+"/extra-spend", map[string]any{"amount": "50.00", "reason": "it sells"})["id"].(string)
	refused(idp.token(time.Hour, "Ana", partner, "board"), "POST", "/extra-spend/"+asked+"/approve", map[string]any{}, http.StatusForbidden, "same_person")
	p.as(idp.token(time.Hour, "Bruno", partner, "board")).must("POST", "/extra-spend/"+asked+"/approve", map[string]any{})
}

func TestSettingsOfIssuersThatCannotBe(t *testing.T) {
	for args, want := range map[string]string{
		"--oidc-issuers=http://login.example.com":           "oidc-issuers",
		"--oidc-issuers=https://login.example.com=acme":     "no partner's id",
		"--oidc-roles=marketing=boss":                       "oidc-roles",
		"--oidc-issuers=https://a.example --oidc-audience=": "oidc-audience",
	} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), append([]string{"config", "check"}, strings.Fields(args)...), &stdout, &stderr); code == 0 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: %d %s", args, code, stderr.String())
		}
	}
}
