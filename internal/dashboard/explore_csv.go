package dashboard

import (
	"encoding/csv"
	"time"

	"github.com/hexabuilders/campaignd/performance/wire"
)

// exploreCSV is the whole answer for a spreadsheet: exact values, fractions as
// fractions, an empty cell for what is not known.
func (v *visit) exploreCSV(s subject, form *exploreForm, a exploreAnswer) error {
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="metrics-`+s.ID.String()+`.csv"`)
	v.w.Header().Set("Cache-Control", "no-store")
	out := csv.NewWriter(v.w)
	out.UseCRLF = true
	head := []string{"from", "to"}
	if form.By != "" {
		head = append(head, form.By)
	}
	if a.Mixed {
		head = append(head, "mix")
	}
	head = append(append(head, "currency"), exploreColumns...)
	if err := out.Write(append(head, "known_at")); err != nil {
		return err
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(s.zone).Format(time.RFC3339)
	}
	for _, item := range a.Items {
		row := []string{stamp(item.From), stamp(item.To)}
		if form.By != "" {
			row = append(row, wire.SafeText(item.Group[form.By]))
		}
		if a.Mixed {
			row = append(row, wire.SafeText(v.locale.windowText(item.Mark)))
		}
		row = append(row, s.code())
		for _, f := range figures(item.Totals, s.code()) {
			if f.Known {
				row = append(row, f.Plain())
			} else {
				row = append(row, "")
			}
		}
		if err := out.Write(append(row, a.KnownAt.UTC().Format(time.RFC3339Nano))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
