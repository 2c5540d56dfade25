package dashboard

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/web"
)

// view is everything the layout shows around a page, and the page itself.
type view struct {
	Title   string
	Section string // the part of the navigation that is current
	Locale  *locale
	Theme   string // "light", "dark", or "" for what the system prefers
	Viewer  *viewer
	Firing  int64 // alerts that need somebody, beside the navigation
	Flash   *flash
	Back    string // where a change of language returns to
	Now     time.Time
	Words   map[string]string // what the scripts say
	Page    any
}

// viewer is who is signed in.
type viewer struct {
	Name    string
	Role    string
	Partner string

	Settings bool // may see and change them
	Partners bool // may see and add them
}

// flash is one sentence about what was just done, with its undo.
type flash struct {
	Tone, Icon, Text string
	Undo             string // where a POST takes it back
}

// pages are the templates of one locale, by page name.
type pages map[string]*template.Template

// renderer makes each locale's templates once: their functions print in that
// locale, so a template never has to say in which.
type renderer struct {
	now     func() time.Time
	assets  *web.Assets
	icons   map[string]template.HTML
	locales locales

	mu   sync.Mutex
	made map[string]pages
}

// Every other template is a page, made of these and its own.
var commonTemplates = []string{"layout.html", "parts.html", "fields.html", "table.html", "head.html"}

func newRenderer(now func() time.Time) *renderer {
	return &renderer{now: now, assets: web.NewAssets(), icons: web.Icons(), made: map[string]pages{}}
}

// warm makes the templates of the first locale.
func (re *renderer) warm() error {
	l, err := re.locales.get(supported[0])
	if err == nil {
		_, err = re.page(l, "signin")
	}
	return err
}

// page is one page's template in one locale.
func (re *renderer) page(l *locale, name string) (*template.Template, error) {
	re.mu.Lock()
	defer re.mu.Unlock()
	if p, ok := re.made[l.Tag]; ok {
		return p[name], nil
	}
	p, err := re.parse(l)
	if err != nil {
		return nil, fmt.Errorf("dashboard: templates: %w", err)
	}
	re.made[l.Tag] = p
	return p[name], nil
}

func (re *renderer) parse(l *locale) (pages, error) {
	common, err := template.New("").Funcs(re.functions(l)).ParseFS(web.Templates(), commonTemplates...)
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(web.Templates(), "*.html")
	if err != nil {
		return nil, err
	}
	p := make(pages, len(files))
	for _, file := range files {
		if slices.Contains(commonTemplates, file) {
			continue
		}
		own, err := common.Clone()
		if err != nil {
			return nil, err
		}
		if p[strings.TrimSuffix(file, ".html")], err = own.ParseFS(web.Templates(), file); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// write renders the whole page before the first byte is sent, so that a
// failure becomes an error page rather than half of this one.
func (re *renderer) write(w http.ResponseWriter, status int, name string, v view) error {
	t, err := re.page(v.Locale, name)
	if err != nil {
		return err
	}
	v.Words = scriptWords(v.Locale)
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, "layout", v); err != nil {
		return fmt.Errorf("dashboard: page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Locale.Tag)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := body.WriteTo(w); err != nil {
		slog.Debug("page not received", "page", name, "error", err)
	}
	return nil
}

// functions are what templates may call, bound to one locale.
func (re *renderer) functions(l *locale) template.FuncMap {
	return template.FuncMap{
		"t":           l.T,
		"tn":          l.N,
		"count":       l.Count,
		"figure":      l.Figure,
		"metric":      l.Metric,
		"channel":     l.Channel,
		"long":        func(text string) bool { return utf8.RuneCountInString(text) > 14 }, // figures.js says so too
		"decimals":    func(code string) int { return money.Currency(code).Exponent() },
		"formula":     l.Formula,
		"reason":      l.Reason,
		"stamp":       l.Stamp,
		"ago":         func(t time.Time) string { return l.Ago(t, re.now()) },
		"iso":         func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"zoneName":    func(t time.Time) string { return t.Location().String() },
		"moneyPrefix": func(code string) string { p, _ := l.MoneyAffixes(code); return p },
		"moneySuffix": func(code string) string { _, s := l.MoneyAffixes(code); return s },
		"zones":       func() []string { return zones },
		"asset":       re.assets.Path,
		"dict":        dict,
		"icon":        func(name string) template.HTML { return re.icons[name] },
	}
}

// zones are offered while one types; any IANA name is taken.
var zones = []string{
	"America/Bogota", "America/Mexico_City", "America/Lima", "America/Santiago", "America/Argentina/Buenos_Aires", "America/Guayaquil",
	"America/Caracas", "America/La_Paz", "America/Montevideo", "America/Asuncion", "America/Panama", "America/Costa_Rica", "America/Guatemala",
	"America/Santo_Domingo", "America/Sao_Paulo", "America/New_York", "America/Los_Angeles", "Europe/Madrid", "Atlantic/Canary", "UTC",
}

// dict hands a part of a page more than one thing: names and values in turn.
func dict(pairs ...any) map[string]any {
	named := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		named[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return named
}
