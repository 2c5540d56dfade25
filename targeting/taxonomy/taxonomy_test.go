package taxonomy

import (
	"strings"
	"testing"
)

func TestTheWholeTaxonomy(t *testing.T) {
	tree := load()
	if len(tree.nodes) != 1558 || len(Children("")) != 3 {
		t.Errorf("%d nodes, %d roots", len(tree.nodes), len(Children("")))
	}
	for _, n := range tree.nodes {
		if n.Parent != "" {
			p, ok := Get(n.Parent)
			if !ok || len(p.Path) >= len(n.Path)+1 || p.Children == 0 {
				t.Errorf("%+v lies in %+v", n, p)
			}
		}
		if strings.Contains(n.Name(), "\t") || strings.TrimSpace(n.Name()) != n.Name() {
			t.Errorf("%q", n.Name())
		}
	}
}

func TestSearch(t *testing.T) {
	for query, first := range map[string]string{
		"hiking": "Hiking", "  CAMPING ": "Camping", "video gaming": "Video Gaming", "technology": "Technology & Computing", "cafe": "",
	} {
		found := Search(query, 5)
		if len(found) == 0 {
			if first != "" {
				t.Errorf("%q finds nothing", query)
			}
			continue
		}
		if first != "" && !strings.Contains(found[0].Name(), first) {
			t.Errorf("%q finds %q first", query, found[0].Path)
		}
	}
	if Search("", 5) != nil || len(Search("xyzzy", 5)) != 0 || len(Search("a", 7)) != 7 {
		t.Error("searches without a word, without a hit, with too many")
	}
}

func FuzzSearch(f *testing.F) {
	f.Add("Café")
	f.Fuzz(func(t *testing.T, query string) {
		if found := Search(query, 10); len(found) > 10 {
			t.Fatal(len(found))
		}
	})
}
