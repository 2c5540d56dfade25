package auth

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
)

func TestATokenSpeaksForItsSubject(t *testing.T) {
	i := newIssuer(t)
	first, second := rsaPair(t, "first", 2048), ecPair(t, "second")
	i.publish(first.public(), second.public())
	tokens := i.tokens(nil)
	for _, key := range []pair{first, second} {
		who, err := tokens.Authenticate(t.Context(), key.sign(t, i.claims(nil)))
		want := partners.Principal{Partner: andes, Role: partners.RoleManager, Name: "Ana Rojas"}
		if err != nil || who != want {
			t.Errorf("%s: %+v, %v", key.alg, who, err)
		}
	}
	if n := i.fetches(); n != 1 {
		t.Errorf("the keys were read %d times", n)
	}
}

func TestWhatATokenMaySay(t *testing.T) {
	i := newIssuer(t)
	key := rsaPair(t, "k", 2048)
	i.publish(key.public())
	tokens := i.tokens(nil)
	now := i.clock()
	for _, tc := range []struct {
		name   string
		change map[string]any
		want   string
	}{
		{"as it should be", nil, ""},
		{"one audience of several", map[string]any{"aud": []string{"other", "campaignd"}}, ""},
		{"another audience", map[string]any{"aud": "other"}, "audience"},
		{"no audience", map[string]any{"aud": nil}, "audience"},
		{"an issuer nobody knows", map[string]any{"iss": "https://evil.example"}, "issuer"},
		{"no issuer", map[string]any{"iss": nil}, "issuer"},
		{"the issuer with a slash", map[string]any{"iss": i.URL + "/"}, "issuer"},
		{"no subject", map[string]any{"sub": nil}, "subject"},
		{"no expiry", map[string]any{"exp": nil}, "expired"},
		{"just expired, within the skew", map[string]any{"exp": now.Add(-Skew + time.Second).Unix()}, ""},
		{"expired beyond the skew", map[string]any{"exp": now.Add(-Skew - time.Second).Unix()}, "expired"},
		{"not yet, within the skew", map[string]any{"nbf": now.Add(Skew).Unix()}, ""},
		{"not yet", map[string]any{"nbf": now.Add(10 * time.Minute).Unix()}, "signature"},
		{"no role", map[string]any{"roles": nil}, "identity_not_mapped"},
		{"a role nobody knows", map[string]any{"roles": "god"}, "identity_not_mapped"},
		{"an administrator nobody named", map[string]any{"roles": "admin", "partner_id": nil}, "identity_not_mapped"},
		{"no partner", map[string]any{"partner_id": nil}, "identity_not_mapped"},
		{"a partner that is none", map[string]any{"partner_id": "andes"}, "identity_not_mapped"},
		{"a partner that is a number", map[string]any{"partner_id": 7}, "identity_not_mapped"},
		{"a partner that does not exist", map[string]any{"partner_id": uuid.NewString()}, "identity_not_mapped"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tokens.Authenticate(t.Context(), key.sign(t, i.claims(tc.change)))
			if got := reason(err); got != tc.want {
				t.Fatalf("%q (%v), want %q", got, err, tc.want)
			}
		})
	}
}

// Each of these is a known way to be believed without the issuer's private key.
func TestForgedTokens(t *testing.T) {
	i := newIssuer(t)
	genuine, other := rsaPair(t, "k", 2048), rsaPair(t, "k", 2048)
	encrypts, short := rsaPair(t, "encrypts", 2048).public(), rsaPair(t, "short", 1024)
	encrypts.Use = "enc"
	i.publish(genuine.public(), encrypts, short.public())
	tokens := i.tokens(nil)
	claims := i.claims(nil)
	good := genuine.sign(t, claims)
	parts := strings.Split(good, ".")
	der, err := x509.MarshalPKIXPublicKey(genuine.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	published := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	embedded := other.public()
	for _, tc := range []struct{ name, token, want string }{
		{"signed by somebody else", other.sign(t, claims), "signature"},
		{"none", text(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + ".", "malformed"},
		{"none, with a signature", text(`{"alg":"none","kid":"k"}`) + "." + parts[1] + "." + parts[2], "malformed"},
		{"the public key as a shared secret", sign(t, published, jose.HS256, map[jose.HeaderKey]any{"kid": "k"}, claims), "malformed"},
		{"other claims under the same signature", parts[0] + "." + text(`{"iss":"`+i.URL+`","sub":"eva","roles":"manager"}`) + "." + parts[2], "signature"},
		{"a key of its own in the header", sign(t, other.private, jose.RS256, map[jose.HeaderKey]any{"kid": "k", "jwk": embedded}, claims), "signature"},
		{"another algorithm than its key's", sign(t, genuine.private, jose.PS256, map[jose.HeaderKey]any{"kid": "k"}, claims), "key"},
		{"a key for encryption", sign(t, genuine.private, jose.RS256, map[jose.HeaderKey]any{"kid": "encrypts"}, claims), "key"},
		{"a key that is too short", short.sign(t, claims), "key"},
		{"a logout token", sign(t, genuine.private, jose.RS256, map[jose.HeaderKey]any{"kid": "k", "typ": "logout+jwt"}, claims), "type"},
		{"an access token", sign(t, genuine.private, jose.RS256, map[jose.HeaderKey]any{"kid": "k", "typ": "at+jwt"}, claims), ""},
		{"without the name of a key", sign(t, genuine.private, jose.RS256, nil, claims), ""},
		{"no object of claims", sign(t, genuine.private, jose.RS256, map[jose.HeaderKey]any{"kid": "k"}, []int{1}), "malformed"},
		{"a critical header nobody knows", text(`{"alg":"RS256","kid":"k","crit":["b64"],"b64":false}`) + "." + parts[1] + "." + parts[2], "signature"},
		{"with a space inside", parts[0] + " ." + parts[1] + "." + parts[2], "malformed"},
		{"too long", good + strings.Repeat("A", maxToken), "too_long"},
		{"no token at all", "eyJ..", "malformed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tokens.Authenticate(t.Context(), tc.token)
			if got := reason(err); got != tc.want {
				t.Fatalf("%q (%v), want %q", got, err, tc.want)
			}
		})
	}
}

func text(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestKeysThatChange(t *testing.T) {
	i := newIssuer(t)
	old, next := rsaPair(t, "old", 2048), rsaPair(t, "next", 2048)
	i.publish(old.public())
	tokens := i.tokens(nil)
	try := func(key pair, want string) {
		t.Helper()
		if _, err := tokens.Authenticate(t.Context(), key.sign(t, i.claims(nil))); reason(err) != want {
			t.Fatalf("%s: %v, want %q", key.id, err, want)
		}
	}
	try(old, "")
	i.publish(old.public(), next.public())
	try(next, "key") // the issuer was asked a moment ago
	i.pass(retryAfter)
	try(next, "")
	i.publish(next.public())
	try(old, "") // nobody has told us yet
	if err := tokens.issuers[i.URL].keys.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	try(old, "key")

	before := i.fetches()
	for range 50 { // made-up names of keys do not become requests to the issuer
		try(old, "key")
	}
	if n := i.fetches() - before; n > 1 {
		t.Errorf("fifty tokens with an unknown key asked the issuer %d times", n)
	}
}

func TestAnIssuerThatIsDown(t *testing.T) {
	i := newIssuer(t)
	key, unseen := rsaPair(t, "k", 2048), rsaPair(t, "unseen", 2048)
	i.publish(key.public())
	tokens := i.tokens(nil)
	try := func(key pair, want string) {
		t.Helper()
		if _, err := tokens.Authenticate(t.Context(), key.sign(t, i.claims(nil))); reason(err) != want {
			t.Fatalf("%v, want %q", err, want)
		}
	}
	i.outage(true)
	try(key, ErrIssuer.Code) // nothing is known yet, so nothing can be said
	if err := tokens.Check(t.Context()); err == nil || !strings.Contains(err.Error(), i.URL) {
		t.Errorf("the check says %v", err)
	}
	i.outage(false)
	try(key, ErrIssuer.Code) // it is left alone for a moment
	i.pass(retryAfter)
	try(key, "")
	if err := tokens.Check(t.Context()); err != nil {
		t.Errorf("the check says %v", err)
	}

	i.outage(true)
	i.pass(keepFor - time.Minute)
	try(key, "")
	try(unseen, "key")
	i.pass(time.Minute)
	try(key, ErrIssuer.Code) // too long ago to be believed
	i.outage(false)
	i.pass(retryAfter)
	try(key, "")
}

func TestAnIssuerThatSaysItIsAnother(t *testing.T) {
	i := newIssuer(t)
	key := rsaPair(t, "k", 2048)
	i.publish(key.public())
	i.moved = "https://login.example.com"
	if _, err := i.tokens(nil).Authenticate(t.Context(), key.sign(t, i.claims(nil))); reason(err) != ErrIssuer.Code {
		t.Fatalf("%v", err)
	}
}

func TestAnIssuerOfOnePartner(t *testing.T) {
	i := newIssuer(t)
	key := rsaPair(t, "k", 2048)
	i.publish(key.public())
	tokens := i.tokens(func(c *TokenConfig) {
		c.Issuers[0].Partner = andes
		c.Claims.Roles = map[string]partners.Role{"boss": partners.RoleAdmin, "ads": partners.RoleManager}
	})
	for _, tc := range []struct {
		name   string
		change map[string]any
		want   string
	}{
		{"its own partner", map[string]any{"roles": "ads"}, ""},
		{"without naming it", map[string]any{"roles": "ads", "partner_id": nil}, ""},
		{"another partner", map[string]any{"roles": "ads", "partner_id": uuid.NewString()}, "identity_not_mapped"},
		{"an administrator", map[string]any{"roles": "boss"}, "identity_not_mapped"},
		{"a role by its own name, which is not in the map", map[string]any{"roles": "manager"}, "identity_not_mapped"},
	} {
		_, err := tokens.Authenticate(t.Context(), key.sign(t, i.claims(tc.change)))
		if got := reason(err); got != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

// A key never goes to the issuers, and a token never to the store.
func TestKeysAndTokensGoTheirOwnWays(t *testing.T) {
	key, token := partners.Principal{Name: "key"}, partners.Principal{Name: "token"}
	jwt := "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"
	a := Authenticator{Keys: known{"cmk_0123456789", key}, Tokens: known{jwt, token}, Sessions: known{}}
	for secret, want := range map[string]partners.Principal{"cmk_0123456789": key, jwt: token} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		if got, err := a.Authenticate(r); err != nil || got != want {
			t.Errorf("%s: %+v, %v", secret, got, err)
		}
	}
}

func FuzzAuthenticateToken(f *testing.F) {
	i := newIssuer(f)
	key := rsaPair(f, "k", 2048)
	i.publish(key.public())
	tokens := i.tokens(nil)
	good := key.sign(f, i.claims(nil))
	f.Add(good)
	f.Add("eyJ..")
	f.Add(text(`{"alg":"none"}`) + "." + text(`{}`) + ".")
	f.Fuzz(func(t *testing.T, raw string) {
		// What is believed has to be signed by the key: the signature of the one
		// good token covers its first two parts, to the byte.
		if _, err := tokens.Authenticate(t.Context(), raw); err == nil && !strings.HasPrefix(raw, good[:strings.LastIndex(good, ".")]) {
			t.Fatalf("believed %q", raw)
		}
	})
}

func FuzzReadKeys(f *testing.F) {
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{ecPair(f, "k").public()}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(public))
	f.Add(`{"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"OKP","crv":"Ed25519"},{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		keys, _ := readKeys(strings.NewReader(document))
		for _, key := range keys {
			if long, ok := key.Key.(*rsa.PublicKey); !key.IsPublic() || ok && long.N.BitLen() < minModulus {
				t.Fatalf("took %+v", key)
			}
		}
	})
}

// Run reads the keys before anybody asks, and ends with its context.
func TestRunReadsTheKeysAtOnce(t *testing.T) {
	i := newIssuer(t)
	i.publish(ecPair(t, "k").public())
	tokens := i.tokens(nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- tokens.Run(ctx) }()
	select {
	case <-i.reads:
	case err := <-done:
		t.Fatalf("it ended: %v", err)
	}
	cancel()
	if err := <-done; err != nil || !tokens.issuers[i.URL].keys.believed() {
		t.Fatalf("%v, and the keys are not there", err)
	}
}

func BenchmarkAuthenticateToken(b *testing.B) {
	i := newIssuer(b)
	key := rsaPair(b, "k", 2048)
	i.publish(key.public())
	tokens := i.tokens(nil)
	raw := key.sign(b, i.claims(nil))
	for b.Loop() {
		if _, err := tokens.Authenticate(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}
