package dashboard

import (
	"net/http"
	"strings"

	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

// interestsPage is the IAB Audience Taxonomy: what was searched for, or what
// lies below one of its nodes.
type interestsPage struct {
	Query   string
	Above   []taxonomy.Node // from the root to the node that is open
	Nodes   []interestRow
	Version string
}

type interestRow struct {
	taxonomy.Node
	Below string // "Interest, Sports": where it lies
}

// interestsShown are the most that a search shows.
const interestsShown = 100

// interests lets people find the interests that the form of an audience takes.
func (v *visit) interests() error {
	q := v.r.URL.Query()
	p := interestsPage{Query: strings.TrimSpace(q.Get("q")), Version: taxonomy.Version}
	nodes := taxonomy.Children("")
	if open, ok := taxonomy.Get(q.Get("parent")); ok {
		nodes = taxonomy.Children(open.ID)
		for ; ok; open, ok = taxonomy.Get(open.Parent) {
			p.Above = append([]taxonomy.Node{open}, p.Above...)
		}
	}
	if p.Query != "" {
		nodes, p.Above = taxonomy.Search(p.Query, interestsShown), nil
	}
	for _, n := range nodes {
		p.Nodes = append(p.Nodes, interestRow{n, strings.Join(n.Path[:len(n.Path)-1], " › ")})
	}
	return v.page(http.StatusOK, "interests", v.locale.T("interests.title"), "audiences", p)
}
