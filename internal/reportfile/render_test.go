package reportfile

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
	"github.com/hexabuilders/campaignd/performance/report"
)

var campaign = report.Campaign{ID: uuid.MustParse("01970e3c-8c1b-7c3e-9d2a-5b1f0c6d7e8f"), Name: `=HYPERLINK("http://evil")`, Status: "ACTIVE", Currency: "USD", Timezone: "America/Bogota"}

func totals(n int64) performance.Totals {
	t := performance.Totals{Currency: "USD", Events: n}
	t.Impressions, t.Clicks, t.Conversions, t.Spend, t.Revenue = 1000*n, 20*n, n, 12_345_678*n, 99_000_000*n
	return t
}

// document has one currency, forty days and nothing special.
func document(f report.Format, lang string) *report.Document {
	first, _ := localday.Parse("2026-02-01")
	d := &report.Document{
		Definition: report.Definition{Scope: report.Scope{Type: report.ScopePartner}, Dates: &report.Dates{From: first, To: first + 40}, Format: f, Granularity: "day",
			KnownAt: time.Date(2026, 3, 15, 4, 5, 6, 7000, time.UTC), Lang: lang},
		FactsAt: time.Date(2026, 3, 15, 4, 5, 7, 0, time.UTC), Partner: "Café Andino", Zones: []string{"America/Bogota"},
		Before: &report.Dates{From: first - 40, To: first}, Groups: []string{"channel"}, CampaignsOf: map[string]report.Campaign{campaign.ID.String(): campaign},
	}
	c := report.Currency{Code: "USD", Now: totals(40), Before: totals(30), Campaigns: []report.Line{{ID: campaign.ID.String(), Name: campaign.Name, Totals: totals(40), Before: totals(30)}},
		Channels: []report.Line{{Name: "search", Totals: totals(40)}}, Budgets: []report.BudgetLine{{Name: campaign.Name, Limit: 1_000_000_000, Spent: 493_827_120}}}
	for i := range 40 {
		c.Course = append(c.Course, report.Point{Day: first + localday.Day(i), Totals: totals(int64(i % 7))})
	}
	d.Currencies = []report.Currency{c}
	d.Rows = func(_ context.Context, yield func(report.Row) error) error {
		for i := range 40 {
			from := time.Date(2026, 2, 1+i, 5, 0, 0, 0, time.UTC)
			if err := yield(report.Row{Campaign: campaign, From: from, To: from.AddDate(0, 0, 1), Day: first + localday.Day(i), Zone: "America/Bogota", Group: map[string]string{"channel": "-2+3"}, Totals: totals(int64(i % 7))}); err != nil {
				return err
			}
		}
		return nil
	}
	return d
}

func render(t *testing.T, d *report.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (Renderer{}).Render(t.Context(), &b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The same document is the same file, whenever and wherever it is written.
func TestTheSameDocumentIsTheSameFile(t *testing.T) {
	for _, format := range report.Formats {
		first := render(t, document(format, "es"))
		local := time.Local
		time.Local = time.FixedZone("elsewhere", 9*60*60)
		again := render(t, document(format, "es"))
		time.Local = local
		if !bytes.Equal(first, again) || len(first) < 500 {
			t.Errorf("%s: %d and %d bytes", format, len(first), len(again))
		}
		if bytes.Equal(first, render(t, document(format, "en"))) != (format == report.CSV) {
			t.Errorf("%s says the same in another language", format)
		}
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(render(t, document(report.CSV, "en")))).ReadAll()
	if err != nil || len(rows) != 41 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		if row[1] != `'=HYPERLINK("http://evil")` || row[6] != "'-2+3" {
			t.Errorf("%q", row)
		}
	}
	if got := rows[1][8:12]; fmt.Sprint(got) != "[0 0 0 0]" { // numbers are numbers
		t.Errorf("%q", got)
	}
	page := string(render(t, document(report.HTML, "en")))
	if strings.Contains(page, `HYPERLINK("http`) {
		t.Error("a name is not escaped")
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", "+1", "-1", "@x", "\tx", "plain", "", "'=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := cell(s); got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n|") || !strings.HasSuffix(got, s) {
			t.Fatalf("%q becomes %q", s, got)
		}
	})
}

func TestNumbersInBothLanguages(t *testing.T) {
	for _, tt := range []struct {
		l        *language
		micros   int64
		decimals int
		want     string
	}{
		{english, 1_234_567_890_000, 2, "1,234,567.89"}, {spanish, 1_234_567_890_000, 2, "1.234.567,89"},
		{english, -5_000, 2, "0.00"}, {english, -15_000, 2, "\u22120.02"}, {english, 999_999, 0, "1"}, {spanish, 12, 6, "0,000012"},
	} {
		if got := tt.l.number(rounded(tt.micros, tt.decimals)); got != tt.want {
			t.Errorf("%d: %q, want %q", tt.micros, got, tt.want)
		}
	}
	for n, want := range map[int64]int64{0: 1, 1: 1, 7: 10, 11: 20, 499: 500, 501: 1000} {
		if got := nice(n); got != want {
			t.Errorf("above %d comes %d, want %d", n, got, want)
		}
	}
}
