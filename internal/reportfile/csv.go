package reportfile

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/report"
)

// writeCSV writes a row for each campaign, bucket and group (RFC 4180). An
// unknown KPI is an empty cell.
func writeCSV(ctx context.Context, to io.Writer, d *report.Document) error {
	if d.BOM {
		if _, err := io.WriteString(to, "\ufeff"); err != nil {
			return err
		}
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	head := slices.Concat(
		[]string{"campaign_id", "campaign", "day", "from", "to", "timezone"}, d.Groups,
		[]string{"currency", "impressions", "clicks", "conversions", "leads", "spend", "revenue"}, report.ShownKPIs, []string{"known_at"})
	if err := w.Write(head); err != nil {
		return err
	}
	known := d.KnownAt.Format(time.RFC3339Nano)
	err := d.Rows(ctx, func(r report.Row) error {
		r.Currency = r.Campaign.Currency
		cells := []string{r.Campaign.ID.String(), cell(r.Campaign.Name), r.Day.String(), r.From.Format(time.RFC3339Nano), r.To.Format(time.RFC3339Nano), r.Zone}
		for _, name := range d.Groups {
			cells = append(cells, cell(r.Group[name]))
		}
		cells = append(cells, r.Currency, count(r.Impressions), count(r.Clicks), count(r.Conversions), count(r.Leads),
			money.FormatMicros(r.Spend), money.FormatMicros(r.Revenue))
		kpis := performance.KPIs(r.Totals)
		for _, name := range report.ShownKPIs {
			text := ""
			if k := kpis[name]; k.Defined() {
				text = performance.Decimal(k.Value)
			}
			cells = append(cells, text)
		}
		return w.Write(append(cells, known))
	})
	w.Flush()
	if err != nil {
		return err
	}
	return w.Error()
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// cell keeps a text from being taken for a formula where the file is opened:
// what begins with one of the signs that begin formulas gets an apostrophe,
// which a spreadsheet does not show.
func cell(text string) string {
	if text == "" {
		return text
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', '|':
		return "'" + text
	}
	return text
}
