package reach

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/targeting"
)

var verb = regexp.MustCompile(`%[-+#.0-9]*[a-z%]`)

// Every sentence that is said has its Spanish one, with the same verbs in the
// same order, and nothing is translated that nobody says.
func TestSentencesAreSpokenInBothLanguages(t *testing.T) {
	said := map[string]bool{Standard().Source: true, Standard().sourceOf(MatchRate): true}
	for name, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			what, ok := call.Fun.(*ast.SelectorExpr)
			direct, plain := call.Fun.(*ast.Ident)
			if (!ok || what.Sel.Name != "say" && what.Sel.Name != "word") && (!plain || direct.Name != "say") {
				return true
			}
			if text, ok := call.Args[0].(*ast.BasicLit); ok {
				sentence, err := strconv.Unquote(text.Value)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				said[sentence] = true
			}
			return true
		})
	}
	for sentence := range said {
		translated, ok := spanish[sentence]
		if !ok || !slices.Equal(verb.FindAllString(sentence, -1), verb.FindAllString(translated, -1)) {
			t.Errorf("in Spanish %q is %q", sentence, translated)
		}
	}
	for sentence := range spanish {
		if !said[sentence] {
			t.Errorf("nobody says %q", sentence)
		}
	}
}

// sources are the package's files without its tests.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // no build tags here
	if err != nil {
		t.Fatal(err)
	}
	return packages["reach"].Files
}

func TestAnEstimateExplainsItselfInSpanish(t *testing.T) {
	s := (&desk{}).withLists()
	c := shown(1, -3)
	c.Languages, c.Interests, c.Genders = []string{"es"}, []string{"607"}, []targeting.Gender{"female"}
	c.Locations[0].City = "Bogotá"
	english, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: c})
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Estimate(t.Context(), andes.Partner, Request{Configuration: c, Language: "es"})
	if err != nil || e.Mid != english.Mid {
		t.Fatalf("%d, not %d, %v", e.Mid, english.Mid, err)
	}
	for i, f := range e.Factors {
		if f.Basis == english.Factors[i].Basis || f.Share != english.Factors[i].Share {
			t.Errorf("%s: %s", f.Criterion, f.Basis)
		}
	}
	for i, a := range e.Assumptions {
		if a == english.Assumptions[i] {
			t.Error(a)
		}
	}
	if all := shareOf(e, "custom_audiences").Basis; !strings.Contains(all, "60000 personas están hoy en \"L1\". Las plataformas encuentran al 50 % de ellas, de 20 a 85. Un supuesto") {
		t.Error(all)
	}
}
