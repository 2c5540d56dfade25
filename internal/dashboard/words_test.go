package dashboard

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/web"
)

// Both languages have the same messages, with the same placeholders and plural
// forms, and none is empty.
func TestLanguagesSayTheSame(t *testing.T) {
	en, es := dictionaryOf(t, "en"), dictionaryOf(t, "es")
	for key, forms := range en {
		if es[key] == nil {
			t.Errorf("%s is missing in Spanish", key)
			continue
		}
		for form, text := range forms {
			other := es[key][form]
			if text == "" || other == "" {
				t.Errorf("%s (%s) is empty", key, form)
			}
			if a, b := placeholders(text), placeholders(other); !slices.Equal(a, b) {
				t.Errorf("%s (%s): placeholders %v and %v", key, form, a, b)
			}
		}
	}
	for key := range es {
		if en[key] == nil {
			t.Errorf("%s is missing in English", key)
		}
	}
}

func dictionaryOf(t *testing.T, lang string) dictionary {
	t.Helper()
	d, err := readDictionary(lang)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var braces = regexp.MustCompile(`\{\w+\}`)

func placeholders(text string) []string {
	found := braces.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

var (
	inTemplates = regexp.MustCompile(`\{\{-?\s*(?:tn?|if[^}]*\bt) "([^"]+)"`)
	visibleText = regexp.MustCompile(`>\s*([\p{L}][\p{L} ,.']{3,})\s*<`)
)

// Every message a template asks for exists, and no template says anything in
// one language only.
func TestTemplatesSayNothingUntranslated(t *testing.T) {
	words := dictionaryOf(t, "en")
	err := fs.WalkDir(web.Templates(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(web.Templates(), path)
		for _, found := range inTemplates.FindAllStringSubmatch(string(body), -1) {
			if words[found[1]] == nil {
				t.Errorf("%s asks for %q, which does not exist", path, found[1])
			}
		}
		for _, found := range visibleText.FindAllStringSubmatch(string(body), -1) {
			if text := strings.TrimSpace(found[1]); text != "Español" && text != "English" && text != "hexabuilders" {
				t.Errorf("%s says %q in one language only", path, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var inCode = regexp.MustCompile(`\.[TN]\("([^"]+)"`)

// Every message the code asks for by its whole key exists.
func TestCodeAsksForMessagesThatExist(t *testing.T) {
	words := dictionaryOf(t, "en")
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		body, err := os.ReadFile(entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range inCode.FindAllStringSubmatch(string(body), -1) {
			if words[found[1]] == nil && !strings.HasSuffix(found[1], ".") {
				t.Errorf("%s asks for %q, which does not exist", entry.Name(), found[1])
			}
		}
	}
}

func TestAnUnknownMessageShowsItsKey(t *testing.T) {
	l := &locale{words: dictionary{}}
	if got := l.T("no.such.key", "a", 1); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
}
