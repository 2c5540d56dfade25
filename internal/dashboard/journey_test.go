package dashboard

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/partners"
)

// complaints gathers what the browser's console says is wrong.
type complaints struct {
	mu  sync.Mutex
	all []string
}

func (c *complaints) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, text)
}

// listen fails the test at its end for every error that the browser met:
// scripts that throw, files that are missing, breaches of the policy.
func listen(t *testing.T, browser context.Context) {
	c := &complaints{}
	ctx, stop := context.WithCancel(browser)
	go func() {
		for e, err := range chromedp.Events(ctx, runtime.ExceptionThrown) {
			if err != nil {
				return
			}
			c.add("exception: " + e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description)
		}
	}()
	go func() {
		for e, err := range chromedp.Events(ctx, log.EntryAdded) {
			if err != nil {
				return
			}
			if e.Entry.Level == "error" && !strings.Contains(e.Entry.Text, "status of 422") { // a form that came back
				c.add(e.Entry.Text + " " + e.Entry.URL)
			}
		}
	}()
	_, err := chromedp.Call(browser, log.Enable, struct{}{})
	must(t, err)
	t.Cleanup(func() {
		stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, text := range c.all {
			t.Errorf("the console says: %s", text)
		}
	})
}

// until waits for a script to become true; while a page loads it may fail.
func until(t *testing.T, browser context.Context, what, script string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if done, err := chromedp.Run(browser, chromedp.Evaluate[bool]("Boolean("+script+")")); err == nil && done {
			return
		}
	}
	t.Fatalf("%s did not happen: %s\non %s", what, script, eval[string](t, browser, "location.href + ' ' + document.body.innerText.slice(0, 1500)"))
}

func onPage(t *testing.T, browser context.Context, text string) {
	t.Helper()
	until(t, browser, text, fmt.Sprintf("document.readyState === 'complete' && document.body.innerText.includes(%q)", text))
}

func click(t *testing.T, browser context.Context, selector string) {
	t.Helper()
	must(t, chromedp.Do(browser, chromedp.ScrollIntoView(selector), chromedp.Click(selector)))
}

func enter(t *testing.T, browser context.Context, selector, text string) {
	t.Helper()
	eval[bool](t, browser, fmt.Sprintf(`(() => { document.querySelector(%q).value = ""; return true })()`, selector))
	if err := chromedp.Do(browser, chromedp.SendKeys(selector, text)); err != nil {
		t.Fatalf("%s: %v", selector, err)
	}
}

func set(t *testing.T, browser context.Context, selector, value string) {
	t.Helper()
	eval[bool](t, browser, fmt.Sprintf("(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return true })()", selector, value))
}

// A marketer goes from the key in hand to a campaign that has delivered and is
// paused, without leaving the browser.
func TestFromTheKeyToAPausedCampaign(t *testing.T) {
	w, browser := newWorld(t), testenv.Browser(t)
	listen(t, browser)
	w.setCookie(browser, languageCookie, "es")
	w.open(browser, "/campaigns")
	onPage(t, browser, "Clave de API")
	enter(t, browser, "#key", w.key(w.partner, partners.RoleManager)+kb.Enter)
	onPage(t, browser, "Todavía no hay campañas")
	click(t, browser, `main a[href="/campaigns/new"]`)
	onPage(t, browser, "Crear borrador")

	fillBasics(t, browser)
	click(t, browser, ".form-end .button.primary")
	onPage(t, browser, "Conversiones necesita una meta de conversiones o CPA")
	if name := eval[string](t, browser, `document.querySelector("#name").value`); name != "Café de origen" {
		t.Errorf("after a mistake the name is %q", name)
	}
	set(t, browser, "#goal-0", "cpa")
	click(t, browser, ".form-end .button.primary")
	onPage(t, browser, "3 pasos para lanzar")

	completeSetup(t, browser)
	click(t, browser, `[data-open="do-launch"]`)
	onPage(t, browser, "Desde ahora se pueden gastar hasta")
	click(t, browser, "#do-launch .button.primary")
	onPage(t, browser, "La campaña está en vivo.")

	id := uuid.MustParse(strings.Split(eval[string](t, browser, "location.pathname"), "/")[2])
	until(t, browser, "the connection", `document.querySelector("[data-live]").dataset.state === "connected"`)
	watchFigures(t, w, browser, id)

	click(t, browser, `[data-open="do-pause"]`)
	enter(t, browser, "#reason-pause", "Cambio de piezas")
	click(t, browser, "#do-pause .button.primary")
	onPage(t, browser, "En pausa: Cambio de piezas")
	click(t, browser, ".notice.good .button")
	onPage(t, browser, "La campaña corre de nuevo.")
}

func fillBasics(t *testing.T, browser context.Context) {
	t.Helper()
	enter(t, browser, "#name", "Café de origen")
	click(t, browser, `input[name="type"][value="SOCIAL"] + span`)
	set(t, browser, "#goal-0", "clicks")
	enter(t, browser, "#target-0", "4,50")
	enter(t, browser, "#amount", "1.500,00")
}

func completeSetup(t *testing.T, browser context.Context) {
	t.Helper()
	click(t, browser, `.checks a[href$="#targeting"]`)
	until(t, browser, "the audience form", `document.querySelector("#targeting details").open`)
	click(t, browser, `input[name="countries"][value="CO"] + span`)
	click(t, browser, `input[name="interests"][value="368"] + span`)
	click(t, browser, "#targeting .button.primary")
	onPage(t, browser, "El público está guardado.")
	click(t, browser, `.checks a[href$="#creatives"]`)
	until(t, browser, "the creatives form", `document.querySelector("#creatives details").open`)
	enter(t, browser, "#creative_name-0", "Video 15 s")
	enter(t, browser, "#creative_url-0", "https://cdn.example.com/v.mp4")
	click(t, browser, "#creatives .button.primary")
	onPage(t, browser, "Las creatividades están guardadas.")
	click(t, browser, `.checks a[href$="#schedule"]`)
	until(t, browser, "the form for dates", `document.querySelector("#schedule details").open`)
	click(t, browser, "#schedule .button.primary")
	onPage(t, browser, "Lista para lanzar")
}

// watchFigures reports delivery and sees it arrive without a reload.
func watchFigures(t *testing.T, w *world, browser context.Context, id uuid.UUID) {
	t.Helper()
	eval[bool](t, browser, "window.same = true")
	w.deliver(id, 0, 12_000, 300, 20, 90)
	until(t, browser, "the impressions", `document.querySelector('[data-tile="impressions"] .figure').innerText === "12.000"`)
	until(t, browser, "the CPA", `document.querySelector('[data-tile="cpa"] .figure').innerText.includes("4,50")`)
	until(t, browser, "the raw value", `document.querySelector('[data-raw="ctr"]').textContent === "0.025"`)
	until(t, browser, "the chart", `document.querySelector(".chart svg .last")`)
	w.deliver(id, 0, 8_000, 100, 5, 60)
	until(t, browser, "the second report", `document.querySelector('[data-tile="spend"] .figure').innerText.includes("150,00")`)
	until(t, browser, "the budget bar", `parseFloat(document.querySelector("[data-budget] .fill").getAttribute("width")) >= 10`)
	if !eval[bool](t, browser, "window.same === true") {
		t.Error("the page was loaded anew")
	}
}

// Everything can be done with the keyboard alone, and the focus can be seen.
func TestTheKeyboardIsEnough(t *testing.T) {
	w, browser := newWorld(t), testenv.Browser(t)
	listen(t, browser)
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, 0, 12_000, 300, 20, 90)
	w.signIn(browser, partners.RoleManager)
	w.open(browser, "/campaigns/"+s.ID.String())
	press := func(keys string) { t.Helper(); must(t, chromedp.Do(browser, chromedp.KeyEvent(keys))) }
	reach := func(selector string) {
		t.Helper()
		for range 60 {
			press(kb.Tab)
			if eval[bool](t, browser, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
				if width := eval[string](t, browser, `getComputedStyle(document.activeElement).outlineStyle`); width == "none" {
					t.Errorf("the focus on %s cannot be seen", selector)
				}
				return
			}
		}
		t.Fatalf("Tab does not reach %s", selector)
	}
	press(kb.Tab)
	if !eval[bool](t, browser, `document.activeElement.matches(".skip")`) {
		t.Error("the first stop is not the link that skips the navigation")
	}
	reach(`[data-open="do-pause"]`)
	press(kb.Enter)
	until(t, browser, "the dialog", `document.querySelector("#do-pause").open`)
	press(kb.Escape)
	until(t, browser, "closing it", `!document.querySelector("#do-pause").open && document.activeElement.matches('[data-open="do-pause"]')`)
	reach(`[data-tile="ctr"]`)
	until(t, browser, "the formula", `getComputedStyle(document.activeElement.querySelector(".tip")).visibility === "visible"`)
	press(kb.Escape)
	until(t, browser, "hiding the formula", `getComputedStyle(document.activeElement.querySelector(".tip")).visibility === "hidden"`)
	until(t, browser, "the chart", `document.querySelector(".chart svg .last")`)
	reach(".chart")
	press(kb.ArrowLeft)
	until(t, browser, "the reading", `document.querySelector(".chart-read") && document.querySelector("#say").textContent.length > 3`)
}

func TestFiltersAnswerAtEveryKey(t *testing.T) {
	w, browser := newWorld(t), testenv.Browser(t)
	listen(t, browser)
	w.busy()
	w.signIn(browser, partners.RoleAnalyst)
	w.open(browser, "/campaigns")
	shown := `[...document.querySelectorAll("[data-rows] > tr")].filter((r) => !r.hidden).length`
	for _, c := range []struct {
		text, status string
		want         int
	}{{"busqueda", "", 1}, {"NAVIDAD social", "", 1}, {"zzz", "", 0}, {"", "ACTIVE", 2}, {"", "", 6}} {
		set(t, browser, "#status", c.status)
		set(t, browser, "#q", c.text)
		until(t, browser, "rows for "+c.text+c.status, shown+" === "+strconv.Itoa(c.want))
		until(t, browser, "the empty state", fmt.Sprintf(`document.querySelector("[data-none]").hidden === %t`, c.want > 0))
	}
}

// The overview grows as events arrive, and shows what others do.
func TestTheOverviewMovesAndFollows(t *testing.T) {
	w, browser := newWorld(t), testenv.Browser(t)
	listen(t, browser)
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, 0, 1000, 10, 1, 10)
	w.setCookie(browser, languageCookie, "en")
	w.signIn(browser, partners.RoleManager)
	w.open(browser, "/")
	until(t, browser, "the connection", `document.querySelector("[data-live]").dataset.state === "connected"`)
	w.deliver(s.ID, 0, 500, 20, 1, 5)
	until(t, browser, "the tile", `document.querySelector('[data-tile="impressions"] .figure').innerText === "1,500"`)
	until(t, browser, "the row", `document.querySelector('tr [data-metric="ctr"]').innerText === "2.00%"`)
	_, err := w.campaigns.Pause(t.Context(), w.by, s.ID, 0, "test")
	must(t, err)
	onPage(t, browser, "No campaign is running.")
}

// A lost connection is said, and comes back by itself.
func TestALostConnectionIsSaid(t *testing.T) {
	w, browser := newWorld(t), testenv.Browser(t)
	s := w.running("Navidad", campaigns.Social)
	w.signIn(browser, partners.RoleManager)
	w.open(browser, "/campaigns/"+s.ID.String())
	connected := `document.querySelector("[data-live]").dataset.state === "connected"`
	until(t, browser, "the connection", connected)
	w.cut()
	until(t, browser, "saying so", `document.querySelector("[data-live]").dataset.state === "reconnecting"`)
	until(t, browser, "coming back", connected)
}
