package dashboard

import (
	"net/http"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/overlap"
)

type overlapPage struct {
	Choice, Campaigns []option
	Audiences         *overlapTable // nil: nothing is compared
	Targetings        *overlapTable
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

// overlap compares the audiences that the address names.
func (v *visit) overlap() error {
	all, _, err := v.d.Audiences.List(v.r.Context(), v.scope(), audience.Query{Limit: pageSize})
	if err != nil {
		return err
	}
	chosen := v.chosenAudiences(all)
	p := overlapPage{}
	for _, s := range all {
		p.Choice = append(p.Choice, option{Value: s.ID.String(), Label: s.Name + " · " + v.locale.Count(s.Size)})
		for _, c := range chosen {
			p.Choice[len(p.Choice)-1].Chosen = p.Choice[len(p.Choice)-1].Chosen || c.ID == s.ID
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
	found, _, err := v.d.Campaigns.List(v.r.Context(), v.by(), campaigns.Query{Limit: pageSize})
	if err != nil {
		return err
	}
	named := v.r.URL.Query()["campaign"]
	var names []string
	var chosen []targeting.Configuration
	for _, c := range found {
		s := c.State()
		if s.Targeting == nil {
			continue
		}
		o := option{Value: s.ID.String(), Label: s.Name, Chosen: slices.Contains(named, s.ID.String())}
		p.Campaigns = append(p.Campaigns, o)
		if o.Chosen && len(chosen) < overlap.MaxGroups {
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
