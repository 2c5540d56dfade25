package auth

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// Skew is how far an issuer's clock may be ahead of or behind this one's.
const Skew = time.Minute

// maxToken is the longest token that is looked at, in bytes.
const maxToken = 16 << 10

// algorithms are signatures by a private key. Those by a shared secret (HS256)
// and "none" are not among them: a public key, which everybody has, would serve
// as the secret of the first, and the second is no signature.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// types are what a token's header may call it. An issuer signs other things
// with the same keys (logout tokens, security events), and none of them says
// that its bearer may do something.
var types = []string{"", "JWT", "AT+JWT"}

var (
	// ErrToken refuses a token, and says why: unlike a key, it can be read by
	// whoever holds it, so that the reason gives nothing away.
	ErrToken = fault.New(fault.Unauthorized, "invalid_token",
		"The token is not valid.", "Get a new one from your identity provider, or send an API key.")

	// ErrIssuer says that nothing can be said of a token, since its issuer's
	// keys have never been read or were read too long ago.
	ErrIssuer = fault.New(fault.Unavailable, "issuer_unavailable",
		"The keys of the token's issuer cannot be had at the moment.", "Try again in a few seconds, or send an API key.").After(retryAfter)
)

// TokenConfig is how tokens are read.
type TokenConfig struct {
	Issuers  []Issuer
	Audience string // what a token's aud has to contain
	Claims   Claims
	Now      func() time.Time
	Client   *http.Client // nil is one with limits of its own
}

// Issuer is an OpenID Connect provider that is believed.
type Issuer struct {
	URL string // as it stands in its tokens' iss, to the byte
	// Partner is the only one that its tokens can speak for; with uuid.Nil they
	// name one, and may be an administrator's.
	Partner uuid.UUID
}

// Recognizer gives an identity its place: partners.Service.
type Recognizer interface {
	Recognize(context.Context, partners.Identity) (partners.Principal, error)
}

// Tokens authenticates by JSON Web Tokens of configured issuers.
type Tokens struct {
	config  TokenConfig
	people  Recognizer
	issuers map[string]*issuer
}

// issuer is a configured one with its keys.
type issuer struct {
	Issuer
	keys *keyring
}

// NewTokens reads nothing yet: an issuer that is down does not keep the service
// from starting. Run keeps the keys fresh.
func NewTokens(config TokenConfig, people Recognizer) *Tokens {
	if config.Client == nil {
		config.Client = newClient()
	}
	t := &Tokens{config: config, people: people, issuers: map[string]*issuer{}}
	for _, i := range config.Issuers {
		t.issuers[i.URL] = &issuer{i, newKeyring(i.URL, config.Client, config.Now)}
	}
	return t
}

// Run reads every issuer's keys now and again and again, until ctx ends.
func (t *Tokens) Run(ctx context.Context) error {
	var all errgroup.Group
	for _, i := range t.issuers {
		all.Go(func() error { return i.keys.Run(ctx) })
	}
	return all.Wait()
}

// Check is an error that names the issuers whose keys could not be read when
// they were last asked for.
func (t *Tokens) Check(context.Context) error {
	var failed []error
	for _, i := range t.config.Issuers {
		failed = append(failed, t.issuers[i.URL].keys.failure())
	}
	return errors.Join(failed...)
}

// isToken tells a JSON Web Token from a key: a JSON object begins with {", which
// in base64url is eyJ.
func isToken(secret string) bool {
	return strings.HasPrefix(secret, "eyJ") && strings.Count(secret, ".") == 2
}

// Authenticate verifies a token and finds who it speaks for. The errors are
// ErrToken, ErrIssuer and partners.ErrNotMapped.
func (t *Tokens) Authenticate(ctx context.Context, raw string) (partners.Principal, error) {
	if len(raw) > maxToken {
		return partners.Principal{}, refused("too_long", "The token has %d bytes; at most %d are read.", len(raw), maxToken)
	}
	signed, err := jose.ParseSigned(raw, algorithms)
	if err != nil || strings.ContainsAny(raw, " \t\r\n") { // which the library would overlook
		return partners.Principal{}, refused("malformed", "It is no JSON Web Token that is signed with one of %s.", strings.Join(names(algorithms), ", "))
	}
	from, err := t.issuer(signed)
	if err != nil {
		return partners.Principal{}, err
	}
	keys, err := from.keys.find(ctx, signed.Signatures[0].Header)
	if err != nil {
		return partners.Principal{}, err
	}
	token, err := t.verify(ctx, raw, from.URL, keys)
	if err != nil {
		return partners.Principal{}, err
	}
	who, err := t.config.Claims.identity(token, from.Issuer)
	if err != nil {
		return partners.Principal{}, err
	}
	return t.people.Recognize(ctx, who)
}

// issuer is the configured one that the token, which nobody has verified yet,
// says it is from: what it says decides only whose keys have to have signed it.
func (t *Tokens) issuer(signed *jose.JSONWebSignature) (*issuer, error) {
	typ, _ := signed.Signatures[0].Header.ExtraHeaders[jose.HeaderType].(string)
	if kind := strings.TrimPrefix(strings.ToUpper(typ), "APPLICATION/"); !slices.Contains(types, kind) {
		return nil, refused("type", "Its type is %q; a token that says who somebody is has JWT or at+jwt.", typ)
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return nil, refused("malformed", "What it carries is no JSON object of claims.")
	}
	from, ok := t.issuers[claims.Issuer]
	if !ok {
		return nil, refused("issuer", "Its issuer %q is none that this service believes.", claims.Issuer)
	}
	return from, nil
}

// verify checks signature, issuer, audience and time.
func (t *Tokens) verify(ctx context.Context, raw, issuer string, keys []crypto.PublicKey) (*oidc.IDToken, error) {
	token, err := oidc.NewVerifier(issuer, &oidc.StaticKeySet{PublicKeys: keys}, &oidc.Config{
		ClientID: t.config.Audience, SupportedSigningAlgs: names(algorithms),
		Now:               func() time.Time { return t.config.Now().Add(-Skew) },
		SkipClientIDCheck: true, // below, so that its refusal says so
	}).Verify(ctx, raw)
	if expired := (*oidc.TokenExpiredError)(nil); errors.As(err, &expired) {
		return nil, refused("expired", "It expired at %s.", expired.Expiry.UTC().Format(time.RFC3339))
	}
	switch {
	case err != nil:
		return nil, refused("signature", "Its signature or its times do not hold.").Wrap(err)
	case !slices.Contains(token.Audience, t.config.Audience):
		return nil, refused("audience", "It is meant for %q; this service is %q.", token.Audience, t.config.Audience)
	case token.Subject == "":
		return nil, refused("subject", "It does not say whom it speaks of (sub).")
	}
	return token, nil
}

// refused is ErrToken with its reason, for a program and for a person.
func refused(reason, format string, args ...any) *fault.Error {
	return ErrToken.With("The token is not valid. "+format, args...).WithExtra("reason", reason)
}

func names(all []jose.SignatureAlgorithm) []string {
	found := make([]string, len(all))
	for i, a := range all {
		found[i] = string(a)
	}
	return found
}
