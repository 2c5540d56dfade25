package dashboard

import (
	"net/http"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/overlap"
)

type overlapPage struct {
	Choice     []option
	Names      []string
	Rows       []overlapRow
	Union, All int64
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
	Level  int // 0 to 4, for its shade
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
		if err := v.compare(&p, chosen[:min(len(chosen), overlap.MaxGroups)]); err != nil {
			return err
		}
	}
	return v.page(http.StatusOK, "overlap", v.locale.T("overlap.tab"), "audiences", p)
}

func (v *visit) compare(p *overlapPage, chosen []audience.State) error {
	var sets []*roaring.Bitmap
	for _, s := range chosen {
		_, members, err := v.d.Audiences.Members(v.r.Context(), v.scope(), s.ID)
		if gone(err) {
			members = roaring.New()
		} else if err != nil {
			return err
		}
		sets, p.Names = append(sets, members), append(p.Names, s.Name)
	}
	r := overlap.OfSets(sets)
	p.Union, p.All = r.Union.Mid, r.Intersection.Mid
	for i, s := range chosen {
		row := overlapRow{Name: s.Name, Size: r.Sizes[i].Mid, Only: r.Only[i].Mid, Cells: make([]overlapCell, len(chosen))}
		row.Cells[i].Itself = true
		for _, pair := range r.Pairs {
			if pair.A == i || pair.B == i {
				part := share(pair.Intersection.Mid, r.Sizes[i].Mid)
				row.Cells[pair.A+pair.B-i] = overlapCell{People: pair.Intersection.Mid, Share: v.locale.Percent(part, 0), Level: int(min(4, part*4/money.Unit+min(1, part)))}
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}
