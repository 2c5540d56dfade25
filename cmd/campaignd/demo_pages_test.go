package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

// judge opens what is folded, and asks axe-core what is wrong: rule, element,
// and why. Dialogs are judged one by one, as they are met. Of the dark theme
// only the colours differ.
const judge = `(async () => {
	for (const fold of document.querySelectorAll("main details")) fold.open = true;
	const wrong = [];
	const ask = async (where, what, rules) => {
		for (const broken of (await axe.run(where, { resultTypes: ["violations"], ...rules })).violations)
			for (const node of broken.nodes) wrong.push(what + ": " + broken.id + ": " + node.target.join(" ") + ": " + node.failureSummary);
	};
	for (const [theme, rules] of [["light", {}], ["dark", { runOnly: ["color-contrast", "link-in-text-block"] }]]) {
		document.documentElement.dataset.theme = theme;
		await ask(document, theme, rules);
		for (const dialog of document.querySelectorAll("dialog")) {
			dialog.showModal();
			await ask(dialog, theme + ", dialog", rules);
			dialog.close();
		}
	}
	return wrong;
})()`

// links are where a page leads to within the dashboard.
const links = `[...document.querySelectorAll("a[href^='/']:not([download])")].map((a) => a.pathname + a.search)`

// keepsNobodyOut follows every link of the demo's dashboard, wide and narrow,
// and lets axe-core judge each kind of page that it comes to.
func (p *process) keepsNobodyOut(t *testing.T) {
	script, tab := testenv.Axe(t), testenv.Browser(t)
	if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}, // no colour is judged half way to another
	}); err != nil {
		t.Fatal(err)
	}
	enter := regexp.MustCompile(`/signin/link\S+`).FindString(p.stderr.String())
	begin := time.Now()
	found := follow(tab, t, p.url, enter, script)
	t.Logf("%d pages in %s", found, time.Since(begin).Round(time.Second))
	if found < 30 {
		t.Errorf("only %d pages were found", found)
	}
}

// follow judges the page at first and all that it leads to, and says how many.
func follow(tab context.Context, t *testing.T, site, first, script string) int {
	t.Helper()
	seen := map[string]bool{"/": true}
	left := []string{first, "/nowhere", "/signin"}
	pages, widths := 0, []int64{1440, 360}
	if testing.Short() {
		widths = widths[1:]
	}
	for ; len(left) > 0; left = left[1:] {
		pages++
		for _, width := range widths {
			err := chromedp.Do(tab, chromedp.EmulateViewport(width, 900), chromedp.Navigate(site+left[0]))
			if err != nil {
				t.Fatalf("%s: %v", left[0], err)
			}
			wrong, err := chromedp.Run(tab, chromedp.Evaluate[[]string](script+";\n"+judge, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatalf("%s: %v", left[0], err)
			}
			for _, w := range wrong {
				t.Errorf("%s at %d px, %s", left[0], width, w)
			}
			if left[0] == first {
				left[0] = "/" // the link that signs in is good once
			}
		}
		further, err := chromedp.Run(tab, chromedp.Evaluate[[]string](links))
		if err != nil {
			t.Fatalf("%s: %v", left[0], err)
		}
		for _, link := range further {
			if kind := kindOf(link); !seen[kind] && !strings.HasPrefix(link, "/docs") {
				seen[kind] = true
				left = append(left, link)
			}
		}
	}
	return pages
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// kindOf is a link without what it is about: pages of a kind are judged once,
// and once more when they are asked for something.
func kindOf(link string) string {
	kind := anyID.ReplaceAllString(link, "{id}")
	if at := strings.Index(kind, "?"); at >= 0 {
		return kind[:at+1]
	}
	return kind
}
