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
func (b tab) listen() {
	c := &complaints{}
	ctx, stop := context.WithCancel(b.ctx)
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
	_, err := chromedp.Call(b.ctx, log.Enable, struct{}{})
	must(b.T, err)
	b.Cleanup(func() {
		stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, text := range c.all {
			b.Errorf("the console says: %s", text)
		}
	})
}

// until waits for a script to become true; while a page loads it may fail.
func (b tab) until(what, script string) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if done, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+script+")")); err == nil && done {
			return
		}
	}
	b.Fatalf("%s did not happen: %s\non %s", what, script, eval[string](b, "location.href + ' ' + document.body.innerText.slice(0, 1500)"))
}

func (b tab) onPage(text string) {
	b.Helper()
	b.until(text, fmt.Sprintf("document.readyState === 'complete' && document.body.innerText.includes(%q)", text))
}

func (b tab) click(selector string) {
	b.Helper()
	must(b.T, chromedp.Do(b.ctx, chromedp.ScrollIntoView(selector), chromedp.Click(selector)))
}

func (b tab) enter(selector, text string) {
	b.Helper()
	eval[bool](b, fmt.Sprintf(`(() => { document.querySelector(%q).value = ""; return true })()`, selector))
	if err := chromedp.Do(b.ctx, chromedp.SendKeys(selector, text)); err != nil {
		b.Fatalf("%s: %v", selector, err)
	}
}

func (b tab) set(selector, value string) {
	b.Helper()
	eval[bool](b, fmt.Sprintf("(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return true })()", selector, value))
}

// A marketer goes from the key in hand to a campaign that has delivered and is
// paused, without leaving the browser.
func TestFromTheKeyToAPausedCampaign(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	b.listen()
	w.setCookie(b, languageCookie, "es")
	w.open(b, "/campaigns")
	b.onPage("Clave de API")
	b.enter("#key", w.key(w.partner, partners.RoleManager)+kb.Enter)
	b.onPage("Todavía no hay campañas")
	b.click(`main a[href="/campaigns/new"]`)
	b.onPage("Crear borrador")

	b.fillBasics()
	b.click(".form-end .button.primary")
	b.onPage("Tráfico, una de clics o CTR")
	if name := eval[string](b, `document.querySelector("#name").value`); name != "Café de origen" {
		t.Errorf("after a mistake the name is %q", name)
	}
	b.set("#goal-0", "cpa")
	b.click(".form-end .button.primary")
	b.onPage("3 pasos para lanzar")

	b.completeSetup()
	b.click(`[data-open="do-launch"]`)
	b.onPage("Desde ahora se pueden gastar hasta")
	b.click("#do-launch .button.primary")
	b.onPage("La campaña está en vivo.")

	id := uuid.MustParse(strings.Split(eval[string](b, "location.pathname"), "/")[2])
	b.until("the connection", `document.querySelector("[data-live]").dataset.state === "connected"`)
	w.watchFigures(b, id)

	b.click(`[data-open="do-pause"]`)
	b.enter("#reason-pause", "Cambio de piezas")
	b.click("#do-pause .button.primary")
	b.onPage("En pausa: Cambio de piezas")
	b.click(".notice.good .button")
	b.onPage("La campaña corre de nuevo.")
}

func (b tab) fillBasics() {
	b.Helper()
	b.enter("#name", "Café de origen")
	b.click(`input[name="type"][value="SOCIAL"] + span`)
	b.set("#goal-0", "clicks")
	b.enter("#target-0", "4,50")
	b.enter("#amount", "1.500,00")
}

func (b tab) completeSetup() {
	b.Helper()
	b.click(`.checks a[href$="#targeting"]`)
	b.until("the audience form", `document.querySelector("#targeting details").open`)
	b.click(`input[name="countries"][value="CO"] + span`)
	b.click(`input[name="interests"][value="368"] + span`)
	b.click("#targeting .button.primary")
	b.onPage("El público está guardado.")
	b.click(`.checks a[href$="#creatives"]`)
	b.until("the creatives form", `document.querySelector("#creatives details").open`)
	b.enter("#creative_name-0", "Video 15 s")
	b.enter("#creative_url-0", "https://cdn.example.com/v.mp4")
	b.click("#creatives .button.primary")
	b.onPage("Las creatividades están guardadas.")
	b.click(`.checks a[href$="#schedule"]`)
	b.until("the form for dates", `document.querySelector("#schedule details").open`)
	b.click("#schedule .button.primary")
	b.onPage("Lista para lanzar")
}

// watchFigures reports delivery and sees it arrive without a reload.
func (w *world) watchFigures(b tab, id uuid.UUID) {
	b.Helper()
	eval[bool](b, "window.same = true")
	w.deliver(id, 0, 12_000, 300, 20, 90)
	b.until("the impressions", `document.querySelector('[data-tile="impressions"] .figure').innerText === "12.000"`)
	b.until("the CPA", `document.querySelector('[data-tile="cpa"] .figure').innerText.includes("4,50")`)
	b.until("the raw value", `document.querySelector('[data-raw="ctr"]').textContent === "0.025"`)
	b.until("the chart", `document.querySelector(".chart svg .last")`)
	w.deliver(id, 0, 8_000, 100, 5, 60)
	b.until("the second report", `document.querySelector('[data-tile="spend"] .figure').innerText.includes("150,00")`)
	b.until("the budget bar", `parseFloat(document.querySelector("[data-budget] .fill").getAttribute("width")) >= 10`)
	if !eval[bool](b, "window.same === true") {
		b.Error("the page was loaded anew")
	}
}

// Everything can be done with the keyboard alone, and the focus can be seen.
func TestTheKeyboardIsEnough(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	b.listen()
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, 0, 12_000, 300, 20, 90)
	w.signIn(b, partners.RoleManager)
	w.open(b, "/campaigns/"+s.ID.String())
	press := func(keys string) { t.Helper(); must(t, chromedp.Do(b.ctx, chromedp.KeyEvent(keys))) }
	reach := func(selector string) {
		t.Helper()
		for range 60 {
			press(kb.Tab)
			if eval[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
				if width := eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`); width == "none" {
					t.Errorf("the focus on %s cannot be seen", selector)
				}
				return
			}
		}
		t.Fatalf("Tab does not reach %s", selector)
	}
	press(kb.Tab)
	if !eval[bool](b, `document.activeElement.matches(".skip")`) {
		t.Error("the first stop is not the link that skips the navigation")
	}
	reach(`[data-open="do-pause"]`)
	press(kb.Enter)
	b.until("the dialog", `document.querySelector("#do-pause").open`)
	press(kb.Escape)
	b.until("closing it", `!document.querySelector("#do-pause").open && document.activeElement.matches('[data-open="do-pause"]')`)
	reach(`[data-tile="ctr"]`)
	b.until("the formula", `getComputedStyle(document.activeElement.querySelector(".tip")).visibility === "visible"`)
	press(kb.Escape)
	b.until("hiding the formula", `getComputedStyle(document.activeElement.querySelector(".tip")).visibility === "hidden"`)
	b.until("the chart", `document.querySelector(".chart svg .last")`)
	reach(".chart")
	press(kb.ArrowLeft)
	b.until("the reading", `document.querySelector(".chart-read") && document.querySelector("#say").textContent.length > 3`)
}

func TestFiltersAnswerAtEveryKey(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	b.listen()
	w.busy()
	w.signIn(b, partners.RoleAnalyst)
	w.open(b, "/campaigns")
	shown := `[...document.querySelectorAll("[data-rows] > tr")].filter((r) => !r.hidden).length`
	for _, c := range []struct {
		text, status string
		want         int
	}{{"busqueda", "", 1}, {"NAVIDAD social", "", 1}, {"zzz", "", 0}, {"", "ACTIVE", 2}, {"", "", 6}} {
		b.set("#status", c.status)
		b.set("#q", c.text)
		b.until("rows for "+c.text+c.status, shown+" === "+strconv.Itoa(c.want))
		b.until("the empty state", fmt.Sprintf(`document.querySelector("[data-none]").hidden === %t`, c.want > 0))
	}
}

// A column sorts the page's rows by value, with what is not known last.
func TestColumnsSort(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	b.listen()
	w.busy()
	w.signIn(b, partners.RoleAnalyst)
	w.open(b, "/campaigns")
	values := `[...document.querySelectorAll('[data-rows] [data-metric="cpa"]')].map((e) => e.value && Number(e.value).toFixed(2)).join(" ")`
	for _, want := range []string{"14.54 8.02 5.", "2.38 5."} {
		b.click("th:last-child .sorter")
		b.until("the order "+want, values+fmt.Sprintf(".startsWith(%q)", want))
	}
	if sort := eval[string](b, `document.querySelector("th:last-child").ariaSort`); sort != "ascending" {
		t.Errorf("the column says it is sorted %q", sort)
	}
}

// The overview grows as events arrive, and shows what others do.
func TestTheOverviewMovesAndFollows(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	b.listen()
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, 0, 1000, 10, 1, 10)
	w.setCookie(b, languageCookie, "en")
	w.signIn(b, partners.RoleManager)
	w.open(b, "/")
	b.until("the connection", `document.querySelector("[data-live]").dataset.state === "connected"`)
	w.deliver(s.ID, 0, 500, 20, 1, 5)
	b.until("the tile", `document.querySelector('[data-tile="impressions"] .figure').innerText === "1,500"`)
	b.until("the row", `document.querySelector('tr [data-metric="ctr"]').innerText === "2.00%"`)
	_, err := w.campaigns.Pause(t.Context(), w.by, s.ID, 0, "test")
	must(t, err)
	b.onPage("No campaign is running.")
}

// A lost connection is said, and comes back by itself.
func TestALostConnectionIsSaid(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	s := w.running("Navidad", campaigns.Social)
	w.signIn(b, partners.RoleManager)
	w.open(b, "/campaigns/"+s.ID.String())
	connected := `document.querySelector("[data-live]").dataset.state === "connected"`
	b.until("the connection", connected)
	w.cut()
	b.until("saying so", `document.querySelector("[data-live]").dataset.state === "reconnecting"`)
	b.until("coming back", connected)
}

// A connection from which nothing has come for long is not believed: the page
// says since when, and tries another.
func TestASilentConnectionIsNotBelieved(t *testing.T) {
	w, b := newWorld(t), newTab(t)
	b.listen()
	s := w.running("Navidad", campaigns.Social)
	w.signIn(b, partners.RoleManager)
	w.open(b, "/campaigns/"+s.ID.String())
	b.until("the connection", `document.querySelector("[data-live]").dataset.state === "connected"`)
	eval[bool](b, `(() => {
		window.states = [];
		const dot = document.querySelector("[data-live]");
		new MutationObserver(() => window.states.push(dot.dataset.state)).observe(dot, { attributes: true });
		const now = Date.now;
		Date.now = () => now() + 60_000; // a minute passes at once, and no beat in it
		return true;
	})()`)
	b.until("saying so, and coming back", `window.states[0] === "stale" && window.states.at(-1) === "connected"`)
}
