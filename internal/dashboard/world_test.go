package dashboard

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/auth"
	"github.com/hexabuilders/campaignd/internal/live"
	"github.com/hexabuilders/campaignd/internal/market/sandbox"
	"github.com/hexabuilders/campaignd/internal/relay"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
	"github.com/hexabuilders/campaignd/performance/lookout"
	"github.com/hexabuilders/campaignd/performance/rule"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/segment"
	"github.com/hexabuilders/campaignd/webhooks"
)

// world is the dashboard over the real services, an embedded store and the
// live hub, for a partner in Bogotá.
type world struct {
	optimizer *optimization.Service
	oracle    *oracle
	lists     *audience.Service
	t         *testing.T
	url       string
	cut       func() // drops every connection
	partner   uuid.UUID
	partners  *partners.Service
	sessions  *partners.Sessions
	campaigns *campaigns.Service
	budgets   *budgets.Service
	funding   *budgets.Funding
	metrics   *performance.Service
	alerts    *performance.Alerts
	rules     *rule.Service
	webhooks  *webhooks.Service
	platforms *platforms.Service
	sandbox   *sandbox.Sandbox
	log       sqlstore.Log
	anomalies *lookout.Service
	panels    *panel.Service
	mail      *post
	by        event.Origin
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyWorld(t)
	w.partner = w.newPartner("Café Andino")
	w.by = event.Origin{Partner: w.partner, Kind: event.ActorKey, ID: "test", Name: "Laura", From: "dashboard"}
	return w
}

// newEmptyWorld has no partner yet.
func newEmptyWorld(t *testing.T) *world {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{URL: t.TempDir()})
	must(t, err)
	ingester := performance.NewIngester(db.Metrics())
	w := &world{
		t:         t,
		log:       db.Log(),
		partners:  partners.NewService(db.Partners(), db.Keys(), time.Now, newID, rand.Reader),
		sessions:  partners.NewSessions(db.Sessions(), db.Keys(), time.Now, rand.Reader),
		campaigns: campaigns.NewService(db.Campaigns(), db.Log(), time.Now, newID),
		alerts:    performance.NewAlerts(db.Alerts(), time.Now),
		webhooks: webhooks.NewService(webhooks.Config{
			Store: db.Webhooks(), Outbox: db.Webhooks(), Sender: refusing(http.StatusTeapot), Now: time.Now, NewID: newID, Random: rand.Reader,
		}),
	}
	w.metrics = performance.NewService(ingester, directory{db.Campaigns()}, db.Metrics(), time.Now)
	w.rules = rule.NewService(db.Rules(), db.Rules(), watched{w.campaigns}, db.Metrics(), db.Log(), texts(campaigns.Types), time.Now)
	w.anomalies = lookout.NewService(db.Anomalies(), db.Metrics(), db.Metrics(), unlaunched{}, time.Now)
	w.mail = w.newPost(db)
	w.budgets = budgets.NewService(db.Budgets(), db.Guards(), reported{w}, time.Now)
	w.funding = budgets.NewFunding(w.budgets, db.Extras(), db.Extras())
	hub := w.hub(db)
	takes := w.paymentsOf(db)
	w.lists = audiencesOf(db)
	studies := w.studiesOf(db)
	sources := performance.NewSources(db.Sources(), time.Now)
	looks := analysis.NewService(directory{db.Campaigns()}, w.metrics, time.Now)
	pages, err := New(Config{
		Services: Services{
			Campaigns: w.campaigns, Budgets: w.budgets, Performance: w.metrics,
			Funding: w.funding, Overruns: budgets.NewOverruns(db.Budgets(), reported{w}), Pacing: pacing.NewService(planned{w}, planned{w}, time.Now),
			Explorer:  performance.NewExplorer(w.metrics, sources),
			Sources:   sources,
			Analysis:  looks,
			Predictor: predict.New(looks, w.metrics, w.campaigns, w.budgets, db.Log()),
			Alerts:    w.alerts, Anomalies: w.anomalies, Rules: w.rules,
			Platforms: w.platformsOf(db),
			Audiences: w.lists, Segments: segment.NewService(db.Segments(), w.lists, time.Now, newID), Studies: studies, Describer: studies, Insights: w.insightsOf(),
			Webhooks: w.webhooks, Reach: w.reachOf(db), Optimizer: w.optimizerOf(db), Panels: w.panels, Reports: w.reportsOf(db), Ledger: book{db.Ledger(), sqlstore.NewProver(db.Ledger()), db.Vault()},
			Statements: billing.NewStatements(db.Ledger(), utc{}, db.Campaigns(), billing.Chart{}, time.Now),
			Reconciler: billing.NewReconciler(billing.ReconcilerConfig{
				Receipts: db.Payments(), Ledger: db.Ledger(), Platforms: db.Reconciliation(), Partners: utc{}, Names: db.Campaigns(), Notes: db.Reconciliation(), Now: time.Now,
			}),
			Payments: takes, Partners: w.partners, Keys: w.partners, Sessions: w.sessions,
			Integration: w.mail,
			Jobs:        timetable{},
		},
		Cookie: auth.CookieName, Now: time.Now, NewID: newID,
	})
	must(t, err)
	w.serve(db, hub, ingester, pages)
	return w
}

// serve runs everything until the test ends, and stops it in order.
func (w *world) serve(db *sqlstore.DB, hub *live.Hub, ingester *performance.Ingester, pages http.Handler) {
	mux := http.NewServeMux()
	for _, path := range live.Paths {
		mux.Handle("GET "+path, hub)
	}
	mux.Handle("/", pages)
	server := httptest.NewServer(mux)
	w.url, w.cut = server.URL, server.CloseClientConnections
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{}, 3)
	for _, run := range []func(context.Context) error{
		ingester.Run, hub.Run, func(ctx context.Context) error { return relay.Follow(ctx, db.Log(), hub.Publish) },
	} {
		go func() { _ = run(ctx); done <- struct{}{} }()
	}
	w.t.Cleanup(func() {
		stop()
		server.CloseClientConnections()
		server.Close()
		for range 3 {
			<-done
		}
		_ = db.Close()
	})
}

func (w *world) hub(db *sqlstore.DB) *live.Hub {
	who := auth.Authenticator{Keys: w.partners, Sessions: w.sessions}
	hub, err := live.New(live.Config{
		Authenticate: who.Authenticate,
		Owner: func(ctx context.Context, viewer, id uuid.UUID) (uuid.UUID, error) {
			c, err := w.campaigns.Get(ctx, event.Origin{Partner: viewer}, id)
			if err != nil {
				return uuid.Nil, err
			}
			return c.State().Partner, nil
		},
		Snapshot: func(ctx context.Context, partner uuid.UUID, _ string) (json.RawMessage, int64, error) {
			seq, err := db.Log().Head(ctx, partner)
			if err != nil {
				return nil, 0, err
			}
			all, err := w.metrics.PartnerTotals(ctx, partner)
			views := []map[string]any{}
			for _, t := range all {
				views = append(views, map[string]any{"campaign_id": t.Campaign, "totals": performance.SumsOf(t.Metrics)})
			}
			body, _ := json.Marshal(map[string]any{"campaigns": views})
			return body, seq, err
		},
		Refuse: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusForbidden) },
	})
	must(w.t, err)
	return hub
}

// directory shows campaigns to the metrics path.
type directory struct{ store campaigns.Store }

func (d directory) Subjects(ctx context.Context, partner uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]performance.Subject, error) {
	found := map[uuid.UUID]performance.Subject{}
	for _, id := range ids {
		c, err := d.store.Get(ctx, partner, id)
		if err != nil {
			continue
		}
		s := c.State()
		zone, _ := time.LoadLocation(s.Timezone)
		found[id] = performance.Subject{Partner: s.Partner, Campaign: id, Currency: string(s.Currency), Zone: zone}
	}
	return found, nil
}

// watched shows campaigns to alert rules.
type watched struct{ *campaigns.Service }

func (w watched) Campaign(ctx context.Context, partner, id uuid.UUID) (rule.Campaign, error) {
	c, err := w.Get(ctx, event.Origin{Partner: partner}, id)
	if err != nil {
		return rule.Campaign{}, err
	}
	s := c.State()
	zone, err := time.LoadLocation(s.Timezone)
	return rule.Campaign{Partner: s.Partner, ID: s.ID, Name: s.Name, Type: string(s.Type), Currency: s.Currency, Zone: zone, ActiveSince: s.LaunchedAt}, err
}

func (w watched) Latest(ctx context.Context, partner uuid.UUID, _ bool, limit int) (found []rule.Campaign, err error) {
	all, _, err := w.List(ctx, event.Origin{Partner: partner}, campaigns.Query{Limit: limit})
	for _, c := range all {
		described, _ := w.Campaign(ctx, partner, c.State().ID)
		found = append(found, described)
	}
	return found, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func micros(units float64) int64 { return int64(units*money.Unit + 0.5) }

func usdOf(units int64) money.Money { return money.New(units*money.Unit, "USD") }

// draft is a campaign with goals and a budget and nothing else.
func (w *world) draft(name string, kind campaigns.Type) campaigns.State {
	c, err := w.campaigns.Create(w.t.Context(), w.by, campaigns.NewCampaign{
		Name: name, Type: kind, Objective: campaigns.Conversions, Timezone: "America/Bogota", Labels: []string{"navidad"},
		Goals:  campaigns.Goals{Targets: []campaigns.Target{{Metric: campaigns.MetricConversions, Quantity: campaigns.Count(500)}, {Metric: campaigns.MetricCPA, Quantity: campaigns.Quantity{Micros: 5 * money.Unit}}}},
		Budget: campaigns.BudgetTerms{Amount: usdOf(2000)},
	})
	must(w.t, err)
	return c.State()
}

// ready is a scheduled campaign that can be launched.
func (w *world) ready(name string, kind campaigns.Type) campaigns.State {
	s := w.draft(name, kind)
	config := targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}, Interests: []string{"368"}, AgeRange: &targeting.AgeRange{Min: 25, Max: 44}}
	if kind == campaigns.Email || kind == campaigns.Retargeting {
		config.CustomAudiences = []string{"carrito-30-dias"}
	}
	_, err := w.campaigns.SetTargeting(w.t.Context(), w.by, s.ID, 0, config)
	must(w.t, err)
	_, err = w.campaigns.SetCreatives(w.t.Context(), w.by, s.ID, 0, []campaigns.Creative{{Name: "Video 15 s", Format: "video", URL: "https://cdn.example.com/v.mp4"}})
	must(w.t, err)
	c, err := w.campaigns.Schedule(w.t.Context(), w.by, s.ID, 0, campaigns.Schedule{Start: time.Now().Add(-time.Hour), End: time.Now().AddDate(0, 0, 12), Launch: campaigns.LaunchManual})
	must(w.t, err)
	return c.State()
}

func (w *world) running(name string, kind campaigns.Type) campaigns.State {
	s := w.ready(name, kind)
	c, err := w.campaigns.Launch(w.t.Context(), w.by, s.ID, 0)
	must(w.t, err)
	return c.State()
}

// deliver reports one event that happened so long ago.
func (w *world) deliver(campaign uuid.UUID, ago time.Duration, impressions, clicks, conversions int64, spend float64) {
	w.t.Helper()
	e := performance.Event{ID: newID().String(), Campaign: campaign, OccurredAt: time.Now().Add(-ago).UnixMicro()}
	e.Channel, e.Source = "social", "test"
	e.Impressions, e.Clicks, e.Conversions, e.Spend = impressions, clicks, conversions, micros(spend)
	e.Revenue = e.Spend * 3
	receipt, err := w.metrics.Record(w.t.Context(), w.by, []performance.Event{e})
	must(w.t, err)
	if receipt.Accepted != 1 {
		w.t.Fatalf("not accepted: %+v", receipt)
	}
}

// get asks for a page as somebody, in a language.
func (w *world) get(path string, who *http.Cookie, lang string) (int, string, http.Header) {
	w.t.Helper()
	return w.send(http.MethodGet, path, who, lang, "")
}

func (w *world) post(path string, who *http.Cookie, form string) (int, string, http.Header) {
	w.t.Helper()
	return w.send(http.MethodPost, path, who, "en", form)
}

func (w *world) send(method, path string, who *http.Cookie, lang, form string, header ...string) (int, string, http.Header) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(form))
	must(w.t, err)
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if len(header) == 2 {
		r.Header.Set(header[0], header[1])
	}
	if who != nil {
		r.AddCookie(who)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	must(w.t, err)
	defer func() { _ = answer.Body.Close() }()
	var body strings.Builder
	buffer := make([]byte, 32<<10)
	for {
		n, err := answer.Body.Read(buffer)
		body.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	return answer.StatusCode, body.String(), answer.Header
}
