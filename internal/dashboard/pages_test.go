package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/internal/auth"
	"github.com/hexabuilders/campaignd/partners"
)

func has(t *testing.T, body string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestPagesSpeakTheViewersLanguage(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	w.deliver(s.ID, time.Minute, 10_000, 200, 12, 1234.5)
	who := w.session(partners.RoleManager)
	for path, wanted := range map[string][2][]string{
		"/":                                      {{"1 campaña en marcha.", "Cifras", "Gasto"}, {"1 campaign is running.", "Figures", "Spend"}},
		"/campaigns":                             {{"1 campaña", "Activa", "Nueva campaña"}, {"1 campaign", "Active", "New campaign"}},
		"/campaigns/new":                         {{"Crear borrador", "Qué debe lograr"}, {"Create draft", "What it should reach"}},
		"/campaigns/" + s.ID.String():            {{"US$\u00a01.234,50", "Pausar", "10.000"}, {"$1,234.50", "Pause", "10,000"}},
		"/campaigns/" + s.ID.String() + "/setup": {{"Ajustar el público", "Colombia"}, {"Refine the audience", "Colombia"}},
		"/campaigns/" + s.ID.String() + "/history": {{"Lanzada", "Laura · panel", "<ins>Social</ins>"}, {"Launched", "Laura · dashboard", "<ins>Social</ins>"}},
		"/alerts": {{"Sin alertas"}, {"No alerts"}},
	} {
		for i, lang := range []string{"es-CO", "en"} {
			status, body, _ := w.get(path, who, lang)
			if status != http.StatusOK {
				t.Errorf("%s in %s: status %d", path, lang, status)
			}
			has(t, body, wanted[i]...)
		}
	}
}

func TestOnlyTheSignedInSeePages(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{"/": "/signin", "/alerts?state=all": "/signin?next=%2Falerts%3Fstate%3Dall"} {
		status, _, header := w.get(path, nil, "en")
		if status != http.StatusSeeOther || header.Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, status, header.Get("Location"), want)
		}
	}
	_, _, header := w.get("/campaigns", &http.Cookie{Name: auth.CookieName, Value: "stale"}, "en")
	if !strings.Contains(header.Get("Location"), "ended=1") {
		t.Errorf("a session that ended is not said: %q", header.Get("Location"))
	}
}

func TestSigningIn(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		key    string
		status int
		says   string
	}{
		{"", http.StatusUnprocessableEntity, "Paste your API key."},
		{"cmk_wrong", http.StatusUnauthorized, "This key is not valid"},
		{w.key(w.partner, partners.RoleIngest), http.StatusForbidden, "only send metrics"},
		{" " + w.key(w.partner, partners.RoleAnalyst) + "\n", http.StatusSeeOther, ""},
	} {
		status, body, header := w.post("/signin", nil, url.Values{"key": {c.key}, "next": {"/alerts"}}.Encode())
		if status != c.status {
			t.Errorf("%q: status %d, want %d", c.key, status, c.status)
		}
		has(t, body, c.says)
		if c.key != "" && strings.Contains(body, strings.TrimSpace(c.key)) {
			t.Error("the page shows the key")
		}
		if status == http.StatusSeeOther {
			cookie := header.Get("Set-Cookie")
			for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
				has(t, cookie, part)
			}
			if header.Get("Location") != "/alerts" {
				t.Errorf("led to %q", header.Get("Location"))
			}
		}
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	for path, want := range map[string]string{
		"/campaigns?x=1": "/campaigns?x=1", "": "/", "https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/",
		"/signin": "/", "javascript:alert(1)": "/", "/a\nb": "/",
	} {
		if got := localPath(path); got != want {
			t.Errorf("%q leads to %q, want %q", path, got, want)
		}
	}
}

func TestGuessingKeysIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	last := 0
	for range 11 {
		last, _, _ = w.post("/signin", nil, "key=cmk_wrong")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the eleventh attempt in a minute: status %d", last)
	}
}

func TestALinkSignsInOnce(t *testing.T) {
	w := newWorld(t)
	who, err := w.partners.Authenticate(t.Context(), w.key(w.partner, partners.RoleManager))
	must(t, err)
	token, err := w.sessions.NewLink(t.Context(), w.partner, who.Key, false)
	must(t, err)
	status, _, header := w.get("/signin/link?token="+token, nil, "en")
	if status != http.StatusSeeOther || header.Get("Location") != "/" || header.Get("Set-Cookie") == "" {
		t.Fatalf("status %d to %q", status, header.Get("Location"))
	}
	status, body, _ := w.get("/signin/link?token="+token, nil, "es")
	if status != http.StatusUnauthorized {
		t.Errorf("the second use: status %d", status)
	}
	has(t, body, "Este enlace ya se usó")
}

func TestSigningOutEndsTheSession(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	w.post("/signout", who, "")
	if status, _, _ := w.get("/", who, "en"); status != http.StatusSeeOther {
		t.Errorf("after signing out: status %d", status)
	}
}

func TestEveryPageIsHardened(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	for _, path := range []string{"/signin", "/", "/campaigns", "/campaigns/new", "/nowhere"} {
		_, body, header := w.get(path, who, "en")
		has(t, header.Get("Content-Security-Policy"), "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
		if strings.Contains(header.Get("Content-Security-Policy"), "unsafe") {
			t.Error("the policy has an unsafe source")
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", path, header)
		}
		for _, inline := range []string{" style=", "<style", " onclick=", " onload=", "javascript:"} {
			if strings.Contains(body, inline) {
				t.Errorf("%s has %q inline", path, inline)
			}
		}
	}
}

func TestOtherSitesCannotAct(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/campaigns/"+s.ID.String()+"/pause", strings.NewReader("reason=x&revision=0"))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.AddCookie(w.session(partners.RoleManager))
	answer, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", answer.StatusCode)
	}
	now, err := w.campaigns.Get(t.Context(), w.by, s.ID)
	must(t, err)
	if now.State().Status != campaigns.Active {
		t.Error("another site has paused a campaign")
	}
}

func TestAnothersCampaignDoesNotExist(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	other := w.newPartner("Otra")
	key := w.key(other, partners.RoleManager)
	principal, err := w.partners.Authenticate(t.Context(), key)
	must(t, err)
	token, _, err := w.sessions.Open(t.Context(), principal)
	must(t, err)
	who := &http.Cookie{Name: auth.CookieName, Value: token}
	for _, path := range []string{"/campaigns/" + s.ID.String(), "/campaigns/" + newID().String(), "/campaigns/not-an-id", "/campaigns/" + s.ID.String() + "/series"} {
		if status, body, _ := w.get(path, who, "en"); status != http.StatusNotFound || strings.Contains(body, "Navidad") {
			t.Errorf("%s: status %d", path, status)
		}
	}
	if status, _, _ := w.post("/campaigns/"+s.ID.String()+"/pause", who, "revision=0&reason=x"); status != http.StatusNotFound {
		t.Errorf("pausing another's campaign: status %d", status)
	}
}

func TestAnAnalystLooksAndDoesNotTouch(t *testing.T) {
	w := newWorld(t)
	s := w.running("Navidad", campaigns.Social)
	who := w.session(partners.RoleAnalyst)
	_, body, _ := w.get("/campaigns/"+s.ID.String(), who, "en")
	has(t, body, `aria-disabled="true"`, "Your role may look but not change campaigns.")
	for path, form := range map[string]string{"/pause": "revision=0&reason=x", "/budget": "revision=0&limit=1", "/creatives": "revision=0", "/clone": ""} {
		if status, _, _ := w.post("/campaigns/"+s.ID.String()+path, who, form); status != http.StatusForbidden {
			t.Errorf("%s: status %d", path, status)
		}
	}
	if status, _, _ := w.get("/campaigns/new", who, "en"); status != http.StatusForbidden {
		t.Errorf("the form for a campaign: status %d", status)
	}
}

func TestAPageIsLight(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		w.running("Campaña "+newID().String(), campaigns.Social)
	}
	d, who := newRenderer(time.Now), w.session(partners.RoleManager)
	shared := 0
	for _, name := range []string{"app.css", "hanken-grotesk.woff2", "app.js", "words.js", "number.js", "figures.js", "budget.js", "live.js", "refresh.js", "forms.js", "chart.js", "sort.js", "mark.svg"} {
		if d.assets.Size(name) == 0 {
			t.Errorf("there is no %s", name)
		}
		shared += d.assets.Size(name)
	}
	for _, path := range []string{"/", "/campaigns", "/campaigns/new"} {
		_, body, _ := w.get(path, who, "es")
		if all := shared + len(body); all > 200_000 {
			t.Errorf("%s weighs %d bytes uncompressed, all included", path, all)
		}
	}
}

// A page that is missing or forbidden stands in the same frame as the others;
// who is not signed in sees no frame.
func TestMissingAndForbiddenPagesKeepTheFrame(t *testing.T) {
	w := newWorld(t)
	w.busy()
	analyst := w.session(partners.RoleAnalyst)
	for path, want := range map[string]int{"/nowhere": http.StatusNotFound, "/campaigns/new": http.StatusForbidden} {
		status, body, _ := w.get(path, analyst, "en")
		if status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
		has(t, body, `<span class="count">`, "Café Andino")
	}
	status, body, _ := w.send(http.MethodPost, "/signin", nil, "en", "", "Sec-Fetch-Site", "cross-site")
	if status != http.StatusForbidden || strings.Contains(body, `class="bar"`) {
		t.Errorf("from another site: status %d, with the navigation: %t", status, strings.Contains(body, `class="bar"`))
	}
}
