package auth

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// refreshEvery is how long a key that its issuer has withdrawn still holds.
	refreshEvery = 5 * time.Minute
	// keepFor is how long keys are believed while their issuer cannot be asked.
	keepFor = 24 * time.Hour
	// retryAfter is how long an issuer is left alone, after a failure and after
	// a token with a key that it did not have: whoever makes up names of keys
	// must not make us hammer it.
	retryAfter = 10 * time.Second
	// fetchTimeout bounds what a request waits for an issuer.
	fetchTimeout = 5 * time.Second
	// maxDocument bounds what an issuer may send, in bytes.
	maxDocument = 1 << 20
	// minModulus is the shortest RSA key that is believed, in bits.
	minModulus = 2048
)

// keyring is the public keys of one issuer, as it published them last.
type keyring struct {
	issuer string
	client *http.Client
	now    func() time.Time
	flight singleflight.Group

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	readAt  time.Time // when keys were read; zero is never
	triedAt time.Time
	failed  error // of the last try
}

func newKeyring(issuer string, client *http.Client, now func() time.Time) *keyring {
	return &keyring{issuer: issuer, client: client, now: now}
}

// Run reads the keys again and again until ctx ends.
func (k *keyring) Run(ctx context.Context) error {
	for {
		wait := refreshEvery
		if err := k.refresh(ctx); err != nil {
			wait = retryAfter
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// find is the keys that a token with this header may be signed with, one as a
// rule. A key that is not known is looked for at the issuer, which may have
// begun to use it since. The errors are ErrToken and ErrIssuer.
func (k *keyring) find(ctx context.Context, header jose.Header) ([]crypto.PublicKey, error) {
	if found := k.known(header); len(found) > 0 {
		return found, nil
	}
	k.lookAgain(ctx)
	if found := k.known(header); len(found) > 0 {
		return found, nil
	}
	if !k.believed() {
		return nil, ErrIssuer
	}
	return nil, refused("key", "It is signed with a key (%q, %s) that its issuer does not publish.", header.KeyID, header.Algorithm)
}

// known is what fits among the keys at hand, as long as they are believed.
func (k *keyring) known(header jose.Header) []crypto.PublicKey {
	if !k.believed() {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []crypto.PublicKey
	for _, key := range k.keys {
		named := header.KeyID == "" || key.KeyID == header.KeyID
		if named && (key.Algorithm == "" || key.Algorithm == header.Algorithm) {
			found = append(found, key.Key)
		}
	}
	return found
}

func (k *keyring) believed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.readAt.IsZero() && k.now().Sub(k.readAt) < keepFor
}

// failure is what was wrong when the issuer was last asked, or nil.
func (k *keyring) failure() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}

// lookAgain refreshes the keys unless that was tried just now. Those who ask at
// the same time wait for one answer.
func (k *keyring) lookAgain(ctx context.Context) {
	k.mu.Lock()
	early := k.now().Sub(k.triedAt) < retryAfter
	k.mu.Unlock()
	if early {
		return
	}
	_ = k.refresh(ctx) // what failed is noted and told by believed
}

// refresh reads the keys, whichever of its callers came first. That one's going
// away does not fail the others.
func (k *keyring) refresh(ctx context.Context) error {
	_, err, _ := k.flight.Do("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		keys, err := k.fetch(ctx)
		k.note(keys, err)
		return nil, err
	})
	return err
}

// note keeps what was read. What is known stays when nothing could be read: an
// issuer that is down has not withdrawn its keys.
func (k *keyring) note(keys []jose.JSONWebKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if (err == nil) != (k.failed == nil) || k.triedAt.IsZero() {
		slog.Info("issuer's keys", "issuer", k.issuer, "keys", len(keys), "error", err)
	}
	k.triedAt, k.failed = k.now(), err
	if err == nil {
		k.keys, k.readAt = keys, k.triedAt
	}
}

// fetch follows the issuer's discovery document to its keys.
func (k *keyring) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, k.client), k.issuer)
	if err != nil {
		return nil, fmt.Errorf("discovery of %s: %w", k.issuer, err)
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, fmt.Errorf("discovery of %s: %w", k.issuer, err)
	}
	if err := CheckURL(document.Keys); err != nil {
		return nil, fmt.Errorf("jwks_uri of %s: %w", k.issuer, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, document.Keys, nil)
	if err != nil {
		return nil, err
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("keys of %s: %s", k.issuer, resp.Status)
	}
	return readKeys(resp.Body)
}

// readKeys takes from a JSON Web Key Set what can verify a signature. A key of
// a kind that is not known, or meant for something else, does not spoil those
// beside it.
func readKeys(r io.Reader) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(r).Decode(&set); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && verifies(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("key set: none of its keys can verify a signature")
	}
	return keys, nil
}

// verifies reports whether it is a public key for signatures that is not too
// short. A private key here would be the issuer's own mistake, and a symmetric
// one a trap.
func verifies(key jose.JSONWebKey) bool {
	if !key.Valid() || !key.IsPublic() || cmp.Or(key.Use, "sig") != "sig" {
		return false
	}
	if long, ok := key.Key.(*rsa.PublicKey); ok {
		return long.N.BitLen() >= minModulus
	}
	return true
}

// CheckURL refuses an address that keys must not be read from: on the way from
// plain http anybody could put their own in. This machine's own are allowed.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q is no URL of an issuer; it looks like https://login.example.com/realm", raw)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%q is not https; only issuers on this machine may be without", raw)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// newClient follows no redirect, which could lead from https to anywhere, and
// reads no endless answer.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       fetchTimeout,
		Transport:     bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts every answer at maxDocument.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxDocument), resp.Body}
	}
	return resp, err
}
