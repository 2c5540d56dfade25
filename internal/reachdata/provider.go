// Package reachdata asks a data provider's service for the shares that reach
// estimates rest on.
//
// # Protocol
//
// One POST of JSON, answered within the timeout:
//
//	{"version":1,"countries":["CO"],"age_range":{"min":25,"max":54},"genders":["female"],
//	 "wanted":[{"criterion":"interests","value":"607"},{"criterion":"platforms","value":"tiktok"}]}
//
//	{"source":"Example Data, wave 12, March 2026","valid_until":"2026-04-01T00:00:00Z",
//	 "shares":[{"criterion":"platforms","value":"tiktok","share":0.41,"low":0.38,"high":0.44,"source":"..."}]}
//
// What the provider does not know it leaves out. A share is a fraction with the
// range that holds it in 80 of 100 cases; one that is none is passed over. No
// name of a partner, a campaign or a person is sent.
//
// An answer is kept until valid_until, for a day at most and an hour without.
// After five failures in a row the provider is left alone for half a minute,
// then tried by one request: estimates must not wait for a service that is down.
package reachdata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// Config is where the provider is.
type Config struct {
	URL     string
	Token   string        // sent as a bearer; none when empty
	Timeout time.Duration // of one request
	Now     func() time.Time
	Client  *http.Client // nil is one of its own
}

const (
	maxAnswer   = 1 << 20
	maxKept     = 1000
	usualLife   = time.Hour
	longestLife = 24 * time.Hour
)

// Provider is reach.Provider over HTTP.
type Provider struct {
	cfg     Config
	breaker breaker

	mu   sync.Mutex
	kept map[string]answer // by request
}

type answer struct {
	reach.Supply
	until time.Time
}

// New makes a provider; nothing is asked yet.
func New(cfg Config) *Provider {
	if cfg.Client == nil {
		cfg.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Provider{cfg: cfg, kept: map[string]answer{}}
}

// Name implements reach.Provider.
func (p *Provider) Name() string {
	if req, err := http.NewRequest(http.MethodPost, p.cfg.URL, http.NoBody); err == nil { //nolint:noctx // it is never sent
		return req.URL.Hostname()
	}
	return "http"
}

// request and response are the protocol.
type request struct {
	Version   int                 `json:"version"`
	Countries []string            `json:"countries"`
	AgeRange  *targeting.AgeRange `json:"age_range,omitempty"`
	Genders   []targeting.Gender  `json:"genders,omitempty"`
	Wanted    []reach.Wanted      `json:"wanted"`
}

type response struct {
	Source     string          `json:"source"`
	ValidUntil time.Time       `json:"valid_until"`
	Shares     []reach.Assumed `json:"shares"`
}

var errOpen = errors.New("reachdata: left alone after failures")

// Shares implements reach.Provider.
func (p *Provider) Shares(ctx context.Context, ask reach.Ask) (reach.Supply, error) {
	body, err := json.Marshal(request{1, ask.Countries, ask.AgeRange, ask.Genders, ask.Wanted})
	if err != nil {
		return reach.Supply{}, err
	}
	now := p.cfg.Now()
	if known, ok := p.recall(string(body), now); ok {
		return known, nil
	}
	if !p.breaker.allow(now) {
		return reach.Supply{}, errOpen
	}
	supply, err := p.ask(ctx, body)
	p.breaker.note(p.cfg.Now(), err)
	if err != nil {
		return reach.Supply{}, err
	}
	p.keep(string(body), supply, now)
	return supply, nil
}

func (p *Provider) ask(ctx context.Context, body []byte) (reach.Supply, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return reach.Supply{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if p.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.cfg.Token)
	}
	got, err := p.cfg.Client.Do(req)
	if err != nil {
		return reach.Supply{}, err
	}
	defer func() { _ = got.Body.Close() }()
	if got.StatusCode != http.StatusOK {
		return reach.Supply{}, fmt.Errorf("reachdata: the provider answers %s", got.Status)
	}
	text, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer+1))
	if err != nil {
		return reach.Supply{}, err
	}
	if len(text) > maxAnswer {
		return reach.Supply{}, errors.New("reachdata: the answer is larger than 1 MiB")
	}
	var said response
	if err := json.Unmarshal(text, &said); err != nil {
		return reach.Supply{}, fmt.Errorf("reachdata: %w", err)
	}
	if said.Source == "" {
		return reach.Supply{}, errors.New("reachdata: the answer has no source")
	}
	return reach.Supply{Source: said.Source, Shares: said.Shares, ValidUntil: said.ValidUntil}, nil
}

func (p *Provider) recall(body string, now time.Time) (reach.Supply, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.kept[body]
	return known.Supply, ok && now.Before(known.until)
}

func (p *Provider) keep(body string, s reach.Supply, now time.Time) {
	until := now.Add(usualLife)
	if !s.ValidUntil.IsZero() {
		until = s.ValidUntil
	}
	if latest := now.Add(longestLife); until.After(latest) {
		until = latest
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for key := range p.kept {
		if len(p.kept) < maxKept {
			break
		}
		delete(p.kept, key) // any: what is asked for again is asked again
	}
	p.kept[body] = answer{s, until}
}

// breaker keeps requests from a provider that is down.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time // it is left alone until then
}

const (
	failuresToOpen = 5
	rest           = 30 * time.Second
)

// allow reports whether a request may be sent. After the rest one may, and the
// others wait for what becomes of it.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < failuresToOpen {
		return true
	}
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(rest)
	return true
}

func (b *breaker) note(now time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failures = 0
		return
	}
	if errors.Is(err, context.Canceled) {
		return // whoever asked went away
	}
	if b.failures++; b.failures >= failuresToOpen {
		b.until = now.Add(rest)
	}
}
