// Package app wires the program together: it is the only place that knows two
// adapters at once, and holds no rule of the business.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/budgets/pacing"
	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/adplatform"
	"github.com/hexabuilders/campaignd/internal/auth"
	"github.com/hexabuilders/campaignd/internal/bookfile"
	"github.com/hexabuilders/campaignd/internal/dashboard"
	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/internal/influx"
	"github.com/hexabuilders/campaignd/internal/jobs"
	"github.com/hexabuilders/campaignd/internal/live"
	"github.com/hexabuilders/campaignd/internal/payments"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/internal/telemetry"
	"github.com/hexabuilders/campaignd/internal/webhook"
	"github.com/hexabuilders/campaignd/optimization"
	"github.com/hexabuilders/campaignd/optimization/predict"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/analysis"
	"github.com/hexabuilders/campaignd/performance/lookout"
	"github.com/hexabuilders/campaignd/performance/report"
	"github.com/hexabuilders/campaignd/performance/rule"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
	"github.com/hexabuilders/campaignd/targeting/segment"
	"github.com/hexabuilders/campaignd/targeting/study"
	"github.com/hexabuilders/campaignd/webhooks"
)

// App is the whole program, ready to run.
type App struct {
	// NewAdminKey is the admin key that this start has made, to be shown once;
	// empty when there was one.
	NewAdminKey string

	cfg      Config
	db       *sqlstore.DB
	services services
	tokens   *auth.Tokens // nil without issuers
	importer *adplatform.Importer
	links    *links // to brokers
	keys     *keyring
	board    *jobs.Board
	live     *live.Hub
	handler  http.Handler
	ops      http.Handler
	workers  []worker
	serving  serving
}

// services are the use cases, over one store.
type services struct {
	partners   *partners.Service
	sessions   *partners.Sessions
	campaigns  *campaigns.Service
	budgets    *budgets.Service
	funding    *budgets.Funding
	overruns   *budgets.Overruns
	ingester   *performance.Ingester
	metrics    *performance.Service
	analysis   *analysis.Service
	predictor  *predict.Predictor
	sources    *performance.Sources
	explorer   *performance.Explorer
	alerts     *performance.Alerts
	mirror     *influx.Mirror // nil without an InfluxDB
	anomalies  *lookout.Service
	studies    *study.Service
	rules      *rule.Service
	webhooks   *webhooks.Service
	audiences  *audience.Service
	segments   *segment.Service
	platforms  *platforms.Service
	reports    *report.Service
	authorizer *budgets.Authorizer
	optimizer  *optimization.Service
	statements *billing.Statements
	reconciler *billing.Reconciler
	payments   *payment.Service
	simulated  *payments.Simulated // nil unless it is offered
	home       *home
	panels     *panel.Service
	reach      *reach.Service
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func newServices(db *sqlstore.DB, cfg Config, keys *keyring) services {
	now := cfg.clock()
	ingester := performance.NewIngester(db.Metrics())
	mirror := newMirror(db, cfg)
	s := services{
		partners:   partners.NewService(db.Partners(), db.Keys(), now, newID, rand.Reader),
		sessions:   partners.NewSessions(db.Sessions(), db.Keys(), now, rand.Reader),
		campaigns:  campaigns.NewService(db.Campaigns(), db.Log(), now, newID),
		ingester:   ingester,
		sources:    performance.NewSources(db.Sources(), now),
		metrics:    performance.NewService(ingester, db.Metrics(), readerOf(db, mirror), now),
		mirror:     mirror,
		alerts:     performance.NewAlerts(db.Alerts(), now),
		authorizer: budgets.NewAuthorizer(db.Vault()),
		webhooks: webhooks.NewService(webhooks.Config{
			Store: db.Webhooks(), Outbox: db.Webhooks(), Sender: webhook.New(cfg.WebhooksPrivate),
			Policy: webhooks.Policy{Private: cfg.WebhooksPrivate}, Now: now, NewID: newID, Random: rand.Reader,
		}),
		anomalies: newLookout(db, now),
	}
	s.audiences = newAudiences(db, s.partners, now)
	s.campaigns = s.campaigns.WithAudiences(knownAudiences{s.audiences})
	s.segments = segment.NewService(db.Segments(), s.audiences, now, newID)
	s.studies = newStudies(db, s.audiences, now)
	s.budgets = budgets.NewService(db.Budgets(), db.Guards(), delivered{s.metrics}, now)
	s.funding = budgets.NewFunding(s.budgets, db.Extras(), db.Extras())
	s.platforms = newPlatforms(db, &s, cfg)
	s.overruns = budgets.NewOverruns(db.Budgets(), delivered{s.metrics})
	s.addPayments(db, cfg, keys)
	s.statements, s.reconciler = newStatements(db, &s, cfg), newReconciler(db, &s, now)
	s.reports = report.NewService(report.Ports{
		Store: db.Reports(), Files: db.Reports(), Schedules: db.Reports(), Source: reportSource{&s}, Metrics: s.metrics,
	}, now)
	s.analysis = analysis.NewService(db.Metrics(), s.metrics, now)
	s.predictor = predict.New(s.analysis, s.metrics, s.campaigns, s.budgets, db.Log())
	s.explorer = performance.NewExplorer(s.metrics, s.sources)
	s.rules = rule.NewService(db.Rules(), db.Rules(), watched{s.campaigns, s.budgets}, db.Metrics(), db.Log(), campaignTypes(), now)
	return s
}

// newRuleEngine judges alert rules; each consumer has one of its own.
func (a *App) newRuleEngine() *rule.Engine {
	s := &a.services
	return rule.NewEngine(a.db.Rules(), a.db.Rules(), watched{s.campaigns, s.budgets}, s.alerts, a.db.Metrics(), a.cfg.clock())
}

// New opens the store and builds everything over it. Nothing runs yet.
func New(ctx context.Context, cfg Config) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	keys, err := newKeyring(cfg.PaymentConfig, cfg.clock())
	if err != nil {
		return nil, err
	}
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: cfg.storeURL(), Now: cfg.Clock, MaxConns: cfg.DBConns})
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, db: db, services: newServices(db, cfg, keys), keys: keys, board: jobs.NewBoard(db.Jobs(), cfg.clock())}
	if a.links, err = newLinks(db, &a.services, cfg); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.links.Close(), db.Close())
	}
	return a, nil
}

// Migrate brings the store's schema up to date and says which engine it is.
func Migrate(ctx context.Context, cfg Config) (engine string, err error) {
	db, err := sqlstore.Open(ctx, sqlstore.Config{URL: cfg.storeURL(), MaxConns: cfg.DBConns})
	if err != nil {
		return "", err
	}
	return db.Engine(), db.Close()
}

func (a *App) build(ctx context.Context) (err error) {
	if a.NewAdminKey, err = a.services.partners.EnsureAdminKey(ctx, a.cfg.AdminKey); err != nil {
		return err
	}
	who := a.newAuthenticator()
	views := views{db: a.db, services: &a.services, now: a.cfg.clock()}
	if a.live, err = live.New(live.Config{
		Authenticate: who.Authenticate, Owner: views.owner, Snapshot: views.snapshot, Refuse: httpapi.WriteProblem,
	}); err != nil {
		return err
	}
	a.services.panels = newPanels(a.db, a.cfg)
	if a.services.reach, err = newReach(a.db, &a.services, a.cfg); err != nil {
		return err
	}
	a.services.optimizer = newOptimizer(a.db, &a.services, a.cfg.clock())
	a.importer = newImporter(a.db, &a.services, a.cfg.clock())
	pace := pacing.NewService(paced{&a.services, a.cfg.clock()}, paced{&a.services, a.cfg.clock()}, a.cfg.clock())
	api := httpapi.New(httpapi.Services{
		Partners:   a.services.partners,
		Campaigns:  a.services.campaigns,
		Budgets:    a.services.budgets,
		Funding:    a.services.funding,
		Overruns:   a.services.overruns,
		Pacing:     pace,
		Authorizer: httpapi.Authorizer{Decider: a.services.authorizer.Decider, Rehearsal: a.services.authorizer.Rehearsal(), Vault: a.db.Vault(), Now: a.db.Steady}, Ledger: a.db.Ledger(),
		Statements:  a.services.statements,
		Reconciler:  a.services.reconciler,
		Payments:    a.services.payments,
		Files:       bookfile.Files{},
		Performance: a.services.metrics,
		Explorer:    a.services.explorer,
		Sources:     a.services.sources,
		Analysis:    a.services.analysis,
		Predictor:   a.services.predictor,
		Alerts:      a.services.alerts,
		Rules:       a.services.rules,
		Anomalies:   a.services.anomalies,
		Log:         a.db.Log(),
		Feed:        a.db.Log(),
		Webhooks:    a.services.webhooks,
		Audiences:   a.services.audiences,
		Segments:    a.services.segments,
		Platforms:   a.services.platforms,
		Insights:    newInsights(&a.services, a.cfg.clock()),
		Reach:       a.services.reach,
		Panels:      a.services.panels,
		Optimizer:   a.services.optimizer,
		Studies:     a.services.studies,
		Reports:     a.services.reports,
		Imports:     reports{a.importer, a.cfg.clock()},
		Integration: a.links.integrated(),
		Jobs:        a.board,
	}, httpapi.Options{Now: a.cfg.clock(), MaxBody: a.cfg.MaxBody, Auth: who, Idempotency: idempotency{a.db.Idempotency()}})
	pages, err := a.newPages(pace)
	if err != nil {
		return err
	}
	a.handler = route(api, a.live, a.services.withSimulated(pages))
	registry := telemetry.NewRegistry()
	a.observe(registry)
	checks := []telemetry.Check{{Name: "serving", Do: a.serving.check}, {Name: "store", Do: a.db.Ping}, {Name: "disk", Do: a.db.Room, Optional: true}}
	if a.services.mirror != nil {
		checks = append(checks, telemetry.Check{Name: "influx", Do: a.services.mirror.Check, Optional: true})
	}
	if a.tokens != nil {
		checks = append(checks, telemetry.Check{Name: "issuers", Do: a.tokens.Check, Optional: true})
	}
	a.ops = telemetry.Handler(registry, append(checks, a.links.checks()...)...)
	a.workers = a.newWorkers()
	return nil
}

// newPages is the dashboard over the services.
func (a *App) newPages(pace *pacing.Service) (*dashboard.Dashboard, error) {
	return dashboard.New(dashboard.Config{
		Services: dashboard.Services{
			Campaigns:   a.services.campaigns,
			Ledger:      book{a.db.Ledger(), sqlstore.NewProver(a.db.Ledger()), a.db.Vault(), a.db.Steady},
			Budgets:     a.services.budgets,
			Funding:     a.services.funding,
			Overruns:    a.services.overruns,
			Pacing:      pace,
			Statements:  a.services.statements,
			Reconciler:  a.services.reconciler,
			Payments:    a.services.payments,
			Explorer:    a.services.explorer,
			Sources:     a.services.sources,
			Performance: a.services.metrics,
			Analysis:    a.services.analysis,
			Predictor:   a.services.predictor,
			Alerts:      a.services.alerts,
			Anomalies:   a.services.anomalies,
			Rules:       a.services.rules,
			Partners:    a.services.partners,
			Keys:        a.services.partners,
			Sessions:    a.services.sessions,
			Webhooks:    a.services.webhooks,
			Platforms:   a.services.platforms,
			Segments:    a.services.segments,
			Studies:     a.services.studies,
			Describer:   a.services.studies,
			Insights:    newInsights(&a.services, a.cfg.clock()),
			Audiences:   a.services.audiences,
			Reach:       a.services.reach,
			Panels:      a.services.panels,
			Integration: a.links.integrated(),
			Jobs:        a.board,
			Optimizer:   a.services.optimizer,
			Reports:     a.services.reports,
		},
		Cookie: auth.CookieName, Secure: strings.HasPrefix(a.cfg.PublicURL, "https://"), Now: a.cfg.clock(), NewID: newID,
	})
}

// route divides the public port between the API, the live connections and the
// pages. A browser's cookie must not be of use to other sites, so requests that
// change something are refused when they come from one.
func route(api, hub, pages http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, path := range live.Paths {
		mux.Handle("GET "+path, hub)
	}
	for _, path := range []string{httpapi.Base + "/", "/docs", "/openapi.json", "/openapi.yaml", "/asyncapi.yaml"} {
		mux.Handle(path, api)
	}
	mux.Handle("/", pages)
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpapi.WriteProblem(w, r, errCrossSite)
	}))
	return httpapi.Drained(guard.Handler(mux))
}

var errCrossSite = fault.New(fault.Forbidden, "cross_site", "The request comes from a page of another site.",
	"Send it from this service's own pages, or from a program that is no browser.")
