package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// issuing is an OpenID Connect provider on this machine, and a clock that
// stands still.
type issuing struct {
	testing.TB
	*httptest.Server

	mu    sync.Mutex
	now   time.Time
	keys  []jose.JSONWebKey // as it publishes them
	down  bool
	asked int           // for keys
	reads chan struct{} // closed when they are asked for first
	moved string        // what discovery says of itself, when not the truth
}

func newIssuer(t testing.TB) *issuing {
	i := &issuing{TB: t, reads: make(chan struct{}), now: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.answer(w, func() any {
			issuer := i.URL
			if i.moved != "" {
				issuer = i.moved
			}
			return map[string]any{"issuer": issuer, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}}
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.answer(w, func() any {
			if i.asked++; i.asked == 1 {
				close(i.reads)
			}
			return jose.JSONWebKeySet{Keys: i.keys}
		})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuing) answer(w http.ResponseWriter, body func() any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body())
}

func (i *issuing) clock() time.Time { i.mu.Lock(); defer i.mu.Unlock(); return i.now }

func (i *issuing) pass(d time.Duration) { i.mu.Lock(); defer i.mu.Unlock(); i.now = i.now.Add(d) }

func (i *issuing) outage(down bool) { i.mu.Lock(); defer i.mu.Unlock(); i.down = down }

func (i *issuing) fetches() int { i.mu.Lock(); defer i.mu.Unlock(); return i.asked }

// publish replaces what the issuer shows.
func (i *issuing) publish(keys ...jose.JSONWebKey) { i.mu.Lock(); defer i.mu.Unlock(); i.keys = keys }

// pair is a private key and what is published of it.
type pair struct {
	private crypto.Signer
	alg     jose.SignatureAlgorithm
	id      string
}

func (p pair) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: p.private.Public(), KeyID: p.id, Algorithm: string(p.alg), Use: "sig"}
}

func rsaPair(t testing.TB, id string, bits int) pair {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return pair{key, jose.RS256, id}
}

func ecPair(t testing.TB, id string) pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pair{key, jose.ES256, id}
}

// claims are those of a manager, with changes; nil takes one away.
func (i *issuing) claims(changes map[string]any) map[string]any {
	now := i.clock()
	all := map[string]any{
		"iss": i.URL, "sub": "ana", "aud": "campaignd", "name": "Ana Rojas", "partner_id": andes.String(), "roles": []string{"manager"},
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// sign is a token with these claims.
func sign(t testing.TB, key any, alg jose.SignatureAlgorithm, header map[jose.HeaderKey]any, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (p pair) sign(t testing.TB, claims any) string {
	t.Helper()
	return sign(t, p.private, p.alg, map[jose.HeaderKey]any{"kid": p.id, "typ": "JWT"}, claims)
}

var andes = uuid.MustParse("019ad0c5-0000-7000-8000-000000000001")

// register knows one partner; it answers as partners.Service does.
type register struct{}

func (register) Recognize(_ context.Context, i partners.Identity) (partners.Principal, error) {
	if i.Role != partners.RoleAdmin && i.Partner != andes {
		return partners.Principal{}, partners.ErrNotMapped
	}
	return partners.Principal{Partner: i.Partner, Role: i.Role, Name: i.Name}, nil
}

// tokens believes the issuer, for every partner.
func (i *issuing) tokens(change func(*TokenConfig)) *Tokens {
	c := TokenConfig{
		Issuers: []Issuer{{URL: i.URL}}, Audience: "campaignd", Now: i.clock,
		Claims: Claims{Partner: "partner_id", Role: "roles"},
	}
	if change != nil {
		change(&c)
	}
	return NewTokens(c, register{})
}

// reason is why a token was refused; "" when it was not, and the code of
// another refusal.
func reason(err error) string {
	f := fault.As(err)
	switch {
	case err == nil:
		return ""
	case f == nil:
		return "internal: " + err.Error()
	case f.Code != ErrToken.Code:
		return f.Code
	}
	text, _ := f.Extra["reason"].(string)
	return text
}
