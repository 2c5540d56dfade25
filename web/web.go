// Package web holds what the browser gets: templates, styles, scripts, icons,
// translations and the type face, embedded in the binary. Nothing is built
// outside Go, and a page needs no other host.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"
)

//go:embed templates styles scripts icons i18n assets
var files embed.FS

// Templates are the page templates.
func Templates() fs.FS { return sub("templates") }

// Messages returns the translations of one language: a string, or one string
// for each plural form, by key.
func Messages(lang string) (map[string]json.RawMessage, error) {
	raw, err := fs.ReadFile(files, "i18n/"+lang+".json")
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("web: i18n/%s.json: %w", lang, err)
	}
	return m, nil
}

// Icons returns every icon as inline SVG, by name. They are drawn in the page
// so that they take its colours and none arrives late.
func Icons() map[string]template.HTML {
	icons := map[string]template.HTML{}
	for name, body := range contents("icons") {
		icons[strings.TrimSuffix(name, ".svg")] = template.HTML(strings.TrimSpace(string(body))) //nolint:gosec // our own files
	}
	return icons
}

// Stylesheet is every style, in the order of the file names.
func Stylesheet() []byte {
	entries, _ := fs.ReadDir(files, "styles")
	var css bytes.Buffer
	for _, e := range entries {
		body, _ := files.ReadFile("styles/" + e.Name())
		css.Write(body)
	}
	return css.Bytes()
}

// Assets serves styles, scripts, pictures and the type face under a path that
// holds their common hash. A browser may therefore keep them for ever: other
// bytes have another path. What is text is sent compressed; pages are not, as
// they hold what is secret beside what a stranger may have chosen.
type Assets struct {
	prefix string
	files  map[string][]byte
	serve  http.Handler
}

// NewAssets reads the embedded files and computes their hash.
func NewAssets() *Assets {
	all := contents("assets")
	for name, body := range contents("scripts") {
		all[name] = body
	}
	all["app.css"] = Stylesheet()
	a := &Assets{prefix: "/assets/" + hashOf(all) + "/", files: all}
	compress, err := gzhttp.NewWrapper(gzhttp.ContentTypes([]string{"text/css", "text/javascript", "image/svg+xml"}))
	if err != nil {
		panic(err) // the options are constants
	}
	a.serve = compress(http.HandlerFunc(a.send))
	return a
}

// Path is where the browser finds a file.
func (a *Assets) Path(name string) string { return a.prefix + name }

// Size is a file's length in bytes; 0 when there is none of that name.
func (a *Assets) Size(name string) int { return len(a.files[name]) }

// ServeHTTP implements http.Handler.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.serve.ServeHTTP(w, r) }

func (a *Assets) send(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	body, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, a.prefix) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

func contents(dir string) map[string][]byte {
	out := map[string][]byte{}
	entries, _ := fs.ReadDir(files, dir)
	for _, e := range entries {
		body, _ := files.ReadFile(dir + "/" + e.Name())
		out[e.Name()] = body
	}
	return out
}

func hashOf(all map[string][]byte) string {
	encoded, _ := json.Marshal(all) // keys are sorted
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:6])
}

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the name is a constant
	}
	return f
}
