package dashboard

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/fault"
)

// Config is what the dashboard needs from outside.
type Config struct {
	Services
	Cookie string           // the session cookie's name, which the API reads too
	Secure bool             // send cookies over TLS only, also behind a proxy that ends it
	Now    func() time.Time // the clock
	NewID  func() uuid.UUID // ids of campaigns made here
}

// Dashboard is the pages. It is an http.Handler for everything that is neither
// the API nor the live connection.
type Dashboard struct {
	Config
	render   *renderer
	attempts *attempts
	handler  http.Handler
}

// New makes the pages and reads every template once, so that a broken one is
// found at the start rather than by a visitor.
func New(config Config) (*Dashboard, error) {
	d := &Dashboard{Config: config, render: newRenderer(config.Now)}
	d.attempts = &attempts{now: config.Now, most: 10, window: time.Minute}
	if err := d.render.warm(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	d.routes(mux)
	forbidden := d.open(func(*visit) error { return errForeign })
	d.handler = secured(recovered(mux, d.open(func(*visit) error { return errBroken })), forbidden)
	return d, nil
}

func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

var (
	errForeign = fault.New(fault.Forbidden, "cross_origin", "The request came from another site.", "Use the dashboard's own pages.")
	errBroken  = fault.New(fault.Internal, "page_failed", "The page failed.", "")
	errNoPage  = fault.New(fault.NotFound, "page_not_found", "There is no such page.", "Begin at the overview.")
)

// routes is the site map.
func (d *Dashboard) routes(mux *http.ServeMux) {
	mux.Handle("GET /assets/", d.render.assets)
	mux.Handle("GET /favicon.ico", http.RedirectHandler(d.render.assets.Path("mark.svg"), http.StatusFound))
	for pattern, h := range map[string]handler{
		"GET /signin":       d.signin,
		"POST /signin":      d.enter,
		"GET /signin/link":  d.link,
		"POST /signout":     d.signout,
		"POST /preferences": d.preferences,
	} {
		mux.Handle(pattern, d.open(h))
	}
	for _, page := range slices.Concat(campaignPages, audiencePages(), []page{
		{"GET /{$}", (*visit).overview},
		{"GET /suggestions", (*visit).suggestions},
		{"POST /suggestions/settings", (*visit).saveAutonomy},
		{"POST /suggestions/limits", (*visit).saveLimits},
		{"POST /suggestions/bulk", (*visit).decideSelected},
		{"POST /suggestions/{id}/{action}", (*visit).decideSuggestion},
		{"GET /ledger", (*visit).ledger},
		{"GET /billing", (*visit).billing},
		{"POST /billing/payments", (*visit).pay},
		{"POST /billing/payments/{id}/{action}", (*visit).actOnPayment},
		{"POST /billing/differences/{id}/explain", (*visit).explainGap},
		{"GET /alerts", (*visit).alerts},
		{"POST /alerts/{id}/acknowledge", (*visit).acknowledge},
		{"POST /alerts/{id}/resolve", (*visit).resolve},
		{"GET /alerts/rules", (*visit).rules},
		{"GET /alerts/rules/new", (*visit).newRule},
		{"POST /alerts/rules/new", (*visit).createRule},
		{"POST /alerts/rules/new/{name}", (*visit).addSuggestion},
		{"GET /alerts/rules/{id}", (*visit).editRule},
		{"POST /alerts/rules/{id}/{action}", (*visit).switchRule},
		{"GET /reports", (*visit).reports},
		{"POST /reports", (*visit).orderReport},
		{"GET /reports/{id}/file", (*visit).reportFile},
		{"POST /reports/{id}/{action}", (*visit).actOnReport},
		{"GET /settings/sources", (*visit).sources},
		{"POST /settings/sources", (*visit).saveSource},
		{"POST /settings/sources/withdraw", (*visit).withdrawSource},
		{"GET /settings/guard", (*visit).guard},
		{"POST /settings/guard", (*visit).saveGuard},
		{"GET /settings/ad-accounts", (*visit).adAccounts},
		{"POST /settings/ad-accounts", (*visit).connectAdAccount},
		{"POST /settings/ad-accounts/{id}/{action}", (*visit).actOnAdAccount},
		{"GET /settings/webhooks", (*visit).webhooks},
		{"POST /settings/webhooks", (*visit).addWebhook},
		{"POST /settings/webhooks/{id}/{action}", (*visit).actOnWebhook},
		{"GET /settings/brokers", (*visit).brokers},
		{"GET " + jobsPath, (*visit).jobs},
		{"GET " + partnersPath, (*visit).partners},
		{"POST " + partnersPath, (*visit).addPartner},
		{"POST /settings/brokers/letters/{id}/{action}", (*visit).actOnLetter},
		{"/", func(*visit) error { return errNoPage }},
	}) {
		mux.Handle(page.pattern, d.private(page.handle))
	}
}

// campaignPages are what there is to see and do about one campaign, and the way
// to it.
var campaignPages = []page{
	{"GET /campaigns", (*visit).campaigns},
	{"GET /campaigns/new", (*visit).newCampaign},
	{"POST /campaigns/new", (*visit).create},
	{"GET /campaigns/{id}", (*visit).campaign},
	{"GET /campaigns/{id}/series", (*visit).series},
	{"GET /campaigns/{id}/analysis", (*visit).analyse},
	{"GET /campaigns/{id}/suggestions", (*visit).campaignSuggestions},
	{"POST /campaigns/{id}/suggestions/bulk", (*visit).decideSelectedOf},
	{"GET /campaigns/{id}/explore", (*visit).explore},
	{"GET /campaigns/{id}/setup", (*visit).setup},
	{"POST /campaigns/{id}/details", (*visit).saveDetails},
	{"POST /campaigns/{id}/targeting", (*visit).saveTargeting},
	{"POST /campaigns/{id}/targeting/undo", (*visit).undoTargeting},
	{"POST /campaigns/{id}/creatives", (*visit).saveCreatives},
	{"POST /campaigns/{id}/schedule", (*visit).saveSchedule},
	{"GET /campaigns/{id}/budget", (*visit).spending},
	{"POST /campaigns/{id}/budget", (*visit).saveBudget},
	{"POST /campaigns/{id}/budget/allocations", (*visit).saveAllocations},
	{"POST /campaigns/{id}/budget/reallocate", (*visit).saveReallocation},
	{"POST /campaigns/{id}/budget/plan", (*visit).savePlan},
	{"POST /campaigns/{id}/budget/transfer", (*visit).saveTransfer},
	{"POST /campaigns/{id}/budget/extra", (*visit).proposeExtra},
	{"POST /campaigns/{id}/budget/extra/{extra}/{decision}", (*visit).decideExtra},
	{"POST /campaigns/{id}/{action}", (*visit).act},
	{"GET /campaigns/{id}/history", (*visit).history},
	{"POST /campaigns/{id}/placements", (*visit).placeCampaign},
	{"POST /campaigns/{id}/placements/{placement}/{action}", (*visit).actOnPlacement},
}

// page is an address and what answers it.
type page struct {
	pattern string
	handle  handler
}

// audiencePages are those of the section about people.
func audiencePages() []page {
	return []page{
		{"GET /interests", (*visit).interests},
		{"GET /audiences", (*visit).audiences},
		{"POST /audiences", (*visit).createAudience},
		{"POST /audiences/erase", (*visit).erasePerson},
		{"GET /audiences/panels", (*visit).panels},
		{"POST /audiences/panels", (*visit).loadPanel},
		{"GET /audiences/factors", (*visit).factors},
		{"POST /audiences/factors", (*visit).saveFactor},
		{"GET /panels/{id}", (*visit).panel},
		{"POST /panels/{id}/{action}", (*visit).actOnPanel},
		{"GET /audiences/clusters", (*visit).clusters},
		{"POST /audiences/clusters", (*visit).findClusters},
		{"POST /audiences/clusters/{id}/{action}", (*visit).actOnClusters},
		{"POST /audiences/{id}/lookalike", (*visit).lookLike},
		{"GET /audiences/overlap", (*visit).overlap},
		{"GET /audiences/segments", (*visit).segments},
		{"POST /audiences/segments", (*visit).createSegment},
		{"POST /audiences/segments/preview", (*visit).previewSegment},
		{"POST /audiences/segments/{id}/delete", (*visit).deleteSegment},
		{"GET /audiences/{id}", (*visit).audience},
		{"POST /audiences/{id}/members", (*visit).uploadMembers},
		{"POST /audiences/{id}/delete", (*visit).deleteAudience},
	}
}
