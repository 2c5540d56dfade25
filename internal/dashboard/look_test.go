package dashboard

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/rule"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// shots names a folder to keep screenshots in:
// go test ./internal/dashboard -run EveryWidth -shots DIR
var shots = flag.String("shots", "", "keep screenshots in this folder")

// busy is a partner with campaigns in every status, numbers and an alert. It
// returns one that runs and one draft.
func (w *world) busy() (running, draft campaigns.State) {
	t := w.t
	running = w.running("Social · Navidad 2026", campaigns.Social)
	for hour := range 30 {
		ago := time.Duration(hour)*time.Hour + 3*time.Minute
		w.deliver(running.ID, ago, 4000+int64(hour*hour%17)*210, 90+int64(hour%7)*6, 4+int64(hour%3), 21.4+float64(hour%5)*1.7)
	}
	for minute := range 50 {
		w.deliver(running.ID, time.Duration(minute)*time.Minute, 240+int64(minute*minute%23)*9, 5+int64(minute%4), int64(minute%3)/2, 1.2+float64(minute*7%11)*0.11)
	}
	search := w.running("Búsqueda · Marca", campaigns.Search)
	w.deliver(search.ID, 2*time.Hour, 61_000, 1900, 130, 1890.40)
	spent := w.running("Retargeting · Carrito abandonado", campaigns.Retargeting)
	w.deliver(spent.ID, 4*time.Hour, 88_000, 2400, 260, 2086.12)
	_, err := w.campaigns.Pause(t.Context(), w.by, spent.ID, 0, "BUDGET_EXHAUSTED")
	must(t, err)
	w.ready("Boletín de noviembre", campaigns.Email)
	draft = w.draft("Video · Lanzamiento", campaigns.Video)
	over := w.running("Afiliados · Tercer trimestre", campaigns.Affiliate)
	w.deliver(over.ID, 26*time.Hour, 120_000, 3000, 520, 1240)
	_, err = w.campaigns.Complete(t.Context(), w.by, over.ID, 0, "SCHEDULED_END")
	must(t, err)
	cause := event.Event{ID: newID(), Partner: w.partner, Seq: 1, OccurredAt: time.Now().Add(-40 * time.Minute)}
	must(t, w.alerts.Notify(t.Context(), w.by, cause, performance.Notice{
		Campaign: search.ID, Kind: performance.AlertKPIMissed, Subject: "cpa", Severity: performance.SeverityHigh, Title: "CPA misses its target",
		Facts: map[string]any{"kpi": "cpa", "actual": "14.54", "target": "5.00"},
	}))
	w.watchedBy(running)
	w.hooked()
	return running, draft
}

// watchedBy makes alert rules, one of which has fired about the campaign.
func (w *world) watchedBy(c campaigns.State) rule.State {
	t := w.t
	d := suggestions["clicks"]
	d.Name, d.Severity = "CTR de redes, no bajar del uno", performance.SeverityHigh
	d.Scope.Campaigns, d.Scope.Channels = []uuid.UUID{c.ID}, []string{"social"}
	low, err := w.rules.Create(t.Context(), w.by, newID(), d, false)
	must(t, err)
	d = suggestions["budget"]
	d.Name, d.Enabled = "Presupuesto", false
	_, err = w.rules.Create(t.Context(), w.by, newID(), d, false)
	must(t, err)
	cause := event.Event{ID: newID(), Partner: w.partner, Seq: 2, OccurredAt: time.Now().Add(-10 * time.Minute)}
	must(t, w.alerts.Notify(t.Context(), w.by, cause, performance.Notice{
		Campaign: c.ID, Kind: performance.AlertRule, Subject: low.State().ID.String(), Rule: low.State().ID, Severity: performance.SeverityHigh, Title: "CTR",
		Facts: map[string]any{
			"rule": "CTR de redes, no bajar del uno", "metric": "ctr", "operator": "below", "observed": map[string]any{"value": "0.00412", "unit": "fraction"},
			"threshold": map[string]any{"value": "0.005", "unit": "fraction"}, "window": map[string]any{"kind": "day"}, "sample": 48210, "sample_of": "impressions",
		},
	}))
	return low.State()
}

// signIn gives the browser a session.
func (w *world) signIn(b tab, role partners.Role) {
	w.t.Helper()
	c := w.session(role)
	w.setCookie(b, c.Name, c.Value)
}

func (w *world) setCookie(b tab, name, value string) {
	w.t.Helper()
	_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: w.url})
	must(w.t, err)
}

func (w *world) open(b tab, path string) {
	w.t.Helper()
	must(w.t, chromedp.Do(b.ctx, chromedp.Navigate(w.url+path)))
}

// tab is a page in the browser, for one test.
type tab struct {
	*testing.T
	ctx context.Context
}

func newTab(t *testing.T) tab { return tab{t, testenv.Browser(t)} }

func eval[T any](b tab, script string) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.Fatalf("%s: %v", script, err)
	}
	return value
}

// audit looks for what keeps people out: controls without a name, ids used
// twice, tiny targets, pictures without a text, a heading order that jumps.
const audit = `(() => {
	const wrong = [];
	const seen = new Set();
	for (const e of document.querySelectorAll("[id]")) { if (seen.has(e.id)) wrong.push("id twice: " + e.id); seen.add(e.id); }
	const named = (e) => (e.labels?.length || e.ariaLabel || e.getAttribute("aria-labelledby") || e.textContent.trim() || e.title);
	for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary")) if (!named(e)) wrong.push("no name: " + e.outerHTML.slice(0, 90));
	for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) for (const id of (e.getAttribute("aria-describedby") || e.getAttribute("aria-labelledby")).split(" ")) if (!document.getElementById(id)) wrong.push("points to nothing: " + id);
	for (const e of document.querySelectorAll("svg")) if (e.getAttribute("aria-hidden") !== "true" && !e.getAttribute("aria-label")) wrong.push("picture without a text: " + e.outerHTML.slice(0, 80));
	for (const e of document.querySelectorAll("button, summary, select, input:not([type=hidden])")) { const b = e.getBoundingClientRect(); if (b.width && (b.width < 24 || b.height < 24)) wrong.push("too small to hit: " + e.outerHTML.slice(0, 80)); }
	let level = 0;
	for (const h of document.querySelectorAll("h1, h2, h3")) { const l = Number(h.tagName[1]); if (h.closest("dialog")) continue; if (l > level + 1) wrong.push("heading jumps: " + h.textContent); level = l; }
	if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
	if (!document.documentElement.lang) wrong.push("no language");
	if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wrong.push("scrolls sideways to " + document.documentElement.scrollWidth);
	return wrong;
})()`

// Every page fits from 360 pixels upward in both languages and themes, and
// keeps nobody out.
func TestEveryPageFitsEveryWidth(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	running, draft := w.busy()
	w.poison()
	w.signIn(b, partners.RoleAdmin) // who sees all there is
	lowCTR, _, err := w.rules.List(t.Context(), w.by, rule.Query{})
	must(t, err)
	paths := [][2]string{
		{"overview", "/"},
		{"campaigns", "/campaigns"},
		{"campaign", "/campaigns/" + running.ID.String()},
		{"draft", "/campaigns/" + draft.ID.String() + "/setup?edit=targeting"},
		{"analysis", "/campaigns/" + running.ID.String() + "/analysis"},
		{"budget", "/campaigns/" + running.ID.String() + "/budget"},
		{"history", "/campaigns/" + running.ID.String() + "/history"},
		{"create", "/campaigns/new"},
		{"alerts", "/alerts"},
		{"rules", "/alerts/rules"},
		{"rule", "/alerts/rules/" + lowCTR[len(lowCTR)-1].State().ID.String()},
		{"webhooks", "/settings/webhooks"},
		{"sources", "/settings/sources"},
		{"brokers", "/settings/brokers"},
		{"jobs", "/settings/jobs"},
		{"suggestions", "/suggestions"},
		{"audiences", "/audiences"},
		{"segments", "/audiences/segments"},
		{"clusters", "/audiences/clusters"},
		{"overlap", "/audiences/overlap"},
		{"panels", "/audiences/panels"},
		{"interests", "/interests?parent=607"},
		{"reports", "/reports"},
		{"billing", "/billing"},
		{"nowhere", "/nowhere"},
		{"signin", "/signin"},
	}
	looks := []struct {
		width, height int64
		lang, theme   string
	}{{1440, 900, "es", "light"}, {768, 1024, "en", "dark"}, {1000, 800, "es", "dark"}, {880, 800, "es", "light"}, {360, 740, "es", "light"}}
	for _, look := range looks {
		must(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(look.width, look.height)))
		w.setCookie(b, languageCookie, look.lang)
		w.setCookie(b, themeCookie, look.theme)
		for _, page := range paths {
			name, path := page[0], page[1]
			w.open(b, path)
			for _, wrong := range eval[[]string](b, audit) {
				t.Errorf("%s at %d px in %s, %s: %s", name, look.width, look.lang, look.theme, wrong)
			}
			if *shots != "" {
				time.Sleep(700 * time.Millisecond) // the chart is fetched
				png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
				must(t, err)
				must(t, os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%d-%s-%s.png", name, look.width, look.lang, look.theme)), png, 0o600))
			}
		}
	}
}

// Every supported locale renders every page.
func TestEveryLocaleRenders(t *testing.T) {
	w := newWorld(t)
	running, draft := w.busy()
	who := w.session(partners.RoleManager)
	for _, tag := range supported {
		for _, path := range []string{
			"/",
			"/campaigns",
			"/campaigns/" + running.ID.String(),
			"/campaigns/" + draft.ID.String() + "/setup",
			"/campaigns/new",
			"/alerts",
			"/alerts/rules",
			"/alerts/rules/new",
			"/settings/webhooks",
			"/settings/sources",
			"/reports",
			"/billing",
		} {
			status, body, header := w.get(path, who, tag.String())
			if status != http.StatusOK || header.Get("Content-Language") != tag.String() || !strings.Contains(body, `<html lang="`+tag.String()+`"`) {
				t.Errorf("%s in %s: status %d, language %s", path, tag, status, header.Get("Content-Language"))
			}
		}
	}
}
