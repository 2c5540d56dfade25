package layout

import (
	"fmt"
	"slices"
	"strings"
)

const module = "github.com/hexabuilders/campaignd"

// pkg is what "go list -json" says about a package: its path and what its
// product files import. What tests import is free.
type pkg struct {
	ImportPath string
	Imports    []string
}

// leaves import the standard library, fault, and at most one library of their
// own subject.
var leaves = []string{"claim", "event", "fault", "forecast", "localday", "money"}

// domains import leaves and the siblings named here. The business has to be
// readable, and testable, without a database or a network.
var domains = map[string][]string{
	"campaigns":    {"targeting"},
	"targeting":    nil,
	"budgets":      nil,
	"performance":  nil,
	"optimization": {"campaigns", "targeting", "budgets", "performance"},
	"partners":     nil,
	"billing":      {"budgets"},
	"webhooks":     nil,
	// platforms turns campaigns into drafts for ad platforms, and what these
	// deliver into metric events.
	"platforms": {"campaigns", "targeting", "performance"},
}

// assets embed files and know nothing of the program.
var assets = []string{"api", "web"}

// testOnly packages are not part of the product.
var testOnly = []string{"internal/testenv", "internal/bank", "internal/conformance", "internal/contract", "internal/layout"}

// foreign are the parts of the standard library that a domain package leaves
// to the adapters.
var foreign = []string{"net/http", "database/sql", "os"}

// violations checks every import of every package and says, a line for each
// breach, which rule it breaks.
func violations(pkgs []pkg) []string {
	var found []string
	for _, p := range pkgs {
		from := local(p.ImportPath)
		for _, path := range p.Imports {
			if why := breach(from, path); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", from, shown(path), why))
			}
		}
		if slices.Contains(leaves, from) {
			if libraries := libraries(p.Imports); len(libraries) > 1 {
				found = append(found, fmt.Sprintf("%s imports %s: a leaf has at most one library", from, strings.Join(libraries, " and ")))
			}
		}
		if from != "." && !known(from) {
			found = append(found, from+": this folder has no place in the layout; give it one in internal/layout")
		}
	}
	return found
}

// breach is the rule that an import breaks, or nothing.
func breach(from, path string) string {
	to, ours := strings.CutPrefix(path, module+"/")
	switch {
	case ours && slices.Contains(testOnly, to) && !slices.Contains(testOnly, from):
		return "only tests may import it"
	case ours && to == "internal/app" && from != "cmd/campaignd":
		return "only cmd/campaignd imports internal/app"
	case slices.Contains(leaves, top(from)):
		return leafBreach(from, to, ours)
	case isDomain(from):
		return domainBreach(from, path, to, ours)
	case slices.Contains(assets, top(from)) && ours:
		return "assets import nothing of the program"
	case under(from, "internal") && ours && under(to, "internal") && second(from) != second(to) && second(from) != "app":
		return "packages under internal/ do not import each other; declare the interface you need and let internal/app connect them"
	case under(from, "cmd") && ours && under(to, "internal") && to != "internal/app":
		return "a command knows internal/app and nothing behind it"
	}
	return ""
}

func leafBreach(from, to string, ours bool) string {
	if ours && top(to) != top(from) && to != "fault" {
		return "a leaf imports the standard library and fault only"
	}
	return ""
}

func domainBreach(from, path, to string, ours bool) string {
	if !ours {
		for _, f := range foreign {
			if under(path, f) {
				return "a domain package leaves this to an adapter"
			}
		}
		return ""
	}
	if top(to) == top(from) || slices.Contains(leaves, top(to)) || slices.Contains(domains[top(from)], top(to)) {
		return ""
	}
	return fmt.Sprintf("a domain package imports leaves and, here, %s only", siblings(domains[top(from)]))
}

func siblings(names []string) string {
	if len(names) == 0 {
		return "no sibling"
	}
	return strings.Join(names, ", ")
}

func known(from string) bool {
	return under(from, "internal") || under(from, "cmd") || isDomain(from) ||
		slices.Contains(leaves, top(from)) || slices.Contains(assets, top(from))
}

func isDomain(from string) bool {
	_, ok := domains[top(from)]
	return ok
}

// libraries are the imports from outside the module and the standard library.
func libraries(imports []string) []string {
	var found []string
	for _, path := range imports {
		if strings.Contains(top(path), ".") && !under(path, module) {
			found = append(found, path)
		}
	}
	return found
}

// local is a path inside the module, "." for its root.
func local(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// shown is local for our packages and the whole path for others.
func shown(path string) string {
	if under(path, module) {
		return local(path)
	}
	return path
}

func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func top(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// second is the folder under internal/ that a package belongs to.
func second(path string) string {
	_, rest, _ := strings.Cut(path, "/")
	return top(rest)
}
