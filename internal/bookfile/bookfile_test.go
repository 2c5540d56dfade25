package bookfile_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/budgets/ledger"
	"github.com/hexabuilders/campaignd/internal/bookfile"
	"github.com/hexabuilders/campaignd/money"
)

func spend(currency money.Currency, micros int64) ledger.Line {
	return ledger.Line{Kind: ledger.Reported, Campaign: uuid.MustParse("0199a7c4-6d1e-7000-8000-000000000001"), Channel: "=cmd|' /C calc'!A0", Currency: currency, Day: 20_000, Figures: ledger.Figures{Settled: micros}}
}

var named = map[uuid.UUID]string{uuid.MustParse("0199a7c4-6d1e-7000-8000-000000000001"): "+Spring"}

func walk(lines ...ledger.Line) func(func(ledger.Entry) error) error {
	return func(each func(ledger.Entry) error) error {
		return each(ledger.Entry{Seq: 1, RecordedAt: 1_764_000_000_000_000, Lines: lines})
	}
}

func TestCSVIsSafeAndRead(t *testing.T) {
	var out bytes.Buffer
	if err := (bookfile.Files{}).Ledger(&out, "csv", named, walk(spend("JPY", 1200*money.Unit), spend("KWD", -1_234_500))); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(out.Bytes())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 9 || !strings.Contains(out.String(), "\r\n") || rows[1][6] != "'+Spring" || rows[1][7] != "'=cmd|' /C calc'!A0" {
		t.Fatalf("%q", rows)
	}
	if got := strings.Join(rows[1][9:13], " ") + ", " + strings.Join(rows[5][9:13], " "); got != "available JPY 0 1200, available KWD 1.2345 0.000" {
		t.Errorf("got %q", got)
	}
}

// TestSheetsKeepEveryDigit reads amounts back as a spreadsheet shows them.
func TestSheetsKeepEveryDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := money.New(rapid.Int64().Draw(t, "micros")>>rapid.IntRange(0, 60).Draw(t, "smaller"), "USD")
		if amount.Micros < 0 {
			amount.Micros = ^amount.Micros
		}
		var out bytes.Buffer
		if err := (bookfile.Files{}).Ledger(&out, "xlsx", named, walk(spend("USD", amount.Micros))); err != nil {
			t.Fatal(err)
		}
		if amount.Micros == 0 {
			return
		}
		file, err := excelize.OpenReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		text, err := file.GetCellValue("Ledger", "M2", excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := money.ParseMicros(text); err != nil || got != amount.Micros {
			t.Fatalf("%d is read as %q, %v", amount.Micros, text, err)
		}
	})
}

func TestAStatementsColumnsAddUp(t *testing.T) {
	s := billing.Statement{Month: 24322, Currencies: []billing.Account{{
		Currency: "USD", Opening: 10 * money.Unit, Total: billing.Amounts{Spent: 3 * money.Unit, Credits: money.Unit}, Adjustments: -2 * money.Unit, Closing: 6 * money.Unit,
		Lines:    []billing.Line{{Name: "+Spring", Channel: "social", Amounts: billing.Amounts{Spent: 3 * money.Unit, Credits: money.Unit}}},
		Adjusted: []billing.Adjustment{{Concerns: 24321, Line: billing.Line{Name: "Spring", Amounts: billing.Amounts{Spent: 2 * money.Unit}}}},
	}}}
	var out bytes.Buffer
	if err := (bookfile.Files{}).Statement(&out, "csv", s); err != nil {
		t.Fatal(err)
	}
	want := `row,month,concerns,currency,campaign_id,campaign,channel,opening,funded,refunds,spent,overdelivery,credits,adjustments,closing
opening,2026-11,2026-11,USD,,,,10.00,0.00,0.00,0.00,0.00,0.00,0.00,
line,2026-11,2026-11,USD,,'+Spring,social,,0.00,0.00,3.00,0.00,1.00,0.00,
adjustment,2026-11,2026-10,USD,,Spring,,,0.00,0.00,0.00,0.00,0.00,-2.00,
closing,2026-11,2026-11,USD,,,,10.00,0.00,0.00,3.00,0.00,1.00,-2.00,6.00
`
	if got := strings.ReplaceAll(out.String(), "\r\n", "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestALargeLedgerNeedsLittleMemory writes 100 000 entries in each format.
func TestALargeLedgerNeedsLittleMemory(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	for _, format := range []string{"csv", "ndjson", "xlsx"} {
		start, most := time.Now(), uint64(0)
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		err := bookfile.Files{}.Ledger(io.Discard, format, named, func(each func(ledger.Entry) error) error {
			for i := range n {
				if i%(n/4) == n/4-1 {
					var now runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
				}
				if err := each(ledger.Entry{Seq: int64(i + 1), Lines: []ledger.Line{spend("USD", int64(i+1))}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d entries in %s, %.1f MB held", format, n, time.Since(start).Round(time.Millisecond), float64(most)/1e6)
		if most > 48e6 {
			t.Errorf("%s holds %d bytes", format, most)
		}
	}
}

func TestAnErrorEndsNoFile(t *testing.T) {
	for _, format := range []string{"csv", "xlsx", "ndjson", "pdf"} {
		err := bookfile.Files{}.Ledger(io.Discard, format, named, func(func(ledger.Entry) error) error { return io.ErrUnexpectedEOF })
		if err == nil {
			t.Errorf("%s ended", format)
		}
	}
}
