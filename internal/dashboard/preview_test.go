package dashboard

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/text/language"
)

// sampleNow is the moment of every sample page.
var sampleNow = time.Date(2026, 11, 23, 14, 5, 0, 0, time.FixedZone("America/Bogota", -5*3600))

// samplePages is every page with the same made-up partner, for the tests of
// templates and translations.
func samplePages(l *locale) map[string]view {
	shell := func(section string, page any) view {
		return view{Title: "Sample", Section: section, Locale: l, Now: sampleNow, Back: "/", Firing: 2,
			Viewer: &viewer{Name: "Panel", Role: "manager", Partner: "Café Andino"}, Page: page}
	}
	door := func(page any) view { return view{Title: "Sample", Locale: l, Now: sampleNow, Page: page} }
	return map[string]view{
		"signin":    door(signinPage{Problem: l.T("signin.refused")}),
		"overview":  shell("overview", sampleOverview(l)),
		"campaigns": shell("campaigns", sampleCampaigns(l)),
		"campaign":  shell("campaigns", sampleCampaign(l)),
		"history":   shell("campaigns", sampleHistory(l)),
		"alerts":    shell("alerts", alertsPage{State: "open", States: []string{"open", "all"}, Alerts: sampleAlerts(), Found: l.N("alerts.found", 2)}),
		"problem":   shell("", problemPage{Status: 404, Title: l.T("problem.404"), Text: l.T("problem.404.text")}),
	}
}

func TestPagesRenderInEveryLocale(t *testing.T) {
	re := newRenderer(func() time.Time { return sampleNow })
	for _, tag := range supported {
		l := mustLocale(t, tag)
		for name, v := range samplePages(l) {
			w := httptest.NewRecorder()
			if err := re.write(w, http.StatusOK, name, v); err != nil {
				t.Errorf("%s in %s: %v", name, tag, err)
			}
		}
	}
}

func mustLocale(t testing.TB, tag language.Tag) *locale {
	t.Helper()
	l, err := newLocale(tag)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestMain(m *testing.M) { testenv.Main(m) }

// shots names the folder that screenshots are kept in:
// go test ./internal/dashboard -run Pages -shots DIR
var shots = flag.String("shots", "", "keep screenshots of the sample pages in this folder")

// sampleServer shows the sample pages at /NAME?tag=es-CO&theme=dark.
func sampleServer(t *testing.T) *httptest.Server {
	re := newRenderer(func() time.Time { return sampleNow })
	mux := http.NewServeMux()
	mux.Handle("/assets/", re.assets)
	mux.HandleFunc("/sample/{name}", func(w http.ResponseWriter, r *http.Request) {
		v := samplePages(mustLocale(t, language.Make(r.FormValue("tag"))))[r.PathValue("name")]
		v.Theme = r.FormValue("theme")
		if err := re.write(w, http.StatusOK, r.PathValue("name"), v); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// No page may scroll sideways, down to a width of 360 pixels, in either theme
// and either language.
func TestPagesFitEveryWidth(t *testing.T) {
	server, browser := sampleServer(t), testenv.Browser(t)
	for name := range samplePages(mustLocale(t, language.Spanish)) {
		for _, look := range []struct {
			width, height int64
			tag, theme    string
		}{{1440, 900, "es-CO", "light"}, {1440, 900, "en", "dark"}, {768, 1024, "en", "light"}, {360, 740, "es-CO", "light"}, {360, 740, "en", "dark"}} {
			address := fmt.Sprintf("%s/sample/%s?tag=%s&theme=%s", server.URL, name, look.tag, look.theme)
			if err := chromedp.Do(browser, chromedp.EmulateViewport(look.width, look.height), chromedp.Navigate(address)); err != nil {
				t.Fatalf("%s: %v", address, err)
			}
			beyond, err := chromedp.Run(browser, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
			if err != nil {
				t.Fatal(err)
			}
			png, err := chromedp.Run(browser, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if beyond > 0 {
				t.Errorf("%s at %d px scrolls sideways by %d px", name, look.width, beyond)
			}
			if *shots != "" {
				file := fmt.Sprintf("%s-%d-%s-%s.png", name, look.width, look.tag, look.theme)
				if err := os.WriteFile(filepath.Join(*shots, file), png, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
