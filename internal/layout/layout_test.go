package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

func TestEveryImportKeepsToTheLayout(t *testing.T) {
	pkgs := listed(t)
	if len(pkgs) < 5 {
		t.Fatalf("go list found %d packages only", len(pkgs))
	}
	for _, v := range violations(pkgs) {
		t.Error(v)
	}
}

func listed(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var pkgs []pkg
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestViolations(t *testing.T) {
	for _, c := range []struct {
		from, imports string // imports: separated by blanks; "./" means ours
		want          string // part of the one violation, "" for none
	}{
		{"money", "math ./fault github.com/bojanz/currency", ""},
		{"money", "./event", "standard library and fault only"},
		{"money", "github.com/a/b github.com/c/d", "at most one library"},
		{"forecast", "./internal/sqlstore", "standard library and fault only"},

		{"campaigns", "./targeting ./money ./event time github.com/google/uuid", ""},
		{"campaigns", "./budgets", "here, targeting only"},
		{"targeting", "./campaigns", "here, no sibling only"},
		{"optimization", "./campaigns ./targeting ./budgets ./performance", ""},
		{"optimization", "./billing", "imports leaves"},
		{"performance/wire", "./performance ./performance/chunk ./money", ""},
		{"performance/wire", "./partners", "imports leaves"},
		{"budgets", "./internal/jobs", "imports leaves"},
		{"budgets", "net/http", "leaves this to an adapter"},
		{"budgets", "net/http/httptest", "leaves this to an adapter"},
		{"budgets", "database/sql/driver", "leaves this to an adapter"},
		{"budgets", "net/netip", ""},

		{"internal/httpapi", "./campaigns ./web net/http ./internal/httpapi/problem", ""},
		{"internal/httpapi", "./internal/sqlstore", "do not import each other"},
		{"internal/httpapi/problem", "./internal/live", "do not import each other"},
		{"internal/applause", "./internal/live", "do not import each other"},
		{"internal/app", "./internal/httpapi ./internal/sqlstore ./campaigns", ""},
		{"internal/httpapi", "./internal/app", "only cmd/campaignd"},
		{"internal/app", "./internal/testenv", "only tests"},
		{"campaigns", "./internal/conformance", "only tests"},

		{"cmd/campaignd", "./internal/app flag", ""},
		{"cmd/campaignd", "./internal/sqlstore", "nothing behind it"},
		{"cmd/other", "./internal/app", "only cmd/campaignd"},
		{"web", "embed", ""},
		{"web", "./campaigns", "assets import nothing"},
		{"util", "strings", "no place in the layout"},
	} {
		got := violations([]pkg{{ImportPath: module + "/" + c.from, Imports: expand(c.imports)}})
		switch {
		case c.want == "" && len(got) == 0:
		case c.want != "" && len(got) == 1 && strings.Contains(got[0], c.want):
		default:
			t.Errorf("%s importing %s: got %q, want %q", c.from, c.imports, got, c.want)
		}
	}
}

func expand(imports string) []string {
	var paths []string
	for path := range strings.FieldsSeq(imports) {
		if ours, ok := strings.CutPrefix(path, "./"); ok {
			path = module + "/" + ours
		}
		paths = append(paths, path)
	}
	return paths
}
