// Package taxonomy is the IAB Tech Lab Audience Taxonomy 1.1: what interests
// are called, how they lie in each other, and how to find one.
package taxonomy

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Version names the taxonomy.
const Version = "IAB Audience Taxonomy 1.1"

//go:embed audience-taxonomy-1.1.tsv
var file string

// Node is one place in the taxonomy.
type Node struct {
	ID       string
	Parent   string   // empty at the three roots
	Path     []string // from the root, its own name last
	Children int
}

// Name is what it is called.
func (n Node) Name() string { return n.Path[len(n.Path)-1] }

// tree is the taxonomy as it is searched.
type tree struct {
	nodes    []Node // in the order of the file, which is that of the tree
	folded   []string
	byID     map[string]int
	children map[string][]int
}

// load reads the file once. It is part of the program, so that it cannot be
// read is a mistake in the program.
var load = sync.OnceValue(func() *tree {
	t, err := parse(file)
	if err != nil {
		panic(err)
	}
	return t
})

const (
	columnID, columnParent = 1, 2
	firstTier, lastTier    = 4, 10 // exclusive
)

func parse(text string) (*tree, error) {
	t := &tree{byID: map[string]int{}, children: map[string][]int{}}
	lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
	for i, line := range lines[1:] {
		cells := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(cells) < lastTier || strings.TrimSpace(cells[columnID]) == "" {
			continue
		}
		n := Node{ID: strings.TrimSpace(cells[columnID]), Parent: strings.TrimSpace(cells[columnParent])}
		for _, tier := range cells[firstTier:lastTier] {
			if tier = strings.Trim(strings.TrimSpace(tier), `"`); tier != "" {
				n.Path = append(n.Path, tier)
			}
		}
		if len(n.Path) == 0 {
			return nil, fmt.Errorf("taxonomy: line %d has no name", i+2)
		}
		t.byID[n.ID] = len(t.nodes)
		t.children[n.Parent] = append(t.children[n.Parent], len(t.nodes))
		t.nodes, t.folded = append(t.nodes, n), append(t.folded, fold(n.Name()))
	}
	for i := range t.nodes {
		t.nodes[i].Children = len(t.children[t.nodes[i].ID])
	}
	return t, nil
}

// Get is the node of an id.
func Get(id string) (Node, bool) {
	t := load()
	i, ok := t.byID[id]
	if !ok {
		return Node{}, false
	}
	return t.nodes[i], true
}

// Children are the nodes below one, in the taxonomy's order; "" are the roots.
func Children(id string) []Node {
	t := load()
	out := make([]Node, 0, len(t.children[id]))
	for _, i := range t.children[id] {
		out = append(out, t.nodes[i])
	}
	return out
}

// Search finds nodes whose path has every word of the query, those first whose
// own name is nearest to it. Case and accents do not matter.
func Search(query string, limit int) []Node {
	t, words := load(), strings.Fields(fold(query))
	if len(words) == 0 {
		return nil
	}
	type hit struct{ node, rank int }
	var hits []hit
	for i := range t.nodes {
		if rank, ok := t.rank(i, words); ok {
			hits = append(hits, hit{i, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.rank - b.rank })
	out := make([]Node, 0, min(limit, len(hits)))
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, t.nodes[h.node])
	}
	return out
}

// rank is how far a node is from the words, the nearest 0; ok when all of them
// stand in its path.
func (t *tree) rank(i int, words []string) (rank int, ok bool) {
	name, path := t.folded[i], fold(strings.Join(t.nodes[i].Path, " "))
	for _, w := range words {
		if !strings.Contains(path, w) {
			return 0, false
		}
	}
	query := strings.Join(words, " ")
	switch {
	case name == query:
		rank = 0
	case strings.HasPrefix(name, query):
		rank = 1
	case strings.Contains(" "+name, " "+query):
		rank = 2
	case strings.Contains(name, query):
		rank = 3
	case strings.Contains(name, words[0]):
		rank = 4
	default: // only its parents are called so
		rank = 5
	}
	return rank*10 + len(t.nodes[i].Path), true
}

// fold makes texts comparable: lower case without accents.
func fold(s string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		plain = s
	}
	return strings.ToLower(plain)
}
