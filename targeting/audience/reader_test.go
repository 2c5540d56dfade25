package audience_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
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

// read is what becomes of a file: the rows as text, the codes of what was
// refused with their lines, and the error that ended it.
func read(t *testing.T, media, body string) (rows, refused []string, err error) {
	t.Helper()
	r, err := audience.NewReader(media, strings.NewReader(body), audience.Terms{Today: 20_500, Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	for {
		var row audience.Row
		err := r.Next(&row, func(audience.Rejection) {})
		var bad *audience.Rejection
		switch {
		case errors.As(err, &bad):
			refused = append(refused, fmt.Sprintf("%d %s %s", bad.Line, bad.Column, bad.Code))
		case errors.Is(err, io.EOF):
			return rows, refused, nil
		case err != nil:
			return rows, refused, err
		default:
			rows = append(rows, fmt.Sprint(row.Attributes))
		}
	}
}

// A cell of several lines is one cell: read line by line, the text of a note
// would become a person.
func TestAQuotedCellCanHoldLineBreaks(t *testing.T) {
	rows, refused, err := read(t, "text/csv", "email,note\r\na@example.com,\"one\r\n\r\ntwo \"\"three\"\"\"\r\n"+
		"b@example.com,\"q\nc@example.com,r\"\nbad,\"x\ny\"\nd@example.com,\"s\"t\ne@example.com,u\n")
	want := []string{`[{note one two "three"}]`, "[{note u}]"}
	if !slices.Equal(rows, want) || !slices.Equal(refused, []string{"5 note identifier_in_attribute", "7 email invalid_email", "9  bad_quotes"}) || err != nil {
		t.Errorf("%q, refused %q, %v", rows, refused, err)
	}
	for _, tail := range []string{"a note\nb@example.com,x\n", strings.Repeat("a long note\n", 10_000)} {
		_, _, err := read(t, "text/csv", "email,note\na@example.com,\""+tail)
		if !errors.Is(err, audience.ErrOpenQuote) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%.20q: %v", tail, err)
		}
	}
}

func TestAttributesKeepNobodyInTheClear(t *testing.T) {
	rows, refused, err := read(t, "text/csv", "email,note\n"+strings.Join([]string{
		"a@example.com,call b@example.com at noon", "a@example.com,his number: +57 (300) 555-1234.", "a@example.com,<c@example.com>", "a@example.com,ana@example.com!",
		"a@example.com,met @ the fair", "a@example.com,C++ 2030", "a@example.com,+10 %", "a@example.com,573005551234",
	}, "\n"))
	if len(rows) != 4 || len(refused) != 4 || err != nil {
		t.Errorf("%q, refused %q, %v", rows, refused, err)
	}
	for name, want := range map[string]int{
		"phone": 0, "Email": 0, "first_name": 0, "last_name": 0, "postal_code": 0, "external_id": 0, "id": 0, "madid": 0, "full_name": 0,
		"country": 1, "value": 1, "visits": 1, "currency": 1, "city": 1,
	} {
		rows, refused, err := read(t, "application/x-ndjson", fmt.Sprintf(`{"email":"a@example.com","attributes":{%q:"573005551234"}}`, name))
		if len(rows) != want || len(refused) != 1-want || err != nil {
			t.Errorf("%s: %q, refused %q, %v", name, rows, refused, err)
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
