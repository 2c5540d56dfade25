package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAssetsAreKeptForEverUnderTheirHash(t *testing.T) {
	assets := NewAssets()
	for path, want := range map[string]struct {
		status int
		cache  string
	}{
		assets.Path("app.css"):        {http.StatusOK, "public, max-age=31536000, immutable"},
		assets.Path("app.js"):         {http.StatusOK, "public, max-age=31536000, immutable"},
		"/assets/older/app.js":        {http.StatusOK, "no-cache"},
		assets.Path("nothing.js"):     {http.StatusNotFound, ""},
		assets.Path("../web.go"):      {http.StatusNotFound, ""},
		"/assets/":                    {http.StatusNotFound, ""},
		assets.Path("layout.html"):    {http.StatusNotFound, ""},
		assets.Path("5-forms.css"):    {http.StatusNotFound, ""},
		assets.Path("mark.svg") + "/": {http.StatusOK, "public, max-age=31536000, immutable"},
	} {
		w := httptest.NewRecorder()
		assets.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want.status || want.cache != "" && w.Header().Get("Cache-Control") != want.cache {
			t.Errorf("%s: status %d, %q", path, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestTextIsSentCompressedToWhoTakesIt(t *testing.T) {
	assets := NewAssets()
	for _, c := range []struct{ name, takes, encoding string }{
		{"app.css", "gzip, br", "gzip"}, {"chart.js", "gzip", "gzip"}, {"mark.svg", "", ""}, {"app.css", "", ""}, {"hanken-grotesk.woff2", "gzip", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, assets.Path(c.name), nil)
		if c.takes != "" {
			r.Header.Set("Accept-Encoding", c.takes)
		}
		w := httptest.NewRecorder()
		assets.ServeHTTP(w, r)
		size := w.Body.Len()
		if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != c.encoding || c.encoding == "gzip" && size > assets.Size(c.name)/2 || c.encoding == "" && size != assets.Size(c.name) {
			t.Errorf("%s to who takes %q: %d, %q, %d of %d bytes", c.name, c.takes, w.Code, w.Header().Get("Content-Encoding"), size, assets.Size(c.name))
		}
	}
}

func TestOtherBytesHaveAnotherHash(t *testing.T) {
	a, b := hashOf(map[string][]byte{"x": []byte("1")}), hashOf(map[string][]byte{"x": []byte("2")})
	if a == b || a != hashOf(map[string][]byte{"x": []byte("1")}) {
		t.Errorf("hashes %s and %s", a, b)
	}
}

func TestTheStylesBeginWithTheTokens(t *testing.T) {
	if css := string(Stylesheet()); !strings.HasPrefix(css, "/* Design tokens") || strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("the styles are out of order or not closed")
	}
}

func TestEveryIconDrawsInThePagesColours(t *testing.T) {
	for name, icon := range Icons() {
		if s := string(icon); !strings.HasPrefix(s, `<svg class="icon"`) || !strings.Contains(s, `aria-hidden="true"`) || strings.Contains(s, "#") {
			t.Errorf("%s: %s", name, s)
		}
	}
}

func TestOnlyTwoLanguagesExist(t *testing.T) {
	if _, err := Messages("fr"); err == nil {
		t.Error("French was found")
	}
	for _, lang := range []string{"en", "es"} {
		if m, err := Messages(lang); err != nil || len(m) < 300 {
			t.Errorf("%s: %d messages, %v", lang, len(m), err)
		}
	}
}

// The type face goes with its licence.
func TestTheLicenceIsThere(t *testing.T) {
	body, err := fs.ReadFile(files, "assets/hanken-grotesk.LICENSE.txt")
	if err != nil || !strings.Contains(string(body), "SIL Open Font License") {
		t.Error("the licence of the type face is missing")
	}
}

// A table does not shrink to what hides it, and would widen the page on a phone.
func TestHiddenTablesStandInABox(t *testing.T) {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `<table class="unseen"`) {
			t.Errorf("%s hides a table itself", name)
		}
	}
}
