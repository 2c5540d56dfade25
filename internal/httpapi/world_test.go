package httpapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/auth"
	"github.com/hexabuilders/campaignd/internal/bank"
	"github.com/hexabuilders/campaignd/internal/bookfile"
	"github.com/hexabuilders/campaignd/internal/contract"
	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
	"github.com/hexabuilders/campaignd/performance/lookout"
	"github.com/hexabuilders/campaignd/performance/report"
	"github.com/hexabuilders/campaignd/performance/rule"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/segment"
	"github.com/hexabuilders/campaignd/webhooks"
)

const adminSecret = "the-key-of-an-administrator-in-tests-0123"

// world is the API over the real services and a real store, with every request
// and answer held against the contract.
type world struct {
	testing.TB
	url      string
	db       *sqlstore.DB
	api      *httpapi.Server
	guard    *contract.Guard
	services httpapi.Services
	auth     auth.Authenticator
	stripe   *bank.Stripe

	mu  sync.Mutex
	now time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, t.TempDir())
}

// newWorldOn is a world on a store of its own.
func newWorldOn(t testing.TB, store string) *world {
	t.Helper()
	w := &world{TB: t, now: time.Date(2026, 3, 2, 15, 4, 5, 0, time.UTC)}
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{URL: store, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	people := partners.NewService(db.Partners(), db.Keys(), w.clock, newID, rand.Reader)
	sessions := partners.NewSessions(db.Sessions(), db.Keys(), w.clock, rand.Reader)
	if _, err := people.EnsureAdminKey(t.Context(), adminSecret); err != nil {
		t.Fatal(err)
	}
	ingester := performance.NewIngester(db.Metrics())
	w.background(ingester.Run)
	authorizer := budgets.NewAuthorizer(db.Vault())
	w.background(authorizer.Run)
	w.services = httpapi.Services{
		Authorizer:  httpapi.Authorizer{Decider: authorizer.Decider, Rehearsal: authorizer.Rehearsal(), Vault: db.Vault(), Now: db.Steady},
		Ledger:      db.Ledger(),
		Partners:    people,
		Campaigns:   campaigns.NewService(db.Campaigns(), db.Log(), w.clock, newID),
		Budgets:     budgets.NewService(db.Budgets(), db.Guards(), planned{w}, w.clock),
		Performance: performance.NewService(ingester, db.Metrics(), db.Metrics(), w.clock),
		Alerts:      performance.NewAlerts(db.Alerts(), w.clock),
		Log:         db.Log(),
		Imports:     &desk{now: w.clock},
		Feed:        db.Log(),
		Webhooks: webhooks.NewService(webhooks.Config{
			Store: db.Webhooks(), Outbox: db.Webhooks(), Sender: deaf{}, Now: w.clock, NewID: newID, Random: rand.Reader,
		}),
	}
	w.services.Platforms = w.newPlatforms()
	w.services.Funding = budgets.NewFunding(w.services.Budgets, db.Extras(), db.Extras())
	w.services.Overruns = budgets.NewOverruns(db.Budgets(), planned{w})
	w.services.Analysis = analysis.NewService(db.Metrics(), w.services.Performance, w.clock)
	w.services.Predictor = predict.New(w.services.Analysis, w.services.Performance, w.services.Campaigns, w.services.Budgets, db.Log())
	w.services.Sources = performance.NewSources(db.Sources(), w.clock)
	w.services.Explorer = performance.NewExplorer(w.services.Performance, w.services.Sources)
	w.services.Rules = rule.NewService(db.Rules(), db.Rules(), watched{w.services.Campaigns}, db.Metrics(), db.Log(), []string{"SEARCH", "SOCIAL"}, w.clock)
	w.services.Anomalies = lookout.NewService(db.Anomalies(), db.Metrics(), db.Metrics(), always{}, w.clock)
	w.services.Reports = report.NewService(report.Ports{
		Store: db.Reports(), Files: db.Reports(), Schedules: db.Reports(), Source: named{w}, Metrics: w.services.Performance,
	}, w.clock)
	w.services.Integration = newPost(db, w)
	w.services.Jobs = jobs.NewBoard(db.Jobs(), time.Now)
	w.services.Audiences = audience.NewService(audience.Config{
		Store: db.Audiences(), Uploads: db.Audiences(), People: db.People(), Facts: db.People(), Eraser: db.People(),
		Currency: func(context.Context, uuid.UUID) (string, error) { return "USD", nil }, Now: w.clock, NewID: newID,
	})
	w.services.Campaigns = w.services.Campaigns.WithAudiences(present{w})
	w.services.Segments = segment.NewService(db.Segments(), w.services.Audiences, w.clock, newID)
	w.optimizes()
	w.services.Insights = newInsights(w)
	w.panels()
	w.services.Studies = newStudies(w)
	chart, err := billing.ParseChart("")
	if err != nil {
		t.Fatal(err)
	}
	w.services.Statements = billing.NewStatements(db.Ledger(), zoned{people}, db.Campaigns(), chart, w.clock)
	w.services.Reconciler = billing.NewReconciler(billing.ReconcilerConfig{
		Receipts: db.Payments(), Ledger: db.Ledger(), Platforms: db.Reconciliation(), Partners: zoned{people}, Names: db.Campaigns(), Notes: db.Reconciliation(), Now: w.clock,
	})
	w.payable()
	w.services.Files = bookfile.Files{}
	w.services.Pacing = pacing.NewService(planned{w}, planned{w}, w.clock)
	w.auth = auth.Authenticator{Keys: people, Sessions: sessions}
	w.url = w.serveOver(w.services, answers{db.Idempotency()})
	return w
}

// zoned is where a partner's months begin.
type zoned struct{ *partners.Service }

func (z zoned) Zone(ctx context.Context, partner uuid.UUID) (*time.Location, error) {
	p, err := z.Get(ctx, partner)
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(p.State().Timezone)
}

// watched shows campaigns to alert rules.
type watched struct{ *campaigns.Service }

func (w watched) Campaign(ctx context.Context, partner, id uuid.UUID) (rule.Campaign, error) {
	c, err := w.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return rule.Campaign{}, err
	}
	s := c.State()
	return rule.Campaign{Partner: s.Partner, ID: s.ID, Name: s.Name, Type: string(s.Type), Currency: s.Currency, Zone: time.UTC}, nil
}

func (w watched) Latest(ctx context.Context, partner uuid.UUID, active bool, limit int) ([]rule.Campaign, error) {
	page, _, err := w.List(ctx, event.Origin{Partner: partner}, campaigns.Query{Limit: limit})
	var found []rule.Campaign
	for _, c := range page {
		s := c.State()
		if active && s.Status != campaigns.Active {
			continue
		}
		described, err := w.Campaign(ctx, s.Partner, s.ID)
		if err != nil {
			return nil, err
		}
		found = append(found, described)
	}
	return found, err
}

// serve is another server of the same world, with another store of keys.
func (w *world) serve(store httpapi.Idempotency) string { return w.serveOver(w.services, store) }

// serveOver starts a server and gives its address.
func (w *world) serveOver(services httpapi.Services, store httpapi.Idempotency) string {
	w.api = httpapi.New(services, httpapi.Options{Now: w.clock, MaxBody: 2 << 20, Auth: w.auth, Idempotency: store})
	w.guard = contract.New(w, openapi(w, w.api), w.api)
	server := httptest.NewServer(w.guard)
	w.Cleanup(server.Close)
	return server.URL
}

// background runs until the test ends.
func (w *world) background(run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	w.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func openapi(t testing.TB, api *httpapi.Server) []byte {
	t.Helper()
	text, err := api.OpenAPI().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) sleep(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// answer is what came back.
type answer struct {
	*world
	*http.Response
	text []byte
}

// call sends a request as whoever holds the key. A body that is no text is sent
// as JSON; headers are pairs of name and value.
func (w *world) call(key, method, path string, body any, headers ...string) *answer {
	w.Helper()
	return w.callAt(w.url, key, method, path, body, headers...)
}

// callAt is call at another server than the world's first.
func (w *world) callAt(url, key, method, path string, body any, headers ...string) *answer {
	w.Helper()
	var text io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(b)
	case io.Reader:
		text = b
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			w.Fatal(err)
		}
		text = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(w.Context(), method, url+path, text)
	if err != nil {
		w.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	if text != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	return &answer{w, response, got}
}

// want ends the test unless the status is this one.
func (a *answer) want(status int) *answer {
	a.Helper()
	if a.StatusCode != status {
		a.Fatalf("%s %s: status %d, want %d: %.1000s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.text)
	}
	return a
}

// refused ends the test unless the answer is this problem.
func (a *answer) refused(status int, code string) *answer {
	a.Helper()
	if a.want(status); a.str("code") != code {
		a.Fatalf("%s %s: code %q, want %q: %s", a.Request.Method, a.Request.URL, a.str("code"), code, a.text)
	}
	return a
}

// retryAfter ends the test unless the answer says when to come again.
func (a *answer) retryAfter() {
	a.Helper()
	if a.Header.Get("Retry-After") == "" || a.str("recovery") == "" {
		a.Fatalf("%s says not when to come again: %v", a.text, a.Header)
	}
}

// at reads a member of the answer by its path, such as "items.0.id".
func (a *answer) at(path string) any {
	a.Helper()
	var v any
	if err := json.Unmarshal(a.text, &v); err != nil {
		a.Fatalf("the answer is not JSON: %v: %.200s", err, a.text)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[name]
		case []any:
			i := int(name[0] - '0')
			if i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

func (a *answer) str(path string) string {
	a.Helper()
	s, _ := a.at(path).(string)
	return s
}

func (a *answer) num(path string) float64 {
	a.Helper()
	n, _ := a.at(path).(float64)
	return n
}

func (a *answer) len(path string) int {
	a.Helper()
	list, _ := a.at(path).([]any)
	return len(list)
}

// partner makes a partner and gives its id.
func (w *world) partner(name string) string {
	w.Helper()
	return w.call(adminSecret, "POST", "/api/v1/partners",
		map[string]any{"name": name, "timezone": "America/Bogota", "currency": "USD"}).want(http.StatusCreated).str("id")
}

// key issues a key of a role for a partner.
func (w *world) key(partner string, role partners.Role) string {
	w.Helper()
	return w.call(adminSecret, "POST", "/api/v1/partners/"+partner+"/keys", map[string]any{"role": role, "name": "test"}).want(http.StatusCreated).str("key")
}

// seq is how many events a partner's log holds.
func (w *world) seq(partner string) int64 {
	w.Helper()
	heads, err := w.db.Log().Heads(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return heads[uuid.MustParse(partner)]
}
