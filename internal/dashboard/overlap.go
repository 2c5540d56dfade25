package dashboard

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/overlap"
)

type overlapPage struct {
	Query             string
	Choice, Campaigns chooser
	Audiences         *overlapTable // nil: nothing is compared
	Targetings        *overlapTable
}

// chooser offers groups to compare: those that are chosen, and of the others
// those that have the text that is looked for, as many as a page holds.
type chooser struct {
	Name, Query string
	Options     []option
	More        bool // there are others
}

func (c *chooser) offer(o option) {
	if len(c.Options) >= pageSize && !o.Chosen {
		c.More = true
		return
	}
	c.Options = append(c.Options, o)
}

// overlapTable is what groups have in common.
type overlapTable struct {
	ID, Title, Note string
	Names           []string
	Rows            []overlapRow
	Union, All      int64
	Between         string // the range of an estimated union
}

type overlapRow struct {
	Name       string
	Size, Only int64
	Cells      []overlapCell
}

// overlapCell is how many a row's audience shares with a column's.
type overlapCell struct {
	Itself bool
	People int64
	Share  string
	Alike  string // similarity of the two configurations
}

// overlap compares the audiences and campaigns that the address names.
func (v *visit) overlap() error {
	all, err := v.d.Audiences.All(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	query := strings.TrimSpace(v.r.FormValue("q"))
	p := overlapPage{Choice: chooser{Name: "audience", Query: query}, Campaigns: chooser{Name: "campaign", Query: query}}
	chosen := v.chosenAudiences(all)
	for _, s := range all {
		o := option{Value: s.ID.String(), Label: s.Name + " · " + v.locale.Count(s.Size)}
		o.Chosen = slices.ContainsFunc(chosen, func(c audience.State) bool { return c.ID == s.ID })
		if o.Chosen || strings.Contains(strings.ToLower(s.Name), strings.ToLower(query)) {
			p.Choice.offer(o)
		}
	}
	if len(chosen) >= overlap.MinGroups {
		if p.Audiences, err = v.compare(chosen[:min(len(chosen), overlap.MaxGroups)]); err != nil {
			return err
		}
	}
	if err := v.targetings(&p); err != nil {
		return err
	}
	return v.page(http.StatusOK, "overlap", v.locale.T("overlap.tab"), "audiences", p)
}

func (v *visit) compare(chosen []audience.State) (*overlapTable, error) {
	var sets []*roaring.Bitmap
	var names []string
	for _, s := range chosen {
		_, members, err := v.d.Audiences.Members(v.r.Context(), v.scope(), s.ID)
		if gone(err) {
			members = roaring.New()
		} else if err != nil {
			return nil, err
		}
		sets, names = append(sets, members), append(names, s.Name)
	}
	t := v.locale.overlapTable(names, overlap.OfSets(sets))
	t.ID, t.Title = "matrix", v.locale.T("overlap.matrix")
	return t, nil
}

// targetings offers the partner's campaigns that have a targeting, and compares
// those that the address names on the population model.
func (v *visit) targetings(p *overlapPage) error {
	found, next, err := v.d.Campaigns.List(v.r.Context(), v.by(), campaigns.Query{Text: p.Campaigns.Query, Limit: pageSize})
	if err != nil {
		return err
	}
	p.Campaigns.More = next != ""
	named, err := v.namedCampaigns()
	if err != nil {
		return err
	}
	var names []string
	var chosen []targeting.Configuration
	offered := map[uuid.UUID]bool{}
	for _, c := range slices.Concat(named, found) {
		s := c.State()
		if s.Targeting == nil || offered[s.ID] {
			continue
		}
		offered[s.ID] = true
		o := option{Value: s.ID.String(), Label: s.Name, Chosen: len(offered) <= len(named)}
		p.Campaigns.offer(o)
		if o.Chosen {
			names, chosen = append(names, s.Name), append(chosen, *s.Targeting)
		}
	}
	if len(chosen) < overlap.MinGroups {
		return nil
	}
	model, err := v.d.Reach.Model(v.r.Context(), v.scope(), chosen)
	if err != nil {
		return err
	}
	r, err := overlap.OfConfigurations(model, chosen)
	if err != nil {
		return err
	}
	t := v.locale.overlapTable(names, r)
	t.ID, t.Title, t.Note = "targetings", v.locale.T("overlap.campaigns.matrix"), v.locale.T("overlap.campaigns.note")
	t.Between = v.locale.T("overlap.between", "low", v.locale.Count(r.Union.Low), "high", v.locale.Count(r.Union.High))
	p.Targetings = t
	return nil
}

// namedCampaigns are those that the address names, as many as are compared; one
// that is gone is left out.
func (v *visit) namedCampaigns() (named []*campaigns.Campaign, err error) {
	for _, text := range v.r.URL.Query()["campaign"] {
		id, err := uuid.Parse(text)
		again := slices.ContainsFunc(named, func(c *campaigns.Campaign) bool { return c.State().ID == id })
		if err != nil || again || len(named) == overlap.MaxGroups {
			continue
		}
		c, err := v.d.Campaigns.Get(v.r.Context(), v.by(), id)
		switch {
		case errors.Is(err, campaigns.ErrNotFound):
		case err != nil:
			return nil, err
		case c.State().Targeting != nil:
			named = append(named, c)
		}
	}
	return named, nil
}

func (l *locale) overlapTable(names []string, r overlap.Result) *overlapTable {
	t := &overlapTable{Names: names, Union: r.Union.Mid, All: r.Intersection.Mid}
	for i, name := range names {
		row := overlapRow{Name: name, Size: r.Sizes[i].Mid, Only: r.Only[i].Mid, Cells: make([]overlapCell, len(names))}
		row.Cells[i].Itself = true
		for _, pair := range r.Pairs {
			if pair.A != i && pair.B != i {
				continue
			}
			cell := overlapCell{People: pair.Intersection.Mid, Share: l.Percent(share(pair.Intersection.Mid, r.Sizes[i].Mid), 0)}
			if pair.Similarity != nil {
				cell.Alike = l.T("overlap.alike", "similarity", l.Fixed(shareOf(*pair.Similarity), 2))
			}
			row.Cells[pair.A+pair.B-i] = cell
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
