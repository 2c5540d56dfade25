package audience_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

func TestImpossibleBehaviourIsRefused(t *testing.T) {
	for line, code := range map[string]string{
		"a@example.com,1,19.90": "", "a@example.com,0,0": "", "a@example.com,1000000,1000000000": "",
		"a@example.com,1,-19.90": "invalid_amount", "a@example.com,1,1000000000.01": "invalid_amount", "a@example.com,1,9223372036854.775807": "invalid_amount",
		"a@example.com,-1,1": "invalid_count", "a@example.com,1000001,1": "invalid_count", "a@example.com,1e3,1": "invalid_count",
	} {
		r, err := audience.NewReader("text/csv", strings.NewReader("email,purchases,purchase_value\n"+line), audience.Terms{Today: 20_500, Currency: "USD"})
		if err != nil {
			t.Fatal(err)
		}
		var bad *audience.Rejection
		if err := r.Next(new(audience.Row), func(audience.Rejection) {}); errors.As(err, &bad) != (code != "") || bad != nil && bad.Code != code {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// FuzzReader: whatever is uploaded is taken, refused by the line or refused as a
// whole; what is taken has somebody in it and nothing impossible, and no refusal
// repeats a value.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"email;phone;city\nAna@Example.com;+57 301 555 0100;Bogotá\n;;Lima\nnot an address;;Lima\n",
		"email,visit_at,purchase_at,purchase_value\na@example.com,2026-03-01,2026-03-01,19.90\n",
		"\xef\xbb\xbfemail\r\n\"a@example.com\r\n\"\"\"\r\n", "email\n\x00\n", "\xff\xfee\x00", "external_id\n" + strings.Repeat("x", 70_000),
	} {
		f.Add(true, []byte(seed))
	}
	for _, seed := range []string{
		`{"email":"a@example.com","attributes":{"age":31}}`, `{"external_id":"c","purchases":[{"at":"2026-03-01","value":"19.90"}],"visits":["2026-03-01"]}`,
		`{"external_id":`, `[]`, `null`, `{"phone":"123","email":"c@example.com"}`, `{"external_id":"c","purchases":[{"at":"2026-03-01","value":"-9223372036854775808"}]}`,
	} {
		f.Add(false, []byte(seed))
	}
	const today = 20_500
	f.Fuzz(func(t *testing.T, csv bool, body []byte) {
		media := "application/x-ndjson"
		if csv {
			media = "text/csv"
		}
		r, err := audience.NewReader(media, bytes.NewReader(body), audience.Terms{Today: today, Currency: "USD"})
		if err != nil {
			if fault.As(err) == nil {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		lines := bytes.Split(body, []byte("\n"))
		keeps := func(x audience.Rejection) {
			for _, value := range bytes.FieldsFunc(lines[x.Line-1], func(r rune) bool { return strings.ContainsRune(",;\t\"{}[]:\r", r) }) {
				if len(value) >= 12 && strings.Contains(x.Detail, string(value)) {
					t.Fatalf("line %d: %q repeats %q", x.Line, x.Detail, value)
				}
			}
		}
		var row audience.Row
		for {
			err := r.Next(&row, keeps)
			var bad *audience.Rejection
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.As(err, &bad):
				keeps(*bad)
				continue
			case err != nil:
				if fault.As(err) == nil {
					t.Fatalf("ended without a reason: %v", err)
				}
				return
			}
			if len(row.IDs) == 0 {
				t.Fatal("a row of nobody")
			}
			for _, d := range row.Days {
				if d.Day > today+1 || d.Value < 0 || d.Purchases == 0 && d.Value != 0 {
					t.Fatalf("%+v", d)
				}
			}
			for _, a := range row.Attributes {
				if a.Name == "" || a.Value == "" {
					t.Fatalf("%+v", a)
				}
			}
		}
	})
}
